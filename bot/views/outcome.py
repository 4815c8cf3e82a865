"""What became of a request, as its message says it."""

from datetime import datetime

from bot.models.exemptions import Exemption, ExemptionState
from bot.models.messages import Block
from bot.models.requests import FINAL_CHANGE_STATES, Basis, Change, ChangeState, Request, RequestState
from bot.views.keys_of_request import in_order
from bot.views.kinds import WORDS
from bot.views.moments import DAY, moment
from bot.views.names import RETRY
from bot.views.parts import actions, button, confirm, context, mrkdwn, note
from bot.views.rich import Inline, bold, bullets
from bot.views.rows import MARKS, approved, fate, in_vain, on_whose_word, request_lines
from bot.views.sentences import fallback
from bot.views.words import counted, cut, listed

MOST_CHANGES = 15
UNDONE = frozenset({RequestState.DENIED, RequestState.CANCELLED, RequestState.EXPIRED})
DECIDED = {
    RequestState.DENIED: "🚫 Denied",
    RequestState.CANCELLED: "↩️ Withdrawn",
    RequestState.EXPIRED: "⌛ Expired",
}
HAD_BEEN = {
    ExemptionState.LAPSED: "⌛ Was exempt, and that ended",
    ExemptionState.WITHDRAWN: "↩️ Was exempt, and that was withdrawn",
    ExemptionState.RENEWED: "🔁 Was exempt, and that was renewed",
}
UNDER_WAY_ON = {
    Basis.APPROVALS: "⏳ Approved, and under way",
    Basis.PRE_APPROVED: "⏳ Approved beforehand, and under way",
    Basis.BREAK_GLASS: "🚨 The glass was broken; under way",
}


def headline(asked: Request, exemption: Exemption | None) -> str:
    """What stands above the question once it is decided."""
    if exemption is not None and not exemption.is_active:
        return HAD_BEEN[exemption.state]
    if asked.state is RequestState.APPROVED:
        return UNDER_WAY_ON[asked.basis]
    if asked.state is not RequestState.DONE:
        return DECIDED[asked.state]
    states = {change.state for change in asked.changes}
    if len(asked.changes) == 1:
        return WORDS[asked.kind].ended[asked.changes[0].state]
    mark = MARKS[ChangeState.FAILED if ChangeState.FAILED in states else ChangeState.SUCCEEDED]
    return f"{mark} {tally(asked).rstrip('.')}"


def in_short(asked: Request) -> str:
    """Say where a request stands, for the text of its message."""
    match asked.state:
        case RequestState.PENDING:
            return f"<@{asked.requester}> asks for approval."
        case RequestState.APPROVED:
            return f"{on_whose_word(asked)}; under way."
        case RequestState.DENIED:
            return f"denied by <@{asked.closed_by}>. Nothing was changed."
        case RequestState.CANCELLED:
            return "withdrawn. Nothing was changed."
        case RequestState.EXPIRED:
            return f"expired; {in_vain(asked)}. Nothing was changed."
        case RequestState.DONE:
            return fallback(tally(asked))


def outcome(asked: Request, now: datetime) -> list[Block]:
    """What came of a request below its question, with a button where a part may be tried again."""
    blocks = [_told_of_one(asked)] if len(asked.changes) == 1 or asked.state in UNDONE else _told_of_many(asked)
    failed = sum(change.state is ChangeState.FAILED for change in asked.changes)
    if asked.state is RequestState.DONE and failed and now < asked.expires_at:
        again = "Try again" if failed == 1 else f"Try the {failed} failed ones again"
        sure = confirm(
            f"{again}?",
            WORDS[asked.kind].again,
            "Try again",
            "Not now",
        )
        blocks.append(actions(button(again, RETRY, asked.id, confirm=sure)))
    return blocks


def _told_of_one(asked: Request) -> Block:
    """What became of the one key, or of all of them where nothing was done."""
    change = asked.changes[0]
    told = [mrkdwn(fate(asked, change))] if asked.state in UNDONE else request_lines(asked, change)
    if change.aws_request_id:
        told.append(note(f"AWS request id {change.aws_request_id}."))
    return context(*told)


def _told_of_many(asked: Request) -> list[Block]:
    lines: list[list[Inline]] = []
    for change in in_order(asked)[:MOST_CHANGES]:
        line = ended(change)
        if change.next_rotation is not None:
            line += [" Next rotation ", moment(change.next_rotation, DAY), "."]
        lines.append(line)
    if len(asked.changes) > MOST_CHANGES:
        lines.append([f"Of all {counted(len(asked.changes), 'key')}: {tally(asked)}"])
    return [context(mrkdwn(f"{approved(asked)}.")), bullets(*lines)]


def ended(change: Change) -> list[Inline]:
    """A line on how a change ended, or what it is at."""
    result = change.result if change.state in FINAL_CHANGE_STATES else f"{_under_way(change).capitalize()}."
    if change.state is ChangeState.QUEUED and change.result:
        result = f"Waits. {change.result}"
    return [f"{MARKS.get(change.state, '⏳')} ", bold(cut(change.key_name, 200)), f" – {result}"]


def _under_way(change: Change) -> str:
    """What is said where nothing else is noted; a change that waits says why."""
    return WORDS[change.kind].under_way[change.state]


def tally(done: Request) -> str:
    """Count how the changes of a request ended; of a single one, say its result."""
    if len(done.changes) == 1:
        return cut(done.changes[0].result, 300)
    states = [change.state for change in done.changes]
    kinds = (
        *WORDS[done.kind].counted.items(),
        (ChangeState.FAILED, "failed"),
        (ChangeState.QUEUED, WORDS[done.kind].under_way[ChangeState.QUEUED]),
        (ChangeState.EXECUTING, WORDS[done.kind].under_way[ChangeState.EXECUTING].removesuffix(" now")),
    )
    return listed([f"{states.count(state)} {word}" for state, word in kinds if states.count(state)]) + "."
