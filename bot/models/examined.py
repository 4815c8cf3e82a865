"""What the doctor is told by the database, by Slack and by AWS."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class SchemaAge(StrEnum):
    """How a database's schema stands to the one of this version.

    ABSENT: there is no database yet, or an empty one. UNTOLD: there are tables of the bot, and nothing says whose.
    """

    CURRENT = "CURRENT"
    OLDER = "OLDER"
    NEWER = "NEWER"
    ABSENT = "ABSENT"
    UNTOLD = "UNTOLD"


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema that was found, and the one of this version."""

    age: SchemaAge
    found: str
    ours: str


@dataclass(frozen=True, slots=True)
class Introduced:
    """Who the bot token is for. `scopes` are those that were granted; None where Slack does not say.

    `ahead` is how far our clock is ahead of Slack's; None where its answer has no date.
    """

    team_id: str
    team: str
    user_id: str
    bot_id: str
    scopes: frozenset[str] | None
    ahead: timedelta | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who the bot is in AWS."""

    arn: str


@dataclass(frozen=True, slots=True)
class Simulated:
    """What IAM's policy simulator says of one action: `allowed`, `explicitDeny` or `implicitDeny`, in AWS's words.

    `by` says what decided against it, in the middle of a sentence.
    """

    action: str
    decision: str
    by: str = ""

    @property
    def is_allowed(self) -> bool:
        return self.decision == "allowed"
