"""What the doctor says: a line for each thing that was looked at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.errors import Problem


class Status(StrEnum):
    """How a thing is; the gravest first.

    UNKNOWN was tried, and no answer came. NOT_TESTED cannot be tried: nothing that may be asked tells, or what it
    rests on is broken, which has a line of its own.
    """

    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    WARNING = "WARNING"
    NOT_TESTED = "NOT_TESTED"
    OK = "OK"


class Check(StrEnum):
    """What is looked at."""

    CONFIGURATION = "configuration"
    DATABASE = "database"
    SCHEMA = "schema"
    RECORD = "record"
    PROCESSES = "processes"
    WORKERS = "workers"
    CHANNEL = "channel"
    BOT_TOKEN = "bot token"  # noqa: S105 - the name of a check
    APP_TOKEN = "app token"  # noqa: S105 - as above
    SIGNING_SECRET = "signing secret"  # noqa: S105 - as above
    SCOPE = "scope"
    APP = "app"
    WORKSPACE = "workspace"
    APPROVERS = "approvers"
    VISIBILITY = "visibility"
    OWNERS = "owners"
    CLOCK = "clock"
    IDENTITY = "AWS identity"
    ORGANIZATION = "organization"
    AUDIT_ROLE = "audit role"
    REGIONS = "regions"
    PERMISSION = "permission"
    REMEDIATION_ROLE = "remediation role"
    DOCTOR = "doctor"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at: what was seen, as a sentence, and what to do where it is not well.

    `more` is for programs: what else is known, by its name in the JSON.
    """

    check: Check
    subject: str
    status: Status
    seen: str
    remedy: str = ""
    more: Mapping[str, object] = field(default_factory=dict)


def ok(check: Check, subject: str, seen: str) -> Line:
    return Line(check, subject, Status.OK, seen)


def not_tested(check: Check, subject: str, why: str, remedy: str = "") -> Line:
    return Line(check, subject, Status.NOT_TESTED, why, remedy)


def of_problem(check: Check, problem: Problem, status: Status = Status.FAILED) -> Line:
    """Take over what was found at one place of the settings."""
    return Line(check, problem.place, status, problem.what, problem.remedy)


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that say the same of several subjects."""

    line: Line
    subjects: tuple[str, ...]


def grouped(lines: Iterable[Line]) -> list[Group]:
    """Put lines together that differ in their subject alone, the gravest first, and each kind in its order."""
    found: dict[tuple[Check, Status, str, str], list[Line]] = {}
    for line in lines:
        found.setdefault((line.check, line.status, line.seen, line.remedy), []).append(line)
    groups = [Group(same[0], tuple(sorted({each.subject for each in same}))) for same in found.values()]
    return sorted(groups, key=lambda group: (_GRAVITY[group.line.status], _ORDER[group.line.check]))


_GRAVITY = {status: number for number, status in enumerate(Status)}
_ORDER = {check: number for number, check in enumerate(Check)}
