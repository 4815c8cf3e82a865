"""A request: its message with Approve and Deny, and what is told when it is done."""

from collections.abc import Sequence
from datetime import datetime

from bot.models.asking import Waiting
from bot.models.code import Managed
from bot.models.exempting import Reach
from bot.models.exemptions import Exemption, ExemptionState
from bot.models.messages import Block, Rendered
from bot.models.requests import (
    FINAL_CHANGE_STATES,
    Basis,
    Change,
    ChangeState,
    Request,
    RequestState,
)
from bot.views.budget import message
from bot.views.code import reminder as code_reminder
from bot.views.excuse import reach, terms
from bot.views.keys_of_request import in_order
from bot.views.kinds import WORDS, keys_in_words, term, whereabouts
from bot.views.moments import DAY, date, moment
from bot.views.names import APPROVE, BREAK_GLASS, DENY, RETRY, SHOW_KEYS, WITHDRAW
from bot.views.parts import actions, button, confirm, context, mrkdwn, note, plain, section
from bot.views.rich import Inline, bold, bullets, code, quote, rich, user
from bot.views.rows import MARKS, approved, fate, in_vain, on_whose_word, request_lines
from bot.views.sentences import fallback, meant
from bot.views.words import counted, cut, listed, people

MOST_CHANGES = 15
MOST_CONCERNED = 40
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


def request(
    asked: Request,
    waiting: Waiting,
    now: datetime,
    covers: Reach | None = None,
    exemption: Exemption | None = None,
) -> Rendered:
    """The request's message in the channel.

    Once it is decided, what came of it stands above the question. `covers` is what a pattern of keys that are to be
    exempt covers as of the last scan, `exemption` the one that it led to.
    """
    blocks: list[Block] = [] if asked.state is RequestState.PENDING else [rich(bold(_headline(asked, exemption)))]
    blocks += [rich([user(asked.requester), WORDS[asked.kind].asks.format(keys_in_words(asked))])]
    blocks += [_key(change) for change in in_order(asked)[:MOST_CHANGES]]
    if len(asked.changes) > MOST_CHANGES:
        more = plain(f"… and {counted(len(asked.changes) - MOST_CHANGES, 'more key')}.")
        blocks.append(section(more, button(f"Show all {len(asked.changes)}", SHOW_KEYS, asked.id)))
    if asked.reason:
        blocks.append(quote(asked.reason))
    if covers is not None and asked.is_open:
        blocks.append(rich(reach(covers)))
    if asked.state is RequestState.PENDING:
        blocks += _waiting(asked, waiting)
    else:
        blocks += _outcome(asked, now)
    is_over = exemption is not None and not exemption.is_active
    told = f"{_headline(asked, exemption).partition(' ')[2].lower()}." if is_over else _state(asked)
    return message(fallback(WORDS[asked.kind].fallback.format(names(asked))) + told, blocks)


def result(done: Request, managed: Sequence[Managed] = ()) -> Rendered:
    """What is told in the request's thread when its last change is final. It mentions those whom it concerns.

    Of keys whose rotation was enabled and that code manages, it tells what to write there.
    """
    broke = () if done.glass is None else (done.glass.user_id,)
    concerned = people(dict.fromkeys((done.requester, *done.approvers, *broke)), MOST_CONCERNED)
    lines: list[Inline | list[Inline]] = []
    for change in in_order(done)[:MOST_CHANGES]:
        lines.append(_ended(change))
        if change.exemption is not None and change.state is ChangeState.SUCCEEDED:
            lines.append(["Until ", moment(change.exemption.until), "."])
        if change.next_rotation is not None:
            lines.append(["Next rotation ", moment(change.next_rotation, DAY), "."])
        if change.aws_request_id:
            lines.append(["AWS request id ", code(change.aws_request_id), "."])
    if len(done.changes) > MOST_CHANGES:
        lines.append(_tally(done))
    reminded = [code_reminder(managed, done.changes[0].period_days)] if managed else []
    blocks = [rich(*lines), *reminded, context(mrkdwn(f"For {concerned}."))]
    return message(fallback(f"{WORDS[done.kind].noun} of {names(done)}: {_tally(done)}"), blocks)


def _headline(asked: Request, exemption: Exemption | None) -> str:
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
    return f"{mark} {_tally(asked).rstrip('.')}"


def _key(change: Change) -> Block:
    first, *rest = term(change)
    how: list[Inline] = [str(first).capitalize(), *rest]
    if change.is_one_key:
        how += [" · ", code(change.arn)]
    more = [] if change.exemption is None else terms(change.exemption)
    return rich([bold(cut(change.key_name, 200)), f" – {whereabouts(change)}"], how, *more)


def _waiting(asked: Request, waiting: Waiting) -> list[Block]:
    keys = "the key" if len(asked.changes) == 1 else "the keys"
    sure = confirm(
        WORDS[asked.kind].question,
        WORDS[asked.kind].sure.format(keys if asked.changes[0].is_one_key else keys_in_words(asked)),
        "Approve",
        "Not now",
    )
    buttons = [
        button("Approve", APPROVE, asked.id, style="primary", confirm=sure),
        button("Deny", DENY, asked.id),
        button("Withdraw", WITHDRAW, asked.id),
    ]
    if waiting.has_glass:
        buttons.append(button("Break glass …", BREAK_GLASS, asked.id))
    return [_progress(asked, waiting), context(mrkdwn(f"Expires {date(asked.expires_at)}.")), actions(*buttons)]


def _progress(asked: Request, waiting: Waiting) -> Block:
    so_far = f"Approved by {people(asked.approvers)}. " if asked.approvers else ""
    return rich(meant(f"⏳ {so_far}{waiting.told}"))


def reminder(asked: Request, waiting: Waiting) -> Rendered:
    """What is told in a request's thread while it waits; once it is decided, that it is."""
    if asked.state is not RequestState.PENDING:
        sentence = f"This was a reminder. {_decided(asked)}"
        return message(fallback(sentence), [context(mrkdwn(sentence))])
    text = f"Still waiting: {WORDS[asked.kind].noun.lower()} of {names(asked)}."
    blocks = [
        rich("🔔 This request still waits."),
        _progress(asked, waiting),
        context(mrkdwn(f"Expires {date(asked.expires_at)}.")),
    ]
    return message(fallback(text), blocks)


def _decided(asked: Request) -> str:
    words = {
        RequestState.DENIED: "The request was denied.",
        RequestState.CANCELLED: "The request was withdrawn.",
        RequestState.EXPIRED: "The request expired.",
    }
    return words.get(asked.state, "The request was approved.")


def _outcome(asked: Request, now: datetime) -> list[Block]:
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
        line = _ended(change)
        if change.next_rotation is not None:
            line += [" Next rotation ", moment(change.next_rotation, DAY), "."]
        lines.append(line)
    if len(asked.changes) > MOST_CHANGES:
        lines.append([f"Of all {counted(len(asked.changes), 'key')}: {_tally(asked)}"])
    return [context(mrkdwn(f"{approved(asked)}.")), bullets(*lines)]


def _ended(change: Change) -> list[Inline]:
    result = change.result if change.state in FINAL_CHANGE_STATES else f"{_under_way(change).capitalize()}."
    if change.state is ChangeState.QUEUED and change.result:
        result = f"Waits. {change.result}"
    return [f"{MARKS.get(change.state, '⏳')} ", bold(cut(change.key_name, 200)), f" – {result}"]


def _under_way(change: Change) -> str:
    """What is said where nothing else is noted; a change that waits says why."""
    return WORDS[change.kind].under_way[change.state]


def _state(asked: Request) -> str:
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
            return fallback(_tally(asked))


def names(asked: Request) -> str:
    first = cut(min(change.key_name for change in asked.changes), 100)
    return first if len(asked.changes) == 1 else f"{first} and {counted(len(asked.changes) - 1, 'more key')}"


def place(asked: Request) -> str:
    """Name a request's first key with its account and Region, and count the others."""
    first = min(asked.changes, key=lambda change: change.key_name)
    return f"{names(asked)} – {whereabouts(first)}"


def _tally(done: Request) -> str:
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
