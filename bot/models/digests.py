"""A digest: what it says, kept so that its message can be rendered again when a request changes a row."""

from dataclasses import dataclass
from datetime import datetime

from bot.models.anchor import Anchor
from bot.models.keys import Finding
from bot.models.scans import Coverage, Summary


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the previous digest said of a key: whether it was open, and since when."""

    open: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class OpenKey:
    """A non-compliant key in a digest or a list; `handle` is the opaque id that its button carries.

    `open_since` is when a digest first told of it, None where none did.
    """

    arn: str
    handle: str
    name: str
    account: str
    account_name: str
    region: str
    message: str
    open_since: datetime | None
    team: str | None = None
    managed_by: str | None = None

    @classmethod
    def of(cls, finding: Finding, *, handle: str, open_since: datetime | None = None) -> "OpenKey":
        return cls(
            arn=finding.arn,
            handle=handle,
            name=finding.name,
            account=finding.account,
            account_name=finding.account_name,
            region=finding.region,
            message=finding.message,
            open_since=open_since,
            team=finding.team,
            managed_by=finding.managed_by,
        )


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed since the previous digest: names of keys, and how many there are of each kind.

    `lapsed` are keys that were open and to which the control no longer applies (deleted, disabled);
    `unread` are keys that were open and could not be read this time: nobody may call them fixed.
    """

    new: tuple[str, ...] = ()
    regressed: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    still_open: tuple[str, ...] = ()
    lapsed: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DigestContent:
    """All that a digest's message says, apart from the state of requests.

    `rest` are the pages of its thread. Where they would be too many it is empty and `rest_is_file`.
    `anchor` is the entry of the record that tells of this digest; None until it is stored, and in those of a version
    that kept none.
    """

    as_of: datetime
    summary: Summary
    previous_summary: Summary | None
    delta: Delta | None
    top: tuple[OpenKey, ...]
    open_total: int
    coverage_failures: tuple[Coverage, ...]
    unread_keys: tuple[Finding, ...]
    unread_total: int
    scope: str = ""
    rest: tuple[tuple[OpenKey, ...], ...] = ()
    rest_is_file: bool = False
    anchor: Anchor | None = None


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest as stored."""

    id: str
    name: str
    channel: str
    created_at: datetime
    content: DigestContent
