"""Accounts and keys as people call them."""

from moto.kms.models import Key

from deploy.sandbox.aws.world import World

EVERY = "*"


def account_name(world: World, account: str) -> str:
    if account == EVERY:
        return "every account"
    known = world.accounts.get(account)
    return str(known.name) if known else account or "nobody"


def key_name(key: Key) -> str:
    """Its first alias without the prefix, or its id."""
    return min((alias.removeprefix("alias/") for alias in list(key.aliases)), default=str(key.id))


def names_of_keys(world: World) -> dict[str, str]:
    """By ARN."""
    return {str(key.arn): key_name(key) for key in world.every_key()}
