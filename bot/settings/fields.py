"""The kinds of value that the file holds, each with what is wrong and what to do when it is not one."""

import re
from collections.abc import Callable
from datetime import timedelta
from difflib import get_close_matches
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from bot.cron import BadScheduleError, cron_trigger
from bot.models.digests import Quiet

MISTAKE = "mistake"
"""The type of the errors made here; their context holds the two sentences of a Problem."""

DAYS_BETWEEN_ROTATIONS = range(90, 2561)
"""https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html"""

LONGEST_APPROVAL = timedelta(days=30)
SHORTEST_PATIENCE = timedelta(minutes=5)
SMALLEST_SHARE = 0.01

_ACCOUNT_ID = re.compile(r"\d{12}", re.ASCII)
_REGION = re.compile(r"(?=.{,32}$)[a-z]{2,4}(-[a-z]+)+-\d{1,2}", re.ASCII)  # eusc-de-east-1 is one
_ROLE_NAME = re.compile(
    r"[\w+=,.@-]{1,64}", re.ASCII
)  # https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)  # …/STS/latest/APIReference/API_AssumeRole.html
_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,}", re.ASCII)
_PERSON = re.compile(r"[UW][A-Z0-9]{2,}", re.ASCII)
_WORKSPACE = re.compile(r"[TE][A-Z0-9]+", re.ASCII)
_APPROVER = re.compile(r"[UWS][A-Z0-9]+", re.ASCII)
_NAME = re.compile(r"(?!\s)[\w .,:/()+-]{0,60}(?<!\s)")
_UNIT = re.compile(
    r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32}", re.ASCII
)  # https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html
_ALIAS_PATTERN = re.compile(
    r"(alias/)?[\w/:*?\[\]!-]{1,250}", re.ASCII
)  # https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
_REGION_PATTERN = re.compile(r"(?=.*[*?])[a-z0-9*?-]{1,32}", re.ASCII)
_DURATION = re.compile(r"(?P<count>\d{1,6})(?P<unit>[mhd])", re.ASCII)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_SECRET = re.compile(r"xox|xapp-", re.IGNORECASE)
_LONGEST_SHOWN = 60


def mistake(what: str, remedy: str) -> PydanticCustomError:
    """Make the error that a validator raises: what is wrong and what to do, both sentences."""
    return PydanticCustomError(MISTAKE, "{what} {remedy}", {"what": what, "remedy": remedy})


def shown(value: object) -> str:
    """Quote a value for a message; what looks like a Slack token is never shown."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if _SECRET.search(text):
        return "a Slack token (not shown)"
    return f"“{text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + '…'}”"


def nearest(word: str, known: list[str]) -> str | None:
    by_lower = {each.lower(): each for each in known}
    near = get_close_matches(word.lower(), list(by_lower), 1)
    return by_lower[near[0]] if near else None


def _account_id(text: str) -> str:
    if _ACCOUNT_ID.fullmatch(text):
        return text
    what = f"has {len(text)} digits" if text.isdigit() else "is not an account id"
    raise mistake(f"{shown(text)} {what}.", "Write the account's id, which has 12 digits.")


def _account_pattern(text: str) -> str:
    if not text.strip():
        raise mistake("An account pattern is empty.", 'Write an account id, a name, or a pattern such as "prod-*".')
    return _account_id(text) if text.isdigit() else text


def _region(text: str) -> str:
    if _REGION.fullmatch(text):
        return text
    if re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d[a-z]", text):
        raise mistake(f"{shown(text)} is an availability zone.", f"Write its Region, {text[:-1]}.")
    raise mistake(f"{shown(text)} is not the name of a Region.", "Write it as AWS does, for example eu-central-1.")


def _role_name(text: str) -> str:
    if _ROLE_NAME.fullmatch(text):
        return text
    if text.startswith("arn:"):
        raise mistake(
            f"{shown(text)} is an ARN, not a role name.",
            "Write the role's name alone; it is assumed under that name in each account.",
        )
    raise mistake(f"{shown(text)} is not a role name.", "Use up to 64 letters, digits and +=,.@_- and no path.")


def _external_id(text: str) -> str:
    if _EXTERNAL_ID.fullmatch(text):
        return text
    has_good_length = 2 <= len(text) <= 1224  # noqa: PLR2004 - AWS's limits
    what = "has signs that AWS does not accept" if has_good_length else f"has {len(text)} characters"
    raise mistake(
        f"The external id {what}.",
        "Use 2 to 1224 letters, digits and +=,.@:/_- as in the role's trust policy.",
    )


def _schedule(text: str) -> str:
    try:
        cron_trigger(text, ZoneInfo("UTC"))
    except BadScheduleError as error:
        raise mistake(str(error), 'Write a crontab line, for example "0 9 * * mon-fri".') from error
    return text


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = nearest(text, sorted(available_timezones()))
        remedy = f"Did you mean {near}?" if near else "Write an IANA name, for example Europe/Berlin."
        raise mistake(f"{shown(text)} is not a time zone.", remedy) from error
    return text


def _channel(text: str) -> str:
    if _CHANNEL.fullmatch(text):
        return text
    what = "is the name of a channel" if text.startswith("#") else "is not the id of a channel"
    raise mistake(
        f"{shown(text)} {what}.", "Write its id (C… or G…); Slack shows it at the bottom of the channel's details."
    )


def _recipient(text: str) -> str:
    if _CHANNEL.fullmatch(text) or _PERSON.fullmatch(text):
        return text
    raise mistake(
        f"{shown(text)} is not the id of a channel or a person.",
        "Write a channel's id (C… or G…) or a person's (U… or W…); Slack shows them in the details and in the profile.",
    )


def _workspace(text: str) -> str:
    if _WORKSPACE.fullmatch(text):
        return text
    raise mistake(f"{shown(text)} is not the id of a workspace.", "Write its id (T… or E…).")


def check_approver(text: str) -> str:
    """Read the id of a person or a user group."""
    if _APPROVER.fullmatch(text):
        return text
    what = "is not the id of a Slack user or group"
    if "@" in text:
        what = "is a name" if text.startswith("@") else "is an e-mail address"
    raise mistake(
        f"{shown(text)} {what}.",
        "Write the person's id (U… or W…) or the user group's (S…); profiles offer to copy it.",
    )


def read_duration(value: object) -> timedelta:
    """Read a length of time as people write it: 24h."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise mistake(f"{shown(value)} is not a length of time.", 'Write a number and m, h or d, for example "24h".')
    return int(match["count"]) * _UNITS[match["unit"]]


def _expiry(length: timedelta) -> timedelta:
    if timedelta(0) < length <= LONGEST_APPROVAL:
        return length
    what = "longer than 30 days" if length > timedelta(0) else "no time at all"
    raise mistake(f"An approval would live for {what}.", 'Write at least "1m" and at most "30d".')


def _between(allowed: range, unit: str = "") -> Callable[[int], int]:
    def check(number: int) -> int:
        if number in allowed:
            return number
        raise mistake(f"{number} is out of range.", f"Write a whole number from {allowed[0]} to {allowed[-1]}{unit}.")

    return check


def _on_quiet_days(text: str) -> str:
    if text in list(Quiet):
        return text
    raise mistake(
        f"{shown(text)} says nothing about quiet days.",
        'Write "line" for a line each day, "once" for a line on the first of several, or "full" for the whole digest.',
    )


def _share(share: float) -> float:
    if SMALLEST_SHARE <= share <= 1:
        return share
    raise mistake(
        f"A share of {share:g} of AWS's quotas is out of range.",
        f"Write a number from {SMALLEST_SHARE} to 1.0; 0.5 is half of each quota.",
    )


def _patience(value: object) -> timedelta:
    """Read a length of time; none at all stands for never."""
    return timedelta(0) if value == "never" else read_duration(value)


def _waits(length: timedelta) -> timedelta:
    if not length or SHORTEST_PATIENCE <= length <= LONGEST_APPROVAL:
        return length
    raise mistake(
        f"A first reminder after {length} is out of range.", 'Write at least "5m" and at most "30d", or "never".'
    )


def _name_of(what: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if _NAME.fullmatch(text):
            return text
        raise mistake(f"{shown(text)} is not a name for {what}.", "Use up to 60 letters, digits, spaces and _.,:/()+-.")

    return check


def _unit(text: str) -> str:
    if _UNIT.fullmatch(text):
        return text
    raise mistake(
        f"{shown(text)} is not the id of an organisational unit.",
        "Write its id (ou-…, or r-… for the root); AWS Organizations shows it beside the name.",
    )


def _alias_pattern(text: str) -> str:
    if _ALIAS_PATTERN.fullmatch(text):
        return text
    raise mistake(f"{shown(text)} is not the alias of a key.", 'Write an alias or a pattern, such as "payments/*".')


def _region_pattern(text: str) -> str:
    return text if _REGION_PATTERN.fullmatch(text) else _region(text)


def tag_patterns(value: object) -> dict[str, str]:
    """Check a table of tags: names, and the patterns that their values must match."""
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise mistake("It is not a table of tags.", 'Write it as { team = "payments", stage = "prod*" }.')
    for name, pattern in value.items():
        if not name.strip() or not pattern.strip():
            raise mistake("A tag has no name or no value.", 'Write both; "*" stands for any value.')
    return value


def at_least_one(what: str, remedy: str) -> AfterValidator:
    """Refuse an empty list."""

    def check(items: tuple[str, ...]) -> tuple[str, ...]:
        if not items:
            raise mistake(what, remedy)
        return items

    return AfterValidator(check)


LIST = Field(strict=False)
"""TOML has lists where the settings have tuples; everything else is taken strictly."""

AccountId = Annotated[str, AfterValidator(_account_id)]
AccountPattern = Annotated[str, AfterValidator(_account_pattern)]
Region = Annotated[str, AfterValidator(_region)]
RoleName = Annotated[str, AfterValidator(_role_name)]
ExternalId = Annotated[str, AfterValidator(_external_id)]
Schedule = Annotated[str, AfterValidator(_schedule)]
Timezone = Annotated[str, AfterValidator(_timezone)]
Channel = Annotated[str, AfterValidator(_channel)]
Recipient = Annotated[str, AfterValidator(_recipient)]
Workspace = Annotated[str, AfterValidator(_workspace)]
Approver = Annotated[str, AfterValidator(check_approver)]
Expiry = Annotated[timedelta, AfterValidator(_expiry), BeforeValidator(read_duration)]
PeriodDays = Annotated[int, AfterValidator(_between(DAYS_BETWEEN_ROTATIONS, " days"))]
Top = Annotated[int, AfterValidator(_between(range(1, 16)))]
OnQuietDays = Annotated[str, AfterValidator(_on_quiet_days)]
QuotaShare = Annotated[float, AfterValidator(_share)]
Processes = Annotated[int, AfterValidator(_between(range(1, 65)))]
Approvals = Annotated[int, AfterValidator(_between(range(11)))]
DailyCap = Annotated[int, AfterValidator(_between(range(1, 1001), " keys"))]
Patience = Annotated[timedelta, AfterValidator(_waits), BeforeValidator(_patience)]
RuleName = Annotated[str, AfterValidator(_name_of("a rule"))]
RouteName = Annotated[str, AfterValidator(_name_of("a digest"))]
OrganizationalUnit = Annotated[str, AfterValidator(_unit)]
AliasPattern = Annotated[str, AfterValidator(_alias_pattern)]
RegionPattern = Annotated[str, AfterValidator(_region_pattern)]
