"""What exists: the organisation, its accounts, roles and keys. Tests and the seed build it here, straight in memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any
from uuid import UUID

from boto3 import Session
from moto.core.base_backend import BackendDict
from moto.kms.models import Key, kms_backends
from moto.organizations.models import organizations_backends

from deploy.sandbox.aws.keys import (
    DEFAULT_PERIOD_DAYS,
    Rotation,
    find,
    is_replica,
    mint,
    move_primary,
    set_custom_key_store,
    set_state,
    siblings,
)
from deploy.sandbox.aws.organization import ROOT, Member, add_unit, has_unit, name_the_root
from deploy.sandbox.aws.roles import Role, member_roles

TOOLING_ACCOUNT = "123456789012"
EXTERNAL_ID = "sandbox-external-id"
ENABLED_REGIONS = ("eu-central-1", "eu-west-1", "us-east-1")


@dataclass(frozen=True, slots=True)
class Denial:
    """A refusal that no policy explains: `kind` is "identity", "scp" or "key-policy"; patterns are shell wildcards."""

    account: str
    region: str = "*"
    action: str = "*"
    kind: str = "identity"
    resource: str = "*"
    role: str = "*"


@dataclass
class World:
    """The emulated organisation. Making one forgets every other: moto's backends are one for the whole process."""

    accounts: dict[str, Any] = field(default_factory=dict)
    roles: dict[tuple[str, str], Role] = field(default_factory=dict)
    regions: dict[str, dict[str, str]] = field(default_factory=dict)
    denials: list[Denial] = field(default_factory=list)
    delegated: set[str] = field(default_factory=set)
    rotations: dict[tuple[str, str], Rotation] = field(default_factory=dict)
    unused_aliases: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    asymmetric_status_is_unsupported: bool = True
    lock: RLock = field(default_factory=RLock)

    def __post_init__(self) -> None:
        BackendDict.reset()
        organizations = organizations_backends[TOOLING_ACCOUNT]["aws"]
        organizations.create_organization(region="us-east-1", FeatureSet="ALL")
        if organizations.org is None:
            raise RuntimeError("moto made no organisation")
        name_the_root(organizations)
        self.organization = organizations.org
        self.accounts = {TOOLING_ACCOUNT: organizations.accounts[0]}
        self.all_regions = tuple(sorted(Session().get_available_regions("kms")))
        self._describe(TOOLING_ACCOUNT, "security-tooling", "ACTIVE")
        self.add_roles(TOOLING_ACCOUNT)
        self.enable_regions(TOOLING_ACCOUNT)

    def account(
        self,
        account: str,
        name: str,
        state: str = "ACTIVE",
        *,
        roles: bool = True,
        regions: Sequence[str] = ENABLED_REGIONS,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """A member account; without `roles` the bot cannot get in."""
        if account not in self.accounts:
            organizations = organizations_backends[TOOLING_ACCOUNT]["aws"]
            member = Member(organizations, account)
            self.accounts[account] = member
            organizations.accounts.append(member)
            organizations_backends.master_accounts[account] = (TOOLING_ACCOUNT, "aws")
        self._describe(account, name, state)
        self.accounts[account].tags = dict(tags or {})
        if roles:
            self.add_roles(account)
        self.enable_regions(account, regions)
        return account

    def unit(self, name: str, parent: str = ROOT) -> str:
        """An organisational unit under another or under the root, by its id. Errors: ValueError."""
        return add_unit(organizations_backends[TOOLING_ACCOUNT]["aws"], name, parent)

    def place(self, account: str, unit: str) -> None:
        """Move an account into a unit, or back under the root. Errors: ValueError for a unit that is not there."""
        if not has_unit(organizations_backends[TOOLING_ACCOUNT]["aws"], unit):
            raise ValueError(f"there is no unit {unit}")
        self.accounts[account].parent_id = unit

    def delegate(self, account: str) -> None:
        """Let a member account ask Organizations as the management account may: a delegated administrator."""
        self.delegated.add(account)

    def add_roles(self, account: str) -> None:
        principal = f"arn:aws:iam::{TOOLING_ACCOUNT}:root"
        for role in member_roles(account, principal, EXTERNAL_ID, self.organization.id):
            self.roles[account, role.name] = role

    def enable_regions(self, account: str, enabled: Sequence[str] = ENABLED_REGIONS) -> None:
        self.regions[account] = {
            region: "ENABLED_BY_DEFAULT" if region in enabled else "DISABLED" for region in self.all_regions
        }

    def key(
        self,
        *,
        account: str = TOOLING_ACCOUNT,
        region: str = "eu-central-1",
        alias: str | Sequence[str] = (),
        rotation: int | None = None,
        spec: str = "SYMMETRIC_DEFAULT",
        usage: str | None = None,
        origin: str = "AWS_KMS",
        state: str | None = None,
        multi_region: bool = False,
        tags: Mapping[str, str] | None = None,
        description: str = "",
        policy: str | None = None,
        created: datetime | None = None,
        rotations: Sequence[datetime] = (),
        uuid: UUID | None = None,
    ) -> str:
        """A key, by its ARN. `rotation` is the period in days, None for off; an `alias/aws/…` makes it AWS's own.

        Its id is random unless `uuid` gives it.
        """
        names = [alias] if isinstance(alias, str) else list(alias)
        usage = usage or _usual_use(spec)
        key = mint(account, region, spec, usage, multi_region=multi_region, origin=origin, uuid=uuid)
        key.creation_date = (created or datetime.now(UTC) - timedelta(days=400)).timestamp()
        key.description = description
        key.policy = policy or key.policy
        aws_managed = any(name.startswith("alias/aws/") for name in names)
        key.key_manager = "AWS" if aws_managed else "CUSTOMER"
        if origin in {"AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"}:
            set_custom_key_store(key, "cks-" + key.id.replace("-", "")[:17])
        set_state(key, state or ("PendingImport" if origin == "EXTERNAL" else "Enabled"))
        if key.key_state == "PendingDeletion":
            key.deletion_date = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=14)
        backend = kms_backends[account][region]
        for name in names:
            backend.create_alias(key.id, name)
        if tags:
            backend.tag_resource(key.id, dict(tags))
        self.rotations[account, key.id] = Rotation(
            enabled=rotation is not None or aws_managed,
            period_days=rotation or DEFAULT_PERIOD_DAYS,
            counted_from=datetime.fromtimestamp(key.creation_date, UTC),
            history=[(when, "AUTOMATIC") for when in rotations],
        )
        return str(key.arn)

    def replica(self, arn: str, region: str) -> str:
        """A replica of a multi-Region primary in another Region."""
        primary = self.find(arn)
        replica = kms_backends[primary.account_id][primary.region].replicate_key(primary.id, region)
        # moto's copy shares these with its primary.
        replica.aliases, replica.grants, replica.rotations = {}, {}, []
        return str(replica.arn)

    def move_primary(self, arn: str, region: str) -> str:
        """Make the replica in another Region the primary, as its account's own people can; answer with its ARN."""
        old = self.find(arn)
        new = find(old.id, old.account_id, region, aliases=False)
        with self.lock:
            move_primary(old, new)
        return str(new.arn)

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        """Give a key tags, as its account's own people can at any time."""
        key = self.find(arn)
        kms_backends[key.account_id][key.region].tag_resource(key.id, dict(tags))

    def alias(self, arn: str, name: str) -> None:
        key = self.find(arn)
        kms_backends[key.account_id][key.region].create_alias(key.id, name)

    def every_key(self) -> Iterator[Key]:
        """Every key that there is, by account and Region."""
        for account in self.accounts:
            for region in sorted(kms_backends[account]):
                yield from list(kms_backends[account][region].keys.values())

    def find(self, arn: str) -> Key:
        _, _, _, region, account, _ = arn.split(":", 5)
        return find(arn, account, region, aliases=True)

    def rotation(self, key: Key) -> Rotation:
        """The rotation of a key; replicas have their primary's."""
        with self.lock:
            return self.rotations.setdefault((key.account_id, key.id), Rotation())

    def schedule_deletion(self, key: Key, days: int = 30) -> datetime | None:
        """When the key will be gone; None for a primary that waits for its replicas."""
        if key.multi_region and not is_replica(key) and len(siblings(key)) > 1:
            set_state(key, "PendingReplicaDeletion")
            return None
        set_state(key, "PendingDeletion")
        deleted_at = datetime.now(UTC) + timedelta(days=days)
        key.deletion_date = deleted_at.replace(tzinfo=None)
        return deleted_at

    def delete(self, key: Key) -> None:
        """What is left when the waiting period is over."""
        if is_replica(key):
            shared = key.multi_region_configuration
            shared["ReplicaKeys"] = [replica for replica in shared["ReplicaKeys"] if replica["Arn"] != key.arn]
        kms_backends[key.account_id][key.region].delete_key(key.id)

    def _describe(self, account: str, name: str, state: str) -> None:
        described = self.accounts[account]
        described.name, described.state = name, state
        described.email = f"aws+{name}@example.com"
        described.status = "SUSPENDED" if state in {"SUSPENDED", "CLOSED"} else state


def _usual_use(spec: str) -> str:
    if spec == "SYMMETRIC_DEFAULT":
        return "ENCRYPT_DECRYPT"
    return "GENERATE_VERIFY_MAC" if spec.startswith("HMAC_") else "SIGN_VERIFY"
