"""What these use cases need of AWS, the database and Slack."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.models.keys import Finding, KeyMetadata, ReadFailure, Rotation, RotationStatus
from bot.models.people import LookupFailure, Person
from bot.models.requests import Change, Decision, Mandate, Outcome, Request, RequestState
from bot.models.scans import Scan
from bot.models.trail import Entry

IsEnough = Callable[[Sequence[Decision]], bool]
"""Says whether these approvals are all that are needed."""


class PeopleDirectory(Protocol):
    """Slack's people and user groups, live."""

    def person(self, user_id: str) -> Person | LookupFailure: ...

    def members(self, groups: Iterable[str]) -> Mapping[str, frozenset[str]] | LookupFailure: ...


class RequestBook(Protocol):
    """The one place where a request or a change moves."""

    def create(self, request: Request, channel: str, caps: Mapping[str, int] = ...) -> Request | None: ...

    def get(self, request_id: str) -> Request | None: ...

    def open_for(self, arn: str) -> Request | None: ...

    def in_state(self, *states: RequestState) -> list[Request]: ...

    def decide(
        self, request: Request, decision: Decision, *, required: int, rule: str, is_enough: IsEnough
    ) -> Request | None: ...

    def break_glass(self, request: Request, decision: Decision, *, rule: str, channel: str) -> Request | None: ...

    def close(
        self, request: Request, state: RequestState, *, by: str, at: datetime, note: str = "", rule: str = ""
    ) -> Request | None: ...

    def remind(self, request: Request, number: int, channel: str, at: datetime) -> bool: ...

    def retry(self, request: Request, by: str, at: datetime) -> bool: ...

    def queued(self) -> list[Change]: ...

    def executing(self) -> list[Change]: ...

    def claim(self, change: Change, at: datetime) -> bool: ...

    def note_wait(self, change: Change, why: str, at: datetime) -> None: ...

    def note_call(
        self,
        change: Change,
        before: str,
        details: Mapping[str, str | int],
        at: datetime,
        *,
        rotations_before: int | None = None,
    ) -> None: ...

    def conclude(self, change: Change, outcome: Outcome, channel: str, at: datetime) -> bool: ...


class Findings(Protocol):
    """What the last scan says of a key, and a newer reading of it."""

    def current(self) -> Scan | None: ...

    def finding(self, scan_id: str, arn: str) -> Finding | None: ...

    def record_reading(self, reading: Finding) -> Finding: ...


class KeyReader(Protocol):
    """Reads a key with the audit role."""

    def describe(self, arn: str) -> KeyMetadata | ReadFailure: ...

    def rotation_status(self, arn: str) -> RotationStatus | ReadFailure: ...

    def rotations(self, arn: str) -> list[Rotation] | ReadFailure: ...


class FactSource(Protocol):
    """What the rules look at in a key, read with the audit role."""

    def tags(self, arn: str) -> Mapping[str, str] | ReadFailure: ...

    def aliases_of(self, arn: str) -> tuple[str, ...] | ReadFailure: ...


class Organization(Protocol):
    """Where accounts stand in the organisation."""

    def units_of(self, account_id: str) -> tuple[str, ...] | ReadFailure: ...


class KeySession(Protocol):
    """Reads and changes one key with a session that can do nothing else."""

    def describe(self) -> KeyMetadata | ReadFailure: ...

    def rotation_status(self) -> RotationStatus | ReadFailure: ...

    def rotations(self) -> list[Rotation] | ReadFailure: ...

    def enable_rotation(self, period_days: int) -> str | ReadFailure: ...

    def rotate_on_demand(self) -> str | ReadFailure: ...


class KeySessions(Protocol):
    """Opens such sessions."""

    def open(self, arn: str, mandate: Mandate) -> KeySession | ReadFailure: ...


class Record(Protocol):
    """The audit trail."""

    def record(self, entry: Entry) -> None: ...
