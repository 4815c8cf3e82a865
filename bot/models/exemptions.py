"""Exemptions: open keys that are excused for a time, by whom, why, and until when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

WILDCARDS = "*?["
"""What makes a text a pattern."""


class ExemptionState(StrEnum):
    """`ACTIVE → LAPSED | WITHDRAWN | RENEWED`. Before it is active it is a request that waits for approval."""

    ACTIVE = "ACTIVE"
    LAPSED = "LAPSED"
    WITHDRAWN = "WITHDRAWN"
    RENEWED = "RENEWED"
    """A later one took its place."""


@dataclass(frozen=True, slots=True)
class ExemptionScope:
    """The keys that an exemption covers: the one of an ARN, or all that match every part that is given.

    `account` is an id or a pattern of ids and names, `alias` and `region` are patterns, `tag` is a name and a pattern
    of its value; shell wildcards that ignore case. Keys that come later and match are covered as well.
    """

    arn: str = ""
    account: str = ""
    region: str = ""
    alias: str = ""
    tag: tuple[str, str] | None = None

    @property
    def is_one_key(self) -> bool:
        return bool(self.arn)

    @property
    def one_account(self) -> str:
        """The id of the one account whose keys it covers; empty where it may be several."""
        return self.account if self.account.isdigit() else ""

    @property
    def one_region(self) -> str:
        """The one Region whose keys it covers; empty where it may be several."""
        return "" if any(sign in self.region for sign in WILDCARDS) else self.region

    @property
    def is_narrow(self) -> bool:
        """Whether any part of it narrows it; stars alone do not."""
        tag_value = "" if self.tag is None else self.tag[0]
        return any(part.strip("*") for part in (self.arn, self.account, self.region, self.alias, tag_value))

    def __str__(self) -> str:
        """Write it as people type it: an ARN, or `account=… region=… alias=… tag:name=value`."""
        if self.arn:
            return self.arn
        parts = [("account", self.account), ("region", self.region), ("alias", self.alias)]
        if self.tag is not None:
            parts.append((f"tag:{self.tag[0]}", self.tag[1]))
        return " ".join(_written(name, value) for name, value in parts if value)


def _written(name: str, value: str) -> str:
    """Quote what has blanks in it, so that it is read as it was meant."""
    part = f"{name}={value}"
    return f'"{part}"' if len(part.split()) > 1 else part


@dataclass(frozen=True, slots=True)
class ExemptionTerms:
    """What is asked for: which keys, until when, why (`reason` is the request's own), by which ticket, whose they are.

    `until` is its last second. `owner` is a Slack id or a name. `renews` is the id of the exemption whose
    place it takes.
    """

    scope: ExemptionScope
    until: datetime
    ticket: str = ""
    owner: str = ""
    renews: str = ""


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exemption that was granted: by a request, or by the configuration, where `request_id` is None.

    `name` is what people call what it covers: a key's name, or the scope. `until` is its last second. `reopened` is how
    many keys were open again when it had ended.
    """

    id: str
    state: ExemptionState
    scope: ExemptionScope
    name: str
    reason: str
    ticket: str
    owner: str
    until: datetime
    created_at: datetime
    asked_by: str
    approved_by: tuple[str, ...] = ()
    request_id: str | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    reopened: int | None = None

    @property
    def is_active(self) -> bool:
        return self.state is ExemptionState.ACTIVE

    @property
    def is_declared(self) -> bool:
        """Whether the configuration declares it: there it is changed, and nowhere else."""
        return self.request_id is None
