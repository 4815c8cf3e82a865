"""Requests on the Home tab: those that wait for whoever opens it, with their buttons, and the others."""

from collections.abc import Iterator, Mapping, Sequence

from bot.models.exempting import Reach
from bot.models.home import MyRequests
from bot.models.messages import Block
from bot.models.requests import Change, Request, RequestState
from bot.views.excuse import reach, terms
from bot.views.kinds import WORDS, term
from bot.views.moments import date
from bot.views.names import APPROVE, COMMAND, DENY, SHOW_KEYS, action_id
from bot.views.naming import keys_in_words, whereabouts
from bot.views.parts import Element, actions, button, confirm, context, divider, mrkdwn, note
from bot.views.rich import Inline, bold, rich, user
from bot.views.rows import fate
from bot.views.words import counted, cut

MOST_TO_DECIDE, MOST_OWN, MOST_OTHERS = 5, 4, 5
NOTHING_WAITS = "Nothing waits for you."


def to_decide(mine: MyRequests, links: Mapping[str, str], covers: Mapping[str, Reach]) -> Iterator[Block]:
    """What waits for them, each request with all that is to be known before it is approved."""
    yield divider()
    if mine.doubt:
        yield rich(bold("Waiting for you"))
        yield rich(f"{mine.doubt}, so it is not known what you may approve. Open this tab again in a minute.")
        return
    if not mine.to_decide:
        yield rich(NOTHING_WAITS)
        return
    yield rich(bold(f"Waiting for you: {counted(len(mine.to_decide), 'request')}"))
    for request in mine.to_decide[:MOST_TO_DECIDE]:
        where = f" – {whereabouts(request.changes[0])}"
        reaches = [[reach(covers[request.id])]] if request.id in covers else []
        yield rich([bold(_name(request)), where], _asked(request), *_what(request.changes[0]), *reaches)
        yield context(mrkdwn(f"Expires {date(request.expires_at)}.{_link(request, links)}"))
        yield actions(*_decisions(request))
    yield from more(len(mine.to_decide) - MOST_TO_DECIDE)


def _what(change: Change) -> list[list[Inline]]:
    """How often it is to rotate, or until when and by whom the keys are to be exempt."""
    first, *rest = term(change)
    return [[str(first).capitalize(), *rest, "."], *([] if change.exemption is None else terms(change.exemption))]


def _asked(request: Request) -> list[Inline]:
    words = WORDS[request.kind].asks.format(keys_in_words(request))
    reason = f" “{cut(request.reason, 300)}”" if request.reason else ""
    so_far = f" {counted(len(request.approvers), 'approval')} so far." if request.approvers else ""
    return [user(request.requester), f"{words}{reason}{so_far}"]


def _decisions(request: Request) -> Iterator[Element]:
    keys = "the key" if len(request.changes) == 1 else "the keys"
    keys = keys if request.changes[0].is_one_key else keys_in_words(request)
    words, name = WORDS[request.kind], _name(request)
    sure = confirm(words.question, words.sure.format(keys), "Approve", "Not now")
    yield button(
        "Approve", action_id(APPROVE, request.id), request.id, style="primary", confirm=sure, spoken=f"Approve {name}"
    )
    yield button("Deny", action_id(DENY, request.id), request.id, spoken=f"Deny {name}")
    if len(request.changes) > 1:
        shown = f"Show all {len(request.changes)}"
        yield button(shown, action_id(SHOW_KEYS, request.id), request.id, spoken=f"{shown} keys of the request")


def listed(title: str, requests: Sequence[Request], most: int, links: Mapping[str, str]) -> Iterator[Block]:
    """Requests that wait for somebody else, each with what became of it so far."""
    if not requests:
        return
    yield rich(bold(title))
    for request in requests[:most]:
        first = request.changes[0]
        expires = f" Expires {date(request.expires_at)}." if request.state is RequestState.PENDING else ""
        yield rich([bold(_name(request)), f" – {whereabouts(first)}"])
        yield context(mrkdwn(f"{fate(request, first)}{expires}{_link(request, links)}"))
    yield from more(len(requests) - most)


def _name(request: Request) -> str:
    others = len(request.changes) - 1
    beside = f" and {counted(others, 'more key')}" if others else ""
    return f"{cut(request.changes[0].key_name, 200)}{beside}"


def _link(request: Request, links: Mapping[str, str]) -> str:
    return f" <{links[request.id]}|Go to the request>" if request.id in links else ""


def more(number: int, where: str = f"{COMMAND} requests") -> Iterator[Block]:
    """Say that there are more than are shown, and where."""
    if number > 0:
        yield context(note(f"… and {number:,} more: {where}."))
