"""Levers that break things on purpose, in-process and over HTTP."""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from threading import Event, Lock
from time import monotonic
from typing import Any

from moto.kms.models import Key

from deploy.sandbox.aws.identity import Identities
from deploy.sandbox.aws.keys import set_state
from deploy.sandbox.aws.quotas import CALLS_A_SECOND
from deploy.sandbox.aws.undo import Undo
from deploy.sandbox.aws.world import Denial, World


@dataclass
class Fault:
    """Something that goes wrong with the calls it matches, `times` times, for ever if that is None.

    `over` is set once it is taken back: a call that it holds up goes on then.
    """

    kind: str
    account: str = "*"
    region: str = "*"
    action: str = "*"
    times: int | None = None
    rate: float | None = None
    seconds: float = 0.0
    code: str = ""
    recent: dict[tuple[str, ...], deque[float]] = field(default_factory=dict, repr=False)
    over: Event = field(default_factory=Event, repr=False)

    def matches(self, account: str, region: str, action: str) -> bool:
        return (
            fnmatchcase(account, self.account)
            and fnmatchcase(region, self.region)
            and matches_action(action, self.action)
        )

    def strikes(self, account: str, region: str, action: str) -> bool:
        """Whether this call is hit; counts it."""
        if self.rate is not None:
            return self._over_rate((account, region, action))
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0

    def _over_rate(self, bucket: tuple[str, ...]) -> bool:
        seen, now = self.recent.setdefault(bucket, deque()), monotonic()
        while seen and seen[0] <= now - 1:
            seen.popleft()
        if len(seen) >= (self.rate or 0):
            return True
        seen.append(now)
        return False


def matches_action(action: str, pattern: str) -> bool:
    """Whether "kms:ListKeys" is meant by "kms:ListKeys", "ListKeys" or "kms:List*"."""
    return fnmatchcase(action, pattern) or fnmatchcase(action.partition(":")[2], pattern)


class Faults:
    """Every lever. Accounts, Regions and actions are shell wildcards; actions go with or without their service."""

    def __init__(self, world: World, identities: Identities) -> None:
        self._world = world
        self._identities = identities
        self._undo = Undo(world)
        self._lock = Lock()
        self._faults: list[Fault] = []
        self.denials: list[Denial] = []
        self.lagging_reads = 0

    def deny(
        self,
        account: str = "*",
        region: str = "*",
        action: str = "*",
        *,
        kind: str = "identity",
        resource: str | None = None,
        role: str = "*",
    ) -> None:
        """Refuse. `kind` is "identity", "scp" or "key-policy", `resource` a key's ARN, `role` one role's name."""
        if kind not in {"identity", "scp", "key-policy"}:
            raise ValueError(f"no such kind of denial: {kind!r}")
        self.denials.append(Denial(account, region, action, kind, resource or "*", role))

    def throttle(
        self,
        account: str = "*",
        region: str = "*",
        action: str = "*",
        *,
        times: int | None = None,
        rate: float | None = None,
    ) -> None:
        """Throttle the next `times` calls, or whatever comes faster than `rate` calls a second."""
        self._add(Fault("throttle", account, region, action, times, rate))

    def keep_quotas(self) -> None:
        """Throttle what comes faster than KMS's quotas allow, in each account and Region by itself."""
        for operation, rate in CALLS_A_SECOND.items():
            self.throttle(action=f"kms:{operation}", rate=rate)

    def refuse(
        self, code: str, account: str = "*", region: str = "*", action: str = "*", *, times: int | None = None
    ) -> None:
        """Answer with any of AWS's error codes, "ConflictException", and do nothing."""
        self._add(Fault("refuse", account, region, action, times, code=code))

    def server_error(
        self, account: str = "*", region: str = "*", action: str = "*", *, times: int | None = None
    ) -> None:
        self._add(Fault("server_error", account, region, action, times))

    def slow(
        self, seconds: float, account: str = "*", region: str = "*", action: str = "*", *, times: int | None = None
    ) -> None:
        """Answer so many seconds later, or once all levers are taken back."""
        self._add(Fault("slow", account, region, action, times, seconds=seconds))

    def close_connection(
        self,
        account: str = "*",
        region: str = "*",
        action: str = "*",
        *,
        times: int | None = 1,
        after_the_change: bool = False,
    ) -> None:
        """Close the connection without an answer, before anything happened or after all of it has."""
        self._add(Fault("close_after" if after_the_change else "close_before", account, region, action, times))

    def empty_page(self, times: int = 1, action: str = "organizations:ListAccounts") -> None:
        """The next ListAccounts (or another list of Organizations) is empty, with a token to go on: AWS does that."""
        self._add(Fault("empty_page", action=action, times=times))

    def lag_reads(self, reads: int) -> None:
        """After each change of a key's rotation, its next `reads` GetKeyRotationStatus still tell the old value."""
        self.lagging_reads = reads

    def expire_sessions(self) -> None:
        self._identities.expire_sessions()

    @property
    def touched_keys(self) -> dict[str, Key]:
        """The keys that levers have changed and nobody has put back, deleted ones among them, by ARN."""
        return self._undo.touched_keys

    @property
    def taken_roles(self) -> list[tuple[str, str]]:
        """Account and name of each role that was taken away and not given back."""
        return self._undo.taken_roles

    def remove_role(self, account: str, role: str) -> None:
        self._undo.take_role(account, role)

    def restore_roles(self, account: str) -> None:
        """Give back what was taken; an account that never had the bot's roles gets them."""
        self._undo.give_roles(account)
        self._world.add_roles(account)

    def disable_key(self, arn: str) -> None:
        with self._undo.changing(arn) as key:
            set_state(key, "Disabled")

    def schedule_deletion(self, arn: str) -> None:
        with self._undo.changing(arn) as key:
            self._world.schedule_deletion(key)

    def delete_key(self, arn: str) -> None:
        with self._undo.changing(arn) as key:
            self._world.delete(key)

    def disable_rotation(self, arn: str) -> None:
        with self._undo.changing(arn) as key:
            self._world.rotation(key).enabled = False

    def enable_rotation(self, arn: str, days: int = 365) -> None:
        with self._undo.changing(arn) as key:
            rotation = self._world.rotation(key)
            rotation.enabled, rotation.period_days = True, days

    def put_back(self, arn: str) -> None:
        """Undo what levers did to one key; what somebody else has changed since stays. Errors: ValueError."""
        self._undo.put_back(arn)

    def undo(self) -> None:
        """Take every lever back, and what was done to keys and roles as well."""
        self.clear()
        self._undo.everything()

    def clear(self) -> None:
        """Take every lever back; what was done to roles and keys stays done."""
        with self._lock:
            for fault in self._faults:
                fault.over.set()
            self._faults.clear()
        self.denials.clear()
        self.lagging_reads = 0

    def struck(self, kind: str, account: str, region: str, action: str) -> Fault | None:
        """The fault that hits this call, counted."""
        with self._lock:
            for fault in self._faults:
                if (
                    fault.kind == kind
                    and fault.matches(account, region, action)
                    and fault.strikes(account, region, action)
                ):
                    return fault
        return None

    def apply(self, lever: str, arguments: Mapping[str, Any]) -> None:
        """A lever by its name, for HTTP. Errors: ValueError for an unknown one, TypeError for wrong arguments."""
        if lever not in LEVERS:
            raise ValueError(f"no such lever: {lever!r}; there are {', '.join(LEVERS)}")
        getattr(self, lever)(**arguments)

    def as_json(self) -> dict[str, Any]:
        with self._lock:
            faults = [
                {name: value for name, value in vars(fault).items() if name not in {"recent", "over"}}
                for fault in self._faults
                if fault.times is None or fault.times > 0
            ]
        return {
            "faults": faults,
            "denials": [asdict(denial) for denial in self.denials],
            "lag_reads": self.lagging_reads,
        }

    def _add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)


LEVERS = (
    "deny",
    "throttle",
    "keep_quotas",
    "refuse",
    "server_error",
    "slow",
    "close_connection",
    "empty_page",
    "lag_reads",
    "expire_sessions",
    "remove_role",
    "restore_roles",
    "disable_key",
    "schedule_deletion",
    "delete_key",
    "disable_rotation",
    "enable_rotation",
    "put_back",
    "undo",
    "clear",
)
