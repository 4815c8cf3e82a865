"""The calls that were made to AWS, newest first, so that thousands of reads do not drown one change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from deploy.sandbox.aws.calls import RecordedCall
from deploy.sandbox.aws.server import ADMINISTRATOR, AwsServer
from deploy.sandbox.aws.world import World
from deploy.sandbox.panel.naming import account_name, names_of_keys
from deploy.sandbox.slack.page.html import Html, element, join
from deploy.sandbox.slack.page.reader import Reader

MOST_SHOWN = 100
PAUSE = timedelta(minutes=1)
READS = ("Get", "List", "Describe", "AssumeRole")
"""What CloudTrail calls `readOnly`, of the calls that are made here."""


@dataclass(slots=True)
class Group:
    """Calls that are told in one line; `calls` are newest first."""

    calls: list[RecordedCall] = field(default_factory=list)

    @property
    def newest(self) -> RecordedCall:
        return self.calls[0]


def is_change(call: RecordedCall) -> bool:
    return not call.action.startswith(READS)


def is_error(call: RecordedCall) -> bool:
    return call.error is not None


SHOWN = {"all": lambda _call: True, "changes": is_change, "errors": is_error}


def grouped(newest_first: Iterable[RecordedCall]) -> list[Group]:
    """Each change by itself; between changes and pauses, the like reads and the like errors in one line."""
    groups: list[Group] = []
    open_groups: dict[tuple[object, ...], Group] = {}
    for call in newest_first:
        if is_change(call):
            open_groups.clear()
            groups.append(Group([call]))
            continue
        likeness = _likeness(call)
        group = open_groups.get(likeness)
        if group is None or group.calls[-1].time - call.time > PAUSE:
            group = open_groups[likeness] = Group()
            groups.append(group)
        group.calls.append(call)
    return groups


def _likeness(call: RecordedCall) -> tuple[object, ...]:
    """What calls that are told in one line have in common: of reads not the place, of errors the place as well."""
    whose = (call.session_tags.get("Requester"), call.session_tags.get("Approvers"), call.source_identity, _by(call))
    place = (_account(call), call.region) if call.error else ()
    return (call.service, call.action, call.error, _role(call), *whose, *place)


def calls_so_far(aws: AwsServer, show: str, reader: Reader) -> Html:
    """`show` is all, changes or errors. Errors: ValueError."""
    if show not in SHOWN:
        raise ValueError(f"there is nothing called {show!r} to show; there are {', '.join(SHOWN)}")
    calls = aws.calls.all()
    names = names_of_keys(aws.world)
    groups = grouped(call for call in reversed(calls) if SHOWN[show](call))
    rows = [_row(aws.world, group, names, reader) for group in groups[:MOST_SHOWN]]
    more = len(groups) - MOST_SHOWN
    rest = element("p", f"{more} earlier lines are not shown.", class_="none") if more > 0 else ""
    changes, errors = sum(map(is_change, calls)), sum(map(is_error, calls))
    told = f"{_counted(len(calls), 'call')} · {_counted(changes, 'change')} · {_counted(errors, 'error')}"
    empty = "" if rows else element("p", "None so far.", class_="none")
    return join(element("p", told, class_="told", data_testid="call-counts"), element("ol", rows), empty, rest)


def _row(world: World, group: Group, names: Mapping[str, str], reader: Reader) -> Html:
    call = group.newest
    kind = "change" if is_change(call) else "read"
    when = reader.local(call.time.timestamp())
    head = [
        element("time", when.strftime("%H:%M:%S"), datetime=when.isoformat()),
        element("strong", call.action),
        element("span", f"× {len(group.calls)}", class_="times") if len(group.calls) > 1 else "",
        element("span", "change", class_="chip") if is_change(call) else "",
        element("span", call.error, class_="code") if call.error else "",
    ]
    lines = [_about(world, group, names), *_whose(call, reader)]
    return element(
        "li",
        element("div", head, class_="head"),
        [element("small", line) for line in lines],
        class_=f"{kind} failed" if call.error else kind,
        data_testid="call",
    )


def _about(world: World, group: Group, names: Mapping[str, str]) -> str:
    keys = sorted({names.get(call.key, call.key.rpartition("/")[2]) for call in group.calls if call.key})
    accounts = sorted({account_name(world, _account(call)) for call in group.calls})
    regions = sorted({call.region for call in group.calls})
    parts = [_role(group.newest), _one_or(keys, "keys"), _one_or(accounts, "accounts"), _one_or(regions, "Regions")]
    if days := group.newest.parameters.get("RotationPeriodInDays"):
        parts.insert(2, f"every {days} days")
    return " · ".join(part for part in parts if part)


def _role(call: RecordedCall) -> str:
    """Which role is assumed, if one is."""
    return str(call.parameters.get("RoleArn", "")).rpartition("/")[2]


def _account(call: RecordedCall) -> str:
    """Where it happens: a role is assumed in its own account."""
    role = str(call.parameters.get("RoleArn", ""))
    return role.split(":")[4] if role.startswith("arn:") else call.account


def _whose(call: RecordedCall, reader: Reader) -> list[str]:
    """Who asked and who approved, as the session says; who called, where that was not the bot."""
    tags = call.session_tags
    told = []
    if asked := tags.get("Requester") or call.source_identity:
        told.append(f"asked by {reader.user(asked)}")
    people = " and ".join(map(reader.user, tags.get("Approvers", "").split()))
    if tags.get("Basis") == "PRE_APPROVED":
        told.append("approved beforehand")
    elif people:
        told.append(f"{people} broke the glass" if tags.get("Basis") == "BREAK_GLASS" else f"approved by {people}")
    by = _by(call)
    return [", ".join(told)] if told else [f"by {by}"] if by else []


def _by(call: RecordedCall) -> str:
    return (
        "you, as an administrator"
        if call.session_name == ADMINISTRATOR or call.principal.endswith(f":user/{ADMINISTRATOR}")
        else ""
    )


def _one_or(names: list[str], what: str) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} {what}" if names else ""


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
