"""The demo's organisation: eight accounts and about sixty keys of every kind, named and tagged as real teams do."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from deploy.sandbox.aws.world import ENABLED_REGIONS, TOOLING_ACCOUNT, Denial, World

PAYMENTS, WEB, STAGING = "111111111111", "222222222222", "333333333333"
LAKE, ERP, CLOSED, PLAYGROUND = "444444444444", "555555555555", "666666666666", "777777777777"
SYDNEY = "ap-southeast-2"
FRANKFURT, DUBLIN, VIRGINIA = ENABLED_REGIONS
TERRAFORM = {"managed-by": "terraform"}

# account, Region, alias, period in days (None: off), team, owner, what else World.key takes.
Row = tuple[str, str, str, int | None, str, str, Mapping[str, Any]]
ROWS: tuple[Row, ...] = (
    (PAYMENTS, FRANKFURT, "payments/card-vault", None, "payments", "amira.haddad", {"description": "PANs at rest"}),
    (PAYMENTS, FRANKFURT, "payments/settlement-files", None, "payments", "amira.haddad", {"extra": TERRAFORM}),
    (PAYMENTS, FRANKFURT, "payments/ledger-db", 365, "payments", "jonas.weber", {"extra": TERRAFORM}),
    (PAYMENTS, FRANKFURT, "payments/psp-credentials", 365, "payments", "jonas.weber", {}),
    (PAYMENTS, FRANKFURT, "payments/refund-queue", 730, "payments", "amira.haddad", {}),
    (PAYMENTS, FRANKFURT, "payments/chargeback-documents", None, "risk", "lin.chen", {"stack": "chargebacks-prod"}),
    (PAYMENTS, FRANKFURT, "payments/fraud-features", 180, "risk", "lin.chen", {}),
    (PAYMENTS, FRANKFURT, "payments/receipt-signing", None, "payments", "jonas.weber", {"spec": "ECC_NIST_P256"}),
    (PAYMENTS, FRANKFURT, "payments/webhook-hmac", None, "payments", "jonas.weber", {"spec": "HMAC_256"}),
    (PAYMENTS, FRANKFURT, "payments/acquirer-byok", None, "payments", "amira.haddad",
     {"origin": "EXTERNAL", "state": "Enabled", "description": "Imported for the acquiring bank"}),
    (PAYMENTS, FRANKFURT, "payments/pin-translation", None, "payments", "amira.haddad",
     {"origin": "AWS_CLOUDHSM", "description": "Lives in the CloudHSM cluster"}),
    (PAYMENTS, DUBLIN, "payments/card-vault-dr", None, "payments", "amira.haddad", {}),
    (PAYMENTS, DUBLIN, "payments/ledger-db-dr", 365, "payments", "jonas.weber", {"extra": TERRAFORM}),
    (PAYMENTS, VIRGINIA, "payments/us-tokenisation", None, "payments", "maria.silva", {"extra": TERRAFORM}),
    (PAYMENTS, VIRGINIA, "payments/us-ach-files", 365, "payments", "maria.silva", {}),
    (PAYMENTS, FRANKFURT, "payments/2019-migration", None, "payments", "amira.haddad", {"state": "PendingDeletion"}),
    (PAYMENTS, FRANKFURT, "payments/legacy-gateway", None, "payments", "amira.haddad", {"state": "Disabled"}),
    (PAYMENTS, FRANKFURT, "aws/rds", None, "", "", {"description": "Default key for RDS"}),
    (PAYMENTS, FRANKFURT, "aws/secretsmanager", None, "", "", {"description": "Default key for Secrets Manager"}),
    (WEB, FRANKFURT, "web/session-store", None, "web", "noah.berg", {"extra": TERRAFORM}),
    (WEB, FRANKFURT, "web/user-uploads", 365, "web", "noah.berg", {}),
    (WEB, FRANKFURT, "web/email-templates", 365, "web", "elif.yilmaz", {}),
    (WEB, FRANKFURT, "web/feature-flags", 365, "web", "elif.yilmaz", {"extra": TERRAFORM}),
    (WEB, FRANKFURT, "web/oauth-tokens", None, "identity", "priya.nair", {"stack": "identity-provider"}),
    (WEB, FRANKFURT, "web/jwt-signing", None, "identity", "priya.nair", {"spec": "RSA_2048"}),
    (WEB, FRANKFURT, "web/csrf-hmac", None, "web", "noah.berg", {"spec": "HMAC_512"}),
    (WEB, FRANKFURT, "web/search-index", 730, "search", "tomasz.nowak", {}),
    (WEB, DUBLIN, "web/cdn-logs", None, "platform", "sofia.rossi", {}),
    (WEB, DUBLIN, "web/session-store", 365, "web", "noah.berg", {"extra": TERRAFORM}),
    (WEB, VIRGINIA, "web/edge-config", 365, "platform", "sofia.rossi", {}),
    (WEB, VIRGINIA, "web/newsletter", None, "marketing", "kofi.mensah", {}),
    (WEB, FRANKFURT, "aws/s3", None, "", "", {"description": "Default key that protects my S3 objects"}),
    (WEB, FRANKFURT, "aws/ebs", None, "", "", {"description": "Default key that protects my EBS volumes"}),
    (STAGING, FRANKFURT, "staging/everything", None, "platform", "sofia.rossi", {"environment": "staging"}),
    (STAGING, FRANKFURT, "staging/payments", None, "payments", "jonas.weber", {"environment": "staging"}),
    (STAGING, FRANKFURT, "staging/web", 365, "web", "elif.yilmaz", {"environment": "staging", "extra": TERRAFORM}),
    (STAGING, FRANKFURT, "staging/load-test", None, "platform", "sofia.rossi",
     {"environment": "staging", "state": "Disabled"}),
    (STAGING, FRANKFURT, "staging/byok-rehearsal", None, "payments", "jonas.weber",
     {"environment": "staging", "origin": "EXTERNAL"}),
    (STAGING, DUBLIN, "staging/preview-builds", None, "platform", "sofia.rossi", {"environment": "staging"}),
    (STAGING, DUBLIN, "staging/tmp-jonas", None, "payments", "jonas.weber",
     {"environment": "staging", "state": "PendingDeletion"}),
    (LAKE, FRANKFURT, "lake/raw", None, "data", "yuki.tanaka", {"extra": TERRAFORM}),
    (LAKE, FRANKFURT, "lake/curated", 365, "data", "yuki.tanaka", {"extra": TERRAFORM}),
    (LAKE, FRANKFURT, "lake/pii-vault", None, "privacy", "hannah.schmidt", {"description": "Pseudonymisation table"}),
    (LAKE, FRANKFURT, "lake/ml-models", 1095, "data", "yuki.tanaka", {}),
    (LAKE, FRANKFURT, "lake/redshift", 365, "data", "omar.farouk", {"stack": "warehouse"}),
    (LAKE, FRANKFURT, "lake/airflow", None, "data", "omar.farouk", {"stack": "airflow-prod"}),
    (LAKE, VIRGINIA, "lake/us-events", None, "data", "omar.farouk", {}),
    (LAKE, VIRGINIA, "lake/partner-exchange", 90, "data", "yuki.tanaka", {}),
    (LAKE, VIRGINIA, "aws/glue", None, "", "", {"description": "Default key for AWS Glue"}),
    (TOOLING_ACCOUNT, FRANKFURT, "security/audit-log", 365, "security", "eva.lindqvist", {"extra": TERRAFORM}),
    (TOOLING_ACCOUNT, FRANKFURT, "security/backup", None, "security", "eva.lindqvist", {}),
    (TOOLING_ACCOUNT, FRANKFURT, "security/image-signing", None, "security", "ann.li", {"spec": "ECC_NIST_P384"}),
    (ERP, FRANKFURT, "erp/sap-hana", None, "erp", "werner.vogel", {}),
    (ERP, FRANKFURT, "erp/invoices", None, "erp", "werner.vogel", {}),
    (CLOSED, FRANKFURT, "experiment/genomics", None, "research", "nobody", {}),
    (PLAYGROUND, FRANKFURT, "play/first-steps", None, "web", "elif.yilmaz", {"environment": "play"}),
)  # fmt: skip


def sow(world: World) -> None:
    world.account(PAYMENTS, "prod-payments", tags={"stage": "prod"})
    world.account(WEB, "prod-web", tags={"stage": "prod"})
    world.account(STAGING, "staging", tags={"stage": "test"})
    world.account(LAKE, "data-lake", regions=(*ENABLED_REGIONS, SYDNEY), tags={"stage": "prod"})
    world.account(PLAYGROUND, "playground", tags={"stage": "play"})
    world.account(ERP, "legacy-erp", roles=False)
    world.account(CLOSED, "closed-experiment", "SUSPENDED")
    _sow_units(world)
    for row in ROWS:
        _sow(world, row)
    _sow_multi_region(world)
    _sow_the_unreadable(world)
    for account in (PAYMENTS, WEB, STAGING, LAKE, TOOLING_ACCOUNT):
        for region in ENABLED_REGIONS:
            world.unused_aliases[account, region] = ["alias/aws/acm", "alias/aws/elasticfilesystem", "alias/aws/fsx"]


def _sow_units(world: World) -> None:
    """Production, with what is regulated apart in it, Sandbox and Suspended; the management account is in none."""
    production = world.unit("Production")
    for unit, accounts in (
        (production, (WEB, LAKE, ERP)),
        (world.unit("Regulated", production), (PAYMENTS,)),
        (world.unit("Sandbox"), (STAGING, PLAYGROUND)),
        (world.unit("Suspended"), (CLOSED,)),
    ):
        for account in accounts:
            world.place(account, unit)


def _sow(world: World, row: Row) -> None:
    account, region, alias, rotation, team, owner, more = row
    options = dict(more)
    tags = {"team": team, "owner": f"{owner}@example.com"} if team else {}
    tags |= {"environment": options.pop("environment", "prod")} if team else {}
    tags |= options.pop("extra", {})
    if stack := options.pop("stack", None):
        tags |= {"aws:cloudformation:stack-name": stack, "aws:cloudformation:logical-id": "Key"}
    age = timedelta(days=200 + 37 * (len(alias) * 7 % 40))
    created = datetime.now(UTC) - age
    world.key(
        account=account,
        region=region,
        alias=f"alias/{alias}",
        uuid=_uuid(account, region, alias),
        rotation=rotation,
        tags=tags,
        created=created,
        rotations=[created + timedelta(days=days) for days in range(rotation, age.days, rotation)] if rotation else (),
        **options,
    )


def _uuid(account: str, region: str, alias: str) -> UUID:
    """The same id at every start, so that a database that was kept still speaks of the same keys."""
    return uuid5(NAMESPACE_URL, f"{account}/{region}/{alias}")


def _sow_multi_region(world: World) -> None:
    """One multi-Region key that rotates, one that does not, each with replicas."""
    for alias, rotation, regions in (
        ("payments/global-tokens", None, (DUBLIN, VIRGINIA)),
        ("payments/global-config", 365, (VIRGINIA,)),
    ):
        tags = {"team": "payments", "owner": "maria.silva@example.com", "environment": "prod"}
        primary = world.key(
            account=PAYMENTS,
            alias=f"alias/{alias}",
            uuid=_uuid(PAYMENTS, FRANKFURT, alias),
            rotation=rotation,
            multi_region=True,
            tags=tags,
        )
        for region in regions:
            world.alias(world.replica(primary, region), f"alias/{alias}")


def _sow_the_unreadable(world: World) -> None:
    """A key that nobody named, one whose policy shuts the audit out, and a Region that the organisation forbids."""
    unnamed = _uuid(WEB, FRANKFURT, "created by hand")
    world.key(account=WEB, uuid=unnamed, description="created by hand in the console")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{LAKE}:root"}, "Action": "kms:*", "Resource": "*"},
            {
                "Effect": "Deny",
                "Principal": {"AWS": f"arn:aws:iam::{LAKE}:role/KmsRotationAudit"},
                "Action": "kms:GetKeyRotationStatus",
                "Resource": "*",
            },
        ],
    }
    tags = {"team": "privacy", "owner": "hannah.schmidt@example.com", "environment": "prod"}
    world.key(
        account=LAKE,
        alias="alias/lake/whistleblower",
        uuid=_uuid(LAKE, FRANKFURT, "lake/whistleblower"),
        policy=json.dumps(policy),
        tags=tags,
    )
    world.key(
        account=LAKE,
        region=SYDNEY,
        alias="alias/lake/apac-events",
        uuid=_uuid(LAKE, SYDNEY, "lake/apac-events"),
        tags=tags | {"team": "data"},
    )
    world.denials.append(Denial(LAKE, SYDNEY, "kms:*", "scp"))
