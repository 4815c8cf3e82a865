"""What levers did to keys and roles behind the bot's back, so that it can be put back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.kms.models import Key, kms_backends

from deploy.sandbox.aws.keys import set_state
from deploy.sandbox.aws.world import World

if TYPE_CHECKING:
    from deploy.sandbox.aws.roles import Role


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Of a key, all that a lever can change."""

    exists: bool
    state: str
    deleted_at: datetime | None
    rotates: bool
    period_days: int


@dataclass(slots=True)
class Touched:
    """A key that a lever has changed. Its object outlives its deletion, but not its tags and its primary's list."""

    key: Key
    tags: dict[str, str]
    replicas: list[Any]
    before: Snapshot
    after: Snapshot


class Undo:
    def __init__(self, world: World) -> None:
        self._world = world
        self._keys: dict[str, Touched] = {}
        self._roles: dict[tuple[str, str], Role] = {}

    @property
    def touched_keys(self) -> dict[str, Key]:
        """The keys that levers have changed, deleted ones among them, by ARN."""
        return {arn: touched.key for arn, touched in list(self._keys.items())}

    @property
    def taken_roles(self) -> list[tuple[str, str]]:
        """Account and name of each role that was taken away."""
        return sorted(self._roles)

    @contextmanager
    def changing(self, arn: str) -> Iterator[Key]:
        """The key, to be changed by a lever inside."""
        key = self._world.find(arn)
        earlier = self._keys.get(key.arn)
        before, tags, replicas = self._snapshot(key), _tags(key), _replicas(key)
        yield key
        after = self._snapshot(key)
        if earlier is None:
            self._keys[key.arn] = Touched(key, tags, replicas, before, after)
        else:
            earlier.after, earlier.tags = after, tags or earlier.tags

    def take_role(self, account: str, role: str) -> None:
        taken = self._world.roles.pop((account, role), None)
        if taken is not None:
            self._roles[account, role] = taken

    def give_roles(self, account: str) -> None:
        """Give back what was taken from this account."""
        for place in [place for place in self._roles if place[0] == account]:
            self._world.roles.setdefault(place, self._roles.pop(place))

    def put_back(self, arn: str) -> None:
        """What the levers changed in this key is as it was; what somebody else has changed since stays.

        Errors: ValueError for a key that no lever has changed.
        """
        if arn not in self._keys:
            raise ValueError(f"no lever has changed {arn}")
        touched = self._keys.pop(arn)
        key, before, after = touched.key, touched.before, touched.after
        if not after.exists:
            _revive(touched)
        if key.key_state == after.state:
            set_state(key, before.state)
            key.deletion_date = before.deleted_at
        rotation = self._world.rotation(key)
        if (rotation.enabled, rotation.period_days) == (after.rotates, after.period_days):
            rotation.enabled, rotation.period_days = before.rotates, before.period_days

    def everything(self) -> None:
        for arn in list(self._keys):
            self.put_back(arn)
        for account in {account for account, _ in self._roles}:
            self.give_roles(account)

    def _snapshot(self, key: Key) -> Snapshot:
        exists = key.id in kms_backends[key.account_id][key.region].keys
        rotation = self._world.rotation(key)
        return Snapshot(exists, key.key_state, key.deletion_date, rotation.enabled, rotation.period_days)


def _tags(key: Key) -> dict[str, str]:
    backend = kms_backends[key.account_id][key.region]
    return dict(backend.tagger.get_tag_dict_for_resource(key.id))


def _replicas(key: Key) -> list[Any]:
    return list(key.multi_region_configuration["ReplicaKeys"]) if key.multi_region else []


def _revive(touched: Touched) -> None:
    key = touched.key
    backend = kms_backends[key.account_id][key.region]
    backend.keys[key.id] = key
    if touched.tags:
        backend.tag_resource(key.id, touched.tags)
    if key.multi_region:
        key.multi_region_configuration["ReplicaKeys"] = touched.replicas
