"""The demo's organisation: seven accounts, about sixty keys of every kind, named and tagged as real teams do."""

from deploy.sandbox.aws.world import TOOLING_ACCOUNT, World


def sow(world: World) -> None:
    world.account("111111111111", "prod-payments")
    world.account("222222222222", "prod-web")
    world.account("333333333333", "staging")
    world.account("444444444444", "data-lake")
    world.account("555555555555", "legacy-erp", roles=False)
    world.account("666666666666", "closed-experiment", "SUSPENDED")
    world.key(account=TOOLING_ACCOUNT, alias="alias/security/audit-log", rotation=365)
