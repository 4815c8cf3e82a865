"""One open key, with its button or with what became of it."""

from datetime import datetime

from bot.models.digests import OpenKey
from bot.models.messages import Block
from bot.models.requests import Basis, Change, ChangeKind, ChangeState, Request, RequestState
from bot.views.age import age
from bot.views.inline import inline
from bot.views.kinds import WORDS
from bot.views.moments import DAY, date, moment
from bot.views.names import ENABLE, EXEMPT, MORE_OF_KEY, SNOOZE, action_id
from bot.views.parts import Element, actions, button, context, label, mrkdwn, note
from bot.views.rich import Inline, bold, rich
from bot.views.words import counted, cut, listed, people

ENABLE_LABEL = "Enable rotation"
ENDED = {ChangeState.SUCCEEDED: "Done", ChangeState.NOT_NEEDED: "Found not needed", ChangeState.FAILED: "Failed"}
MENDED = frozenset({ChangeState.SUCCEEDED, ChangeState.NOT_NEEDED})
"""What was wrong with the key when it was read is so no longer."""

MARKS = {ChangeState.SUCCEEDED: "✅", ChangeState.NOT_NEEDED: "✅", ChangeState.FAILED: "❌"}


def key_row(
    key: OpenKey,
    request: Request | None,
    at: datetime | None = None,
    snoozed_until: datetime | None = None,
    exempt_until: datetime | None = None,
) -> list[Block]:
    """A key of a digest or list, in two blocks. Its buttons give way to the request or exemption that covers it.

    `at` is when it is told how long the key is open; `snoozed_until` is for whoever it is shown to, and nobody else.
    """
    change = None if request is None else change_of(request, key.arn)
    is_mended = change is not None and change.state in MENDED and change.kind is ChangeKind.ENABLE_ROTATION
    message = "" if is_mended else f" · {cut(key.message, 200)}"
    head: list[list[Inline]] = [
        [bold(cut(key.name, 200))],
        [f"{cut(key.account_name, 60)} · {key.region}{message}"],
    ]
    if request is not None and change is not None and not _may_ask_again(request, change):
        return [rich(*head), context(*request_lines(request, change))]
    if exempt_until is not None:
        told = f"✅ Exempt until {date(exempt_until, DAY)}. `/kms-rotation exemptions` says why."
        return [rich(*head), context(mrkdwn(told))]
    head += filter(None, [_details(key, at)])
    if snoozed_until is not None:
        head.append(["💤 Snoozed for you until ", moment(snoozed_until, DAY)])
    if request is not None and change is not None:
        head += _told_of(request, change)
    return [rich(*head), actions(enable_button(key.handle, key.name), more_menu(key.handle))]


def enable_button(handle: str, name: str) -> Element:
    return button(ENABLE_LABEL, action_id(ENABLE, handle), handle, spoken=f"{ENABLE_LABEL} of {name}")


def more_menu(handle: str) -> Element:
    """What else there is to do about an open key."""
    return _overflow(
        action_id(MORE_OF_KEY, handle), ("Exempt …", action_id(EXEMPT, handle)), ("Snooze …", action_id(SNOOZE, handle))
    )


def _overflow(name: str, *options: tuple[str, str]) -> Element:
    """A menu of further acts: the label and the value of each.

    https://docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element.
    """
    told = [{"text": label(text), "value": value} for text, value in options]
    return {"type": "overflow", "action_id": name, "options": told}


def change_of(request: Request, arn: str) -> Change | None:
    return next((change for change in request.changes if change.arn == arn), None)


def request_lines(request: Request, change: Change) -> list[Element]:
    """Who asked, who approved, when, the result and the next rotation, as elements of a context."""
    lines = [mrkdwn(fate(request, change))]
    is_granted = change.exemption is not None and change.state is ChangeState.SUCCEEDED
    if change.result and not is_granted:  # how it ended, or why it waits; that it is exempt is said already
        lines.append(note(change.result))
    if change.next_rotation is not None:
        lines.append(mrkdwn(f"Next rotation {date(change.next_rotation, DAY)}."))
    return lines


def fate(request: Request, change: Change) -> str:
    """Say in one sentence of mrkdwn what became of a change so far. It holds nothing that people wrote."""
    asked = _asked(request)
    match request.state:
        case RequestState.PENDING:
            return f"⏳ {asked} {date(request.created_at)}{_so_far(request)}."
        case RequestState.DENIED:
            return f"🚫 {asked}, denied by <@{request.closed_by}> {_when(request)}. Nothing was changed."
        case RequestState.CANCELLED:
            return f"↩️ {asked}, who withdrew it {_when(request)}. Nothing was changed."
        case RequestState.EXPIRED:
            return f"⌛ {asked} {date(request.created_at)}; {in_vain(request)}. Nothing was changed."
    match change.state:
        case ChangeState.QUEUED | ChangeState.EXECUTING:
            return f"⏳ {approved(request)} {_approved_when(request)}; {WORDS[change.kind].under_way[change.state]}."
    at = f" {date(change.finished_at)}" if change.finished_at is not None else ""
    if change.exemption is not None and change.state is ChangeState.SUCCEEDED:
        return f"✅ {approved(request)}. Granted{at} until {date(change.exemption.until)}."
    return f"{MARKS[change.state]} {approved(request)}. {ENDED[change.state]}{at}."


def approved(request: Request) -> str:
    return f"{_asked(request)}, {on_whose_word(request)}"


def _asked(request: Request) -> str:
    return WORDS[request.kind].about.format(f"<@{request.requester}>")


def on_whose_word(request: Request) -> str:
    """Say on whose word a request is carried out."""
    match request.basis:
        case Basis.BREAK_GLASS if request.glass is not None:
            before = f"approved by {people(request.approvers)} so far; " if request.approvers else ""
            return f"{before}<@{request.glass.user_id}> broke the glass"
        case Basis.PRE_APPROVED:
            rules = listed(sorted({f"“{change.rule}”" for change in request.changes}))
            return f"approved beforehand by the rule {rules}"
    return f"approved by {people(request.approvers)}"


def in_vain(request: Request) -> str:
    """Say how a request expired."""
    given = len(request.approvers)
    if not given:
        return "nobody approved it in time"
    if len({change.rule for change in request.changes}) > 1:
        return "not all approvals came in time"
    return f"only {given} of {counted(request.required, 'approval')} came in time"


def _so_far(request: Request) -> str:
    if not request.approvers:
        return "; waiting for approval"
    return f", approved by {people(request.approvers)} so far; waiting for more"


def _approved_when(request: Request) -> str:
    return date(max((decision.at for decision in request.decisions), default=request.created_at))


def _may_ask_again(request: Request, change: Change) -> bool:
    """The key is open and nothing is under way for it."""
    if request.state in {RequestState.DENIED, RequestState.CANCELLED, RequestState.EXPIRED}:
        return True
    is_still_open = change.state is ChangeState.FAILED or change.kind is ChangeKind.ROTATE_ON_DEMAND
    return request.state is RequestState.DONE and is_still_open


def _when(request: Request) -> str:
    return date(request.closed_at) if request.closed_at is not None else ""


def _details(key: OpenKey, at: datetime | None) -> list[Inline]:
    """What else is known of an open key, in a line."""
    production = "production" if key.is_production else ""
    managed_by = f"managed by {cut(key.managed_by, 120)}" if key.managed_by else ""
    line = " · ".join(filter(None, (production, age(key, at), owner(key), managed_by)))
    return [line[:1].upper() + line[1:]] if line else []


def owner(key: OpenKey) -> str:
    """Say whose a key is; where nobody knows whether it has an owner, its team, or nothing."""
    if key.owner:
        return f"owner {cut(key.owner, 60)}"
    if key.owner is None:
        return "no owner"
    return f"team {cut(key.team, 60)}" if key.team else ""


def _told_of(request: Request, change: Change) -> list[list[Inline]]:
    """What became of an earlier request, below what the row says of the key."""
    told = [inline(fate(request, change))]
    return [*told, [change.result]] if change.result else told
