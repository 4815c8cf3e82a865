"""A request: its message with Approve and Deny, and what is told when it is done."""

from datetime import datetime

from bot.models.messages import Block, Rendered
from bot.models.requests import FINAL_CHANGE_STATES, Change, ChangeState, Request, RequestState
from bot.views.budget import message
from bot.views.names import APPROVE, DENY, RETRY, WITHDRAW
from bot.views.parts import (
    DAY,
    Inline,
    actions,
    bold,
    bullets,
    button,
    code,
    confirm,
    context,
    counted,
    cut,
    date,
    fallback,
    listed,
    meant,
    moment,
    mrkdwn,
    note,
    people,
    rich,
    user,
)
from bot.views.rows import MARKS, approved, fate, in_vain, request_lines

MOST_CHANGES = 15
MOST_CONCERNED = 40
UNDONE = frozenset({RequestState.DENIED, RequestState.CANCELLED, RequestState.EXPIRED})
DECIDED = {
    RequestState.APPROVED: "⏳ Approved, and under way",
    RequestState.DENIED: "🚫 Denied",
    RequestState.CANCELLED: "↩️ Withdrawn",
    RequestState.EXPIRED: "⌛ Expired",
}
ENDED = {
    ChangeState.SUCCEEDED: "✅ Rotation is on",
    ChangeState.NOT_NEEDED: "✅ The key rotates already",
    ChangeState.FAILED: "❌ Failed",
}
UNDER_WAY = {ChangeState.QUEUED: "About to be changed.", ChangeState.EXECUTING: "Being changed now."}


def request(asked: Request, approvers: str, now: datetime) -> Rendered:
    """The request's message in the channel; `approvers` says in mentions who may decide.

    Once it is decided, what came of it stands above the question.
    """
    blocks: list[Block] = [] if asked.state is RequestState.PENDING else [rich(bold(_headline(asked)))]
    blocks += [rich([user(asked.requester), " asks to enable automatic rotation of ", _what(asked), "."])]
    blocks += [_key(change) for change in _in_order(asked)[:MOST_CHANGES]]
    if len(asked.changes) > MOST_CHANGES:
        blocks.append(context(note(f"… and {counted(len(asked.changes) - MOST_CHANGES, 'more key')}.")))
    if asked.reason:
        blocks.append(_quote(asked.reason))
    if asked.state is RequestState.PENDING:
        blocks += _waiting(asked, approvers)
    else:
        blocks += _outcome(asked, now)
    return message(fallback(f"Enable rotation of {_names(asked)}: ") + _state(asked), blocks)


def result(done: Request) -> Rendered:
    """What is told in the request's thread when its last change is final. It mentions those whom it concerns."""
    concerned = people(dict.fromkeys((done.requester, *done.approvers)), MOST_CONCERNED)
    lines: list[Inline | list[Inline]] = []
    for change in _in_order(done)[:MOST_CHANGES]:
        lines.append(_ended(change))
        if change.next_rotation is not None:
            lines.append(["Next rotation ", moment(change.next_rotation, DAY), "."])
        if change.aws_request_id:
            lines.append(["AWS request id ", code(change.aws_request_id), "."])
    if len(done.changes) > MOST_CHANGES:
        lines.append(_tally(done))
    blocks = [rich(*lines), context(mrkdwn(f"For {concerned}."))]
    return message(fallback(f"Rotation of {_names(done)}: {_tally(done)}"), blocks)


def _headline(asked: Request) -> str:
    if asked.state is not RequestState.DONE:
        return DECIDED[asked.state]
    states = {change.state for change in asked.changes}
    if len(asked.changes) == 1:
        return ENDED[asked.changes[0].state]
    mark = MARKS[ChangeState.FAILED if ChangeState.FAILED in states else ChangeState.SUCCEEDED]
    return f"{mark} {_tally(asked).rstrip('.')}"


def _what(asked: Request) -> Inline:
    return "this key" if len(asked.changes) == 1 else counted(len(asked.changes), "key")


def _key(change: Change) -> Block:
    return rich(
        [bold(cut(change.key_name, 200)), f" – {cut(change.account_name, 60)} · {change.region}"],
        [f"Every {change.period_days} days · ", code(change.arn)],
    )


def _quote(reason: str) -> Block:
    text = [{"type": "text", "text": cut(reason, 1000)}]
    return {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": text}]}


def _waiting(asked: Request, approvers: str) -> list[Block]:
    wanted = counted(asked.required, "approval")
    given = f"{len(asked.approvers)} of {wanted}, by {people(asked.approvers)} so far"
    keys = "the key" if len(asked.changes) == 1 else "the keys"
    sure = confirm(
        "Approve this change?",
        f"The bot re-reads {keys}, enables automatic rotation in AWS and reads it back. "
        "Each of the first two rotations adds $1 a month to a key's price.",
        "Approve",
        "Not now",
    )
    return [
        rich(meant(f"⏳ {given if asked.approvers else f'Waiting for {wanted}'}. {approvers}")),
        context(mrkdwn(f"Expires {date(asked.expires_at)}.")),
        actions(
            button("Approve", APPROVE, asked.id, style="primary", confirm=sure),
            button("Deny", DENY, asked.id),
            button("Withdraw", WITHDRAW, asked.id),
        ),
    ]


def _outcome(asked: Request, now: datetime) -> list[Block]:
    blocks = [_told_of_one(asked)] if len(asked.changes) == 1 or asked.state in UNDONE else _told_of_many(asked)
    failed = sum(change.state is ChangeState.FAILED for change in asked.changes)
    if asked.state is RequestState.DONE and failed and now < asked.expires_at:
        again = "Try again" if failed == 1 else f"Try the {failed} failed ones again"
        sure = confirm(
            f"{again}?",
            "What failed is read again, and rotation enabled where it is still needed, on the approval that was given.",
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
    for change in _in_order(asked)[:MOST_CHANGES]:
        line = _ended(change)
        if change.next_rotation is not None:
            line += [" Next rotation ", moment(change.next_rotation, DAY), "."]
        lines.append(line)
    if len(asked.changes) > MOST_CHANGES:
        lines.append([f"Of all {counted(len(asked.changes), 'key')}: {_tally(asked)}"])
    return [context(mrkdwn(f"{approved(asked)}.")), bullets(*lines)]


def _in_order(asked: Request) -> list[Change]:
    """What failed first, for somebody has to look at it; then by name."""
    return sorted(
        asked.changes, key=lambda each: (each.state is not ChangeState.FAILED, each.account_name, each.key_name)
    )


def _ended(change: Change) -> list[Inline]:
    result = change.result if change.state in FINAL_CHANGE_STATES else UNDER_WAY[change.state]
    return [f"{MARKS.get(change.state, '⏳')} ", bold(cut(change.key_name, 200)), f" – {result}"]


def _state(asked: Request) -> str:
    match asked.state:
        case RequestState.PENDING:
            return f"<@{asked.requester}> asks for approval."
        case RequestState.APPROVED:
            return f"approved by {people(asked.approvers)}; under way."
        case RequestState.DENIED:
            return f"denied by <@{asked.closed_by}>. Nothing was changed."
        case RequestState.CANCELLED:
            return "withdrawn. Nothing was changed."
        case RequestState.EXPIRED:
            return f"expired; {in_vain(asked)}. Nothing was changed."
        case RequestState.DONE:
            return fallback(_tally(asked))


def _names(asked: Request) -> str:
    first = cut(min(change.key_name for change in asked.changes), 100)
    return first if len(asked.changes) == 1 else f"{first} and {counted(len(asked.changes) - 1, 'more key')}"


def _tally(done: Request) -> str:
    if len(done.changes) == 1:
        return cut(done.changes[0].result, 300)
    states = [change.state for change in done.changes]
    kinds = (
        (ChangeState.SUCCEEDED, "enabled"),
        (ChangeState.NOT_NEEDED, "rotating already"),
        (ChangeState.FAILED, "failed"),
        (ChangeState.QUEUED, "about to be changed"),
        (ChangeState.EXECUTING, "being changed"),
    )
    return listed([f"{states.count(state)} {word}" for state, word in kinds if states.count(state)]) + "."
