"""The Home tab: how the keys stand, what waits for whoever opens it, and which keys are theirs."""

from collections.abc import Iterator, Mapping, Sequence

from bot.models.exempting import Reach
from bot.models.exemptions import Exemption
from bot.models.home import HomePage, MyKeys, MyRequests, ScanRun, SnoozedKey
from bot.models.messages import Block
from bot.models.requests import Change, Request, RequestState
from bot.models.scans import ScanState
from bot.models.trail import SYSTEM
from bot.rules.audience import Audience
from bot.rules.trend import can_be_drawn
from bot.views.excuse import reach, terms
from bot.views.form import edit_choice
from bot.views.kinds import WORDS, keys_in_words, term, whereabouts
from bot.views.names import (
    APPROVE,
    COMMAND,
    DENY,
    HOME_DIGEST,
    HOME_PREVIEW,
    HOME_SCAN,
    SHOW_KEYS,
    WAKE,
    action_id,
)
from bot.views.parts import (
    DAY,
    Element,
    Inline,
    actions,
    bold,
    bullets,
    button,
    confirm,
    context,
    counted,
    cut,
    date,
    divider,
    header,
    moment,
    mrkdwn,
    note,
    rich,
    said,
    user,
)
from bot.views.posture import status
from bot.views.rows import fate, key_row
from bot.views.trend import trend_blocks

MOST_TO_DECIDE, MOST_OWN, MOST_OTHERS = 5, 4, 5
MOST_LAPSING = 5
TITLE = "KMS key rotation"
NOT_SCANNED = "Nothing has been scanned yet. The first scan comes by itself."
ON_ITS_WAY = "Looking up what waits for you …"
NOTHING_WAITS = "Nothing waits for you."
NONE_OF_YOURS = "No open key is known to be yours."


def home(
    page: HomePage,
    links: Mapping[str, str],
    audiences: Sequence[Audience] = (),
    covers: Mapping[str, Reach] | None = None,
) -> Element:
    """`links` are the addresses of the requests' messages by request id, `audiences` the digests that can be edited.

    `covers` is what the pattern of a request for an exemption covers as of the last scan, by request id.
    """
    if not page.is_whole:
        return refused(ON_ITS_WAY)
    parts = (
        _posture(page),
        _buttons(page, audiences),
        _to_decide(page.requests, links, covers or {}),
        _listed("You asked for", page.requests.own, MOST_OWN, links),
        _mine(page),
        _listed("Other open requests", page.requests.others, MOST_OTHERS, links),
        _lapsing(page.lapsing),
        _runs(page.runs),
    )
    foot = context(note(f"{COMMAND} help says what else there is."))
    return {"type": "home", "blocks": [*(block for part in parts for block in part), foot]}


def refused(sentence: str) -> Element:
    """What somebody sees who is shown nothing, and why."""
    return {"type": "home", "blocks": [header(TITLE), said(sentence)]}


def _posture(page: HomePage) -> Iterator[Block]:
    if page.posture is None:
        yield from (header(TITLE), said(NOT_SCANNED))
    else:
        yield from status(page.posture, page.now).blocks
        if page.trend is not None and can_be_drawn(page.trend):
            yield from trend_blocks(page.trend)
    if page.hidden_accounts:
        yield context(note(f"Keys of {counted(page.hidden_accounts, 'account')} are not shown to you."))


def _buttons(page: HomePage, audiences: Sequence[Audience]) -> Iterator[Block]:
    """What those who may approve something may set off."""
    if not page.may_operate:
        return
    sure = confirm("Send the digest now?", "It is posted for everybody in its channel to read.", "Send it", "Not now")
    buttons = [
        button("Scan now", HOME_SCAN, "now"),
        button("Digest now", HOME_DIGEST, "now", confirm=sure),
        button("Preview digest", HOME_PREVIEW, "now"),
    ]
    if audiences:
        buttons.append(edit_choice(audiences))
    yield actions(*buttons)


def _to_decide(mine: MyRequests, links: Mapping[str, str], covers: Mapping[str, Reach]) -> Iterator[Block]:
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
    yield from _more(len(mine.to_decide) - MOST_TO_DECIDE)


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


def _listed(title: str, requests: Sequence[Request], most: int, links: Mapping[str, str]) -> Iterator[Block]:
    if not requests:
        return
    yield rich(bold(title))
    for request in requests[:most]:
        first = request.changes[0]
        expires = f" Expires {date(request.expires_at)}." if request.state is RequestState.PENDING else ""
        yield rich([bold(_name(request)), f" – {whereabouts(first)}"])
        yield context(mrkdwn(f"{fate(request, first)}{expires}{_link(request, links)}"))
    yield from _more(len(requests) - most)


def _mine(page: HomePage) -> Iterator[Block]:
    mine: MyKeys = page.mine
    yield divider()
    if not mine.total:
        yield rich(NONE_OF_YOURS)
    else:
        yield rich(bold(f"Yours: {counted(mine.total, 'open key')}"))
    for key in mine.keys:
        yield from key_row(key, mine.requests.get(key.arn), page.now)
    if mine.total > len(mine.keys):
        yield context(note(f"… and {mine.total - len(mine.keys):,} more: {COMMAND} list."))
    for each in mine.snoozed:
        yield from _asleep(each)


def _asleep(key: SnoozedKey) -> Iterator[Block]:
    yield rich(
        ["💤 ", bold(cut(key.name, 200)), f" – {cut(key.account_name, 60)} · {key.region}"],
        ["Snoozed for you until ", moment(key.until, DAY)],
    )
    yield actions(button("Wake", action_id(WAKE, key.handle), f"me:{key.handle}", spoken=f"Wake {cut(key.name, 60)}"))


def _lapsing(exemptions: Sequence[Exemption]) -> Iterator[Block]:
    if not exemptions:
        return
    yield rich(bold("Exemptions that end within a week"))
    yield bullets(*map(_end, exemptions[:MOST_LAPSING]))
    yield from _more(len(exemptions) - MOST_LAPSING, f"{COMMAND} exemptions")


def _end(exemption: Exemption) -> list[Inline]:
    return [f"{cut(exemption.name, 200)}: ", moment(exemption.until)]


def _runs(runs: Sequence[ScanRun]) -> Iterator[Block]:
    if runs:
        yield divider()
        yield rich(bold("The last scans"))
        yield bullets(*map(_run, runs))


def _run(run: ScanRun) -> list[Inline]:
    scan = run.scan
    who: list[Inline] = ["by itself"] if scan.started_by in {SYSTEM, ""} else ["by ", user(scan.started_by)]
    took = "" if scan.finished_at is None else f", {_length((scan.finished_at - scan.started_at).total_seconds())}"
    what = f" of {cut(scan.scope, 100)}" if scan.scope else ""
    stopped = ", stopped before its end" if scan.state is ScanState.INTERRUPTED else ""
    keys = "" if run.keys is None else f": {counted(run.keys, 'key')}"
    unread = [
        counted(run.unread_keys, "key") if run.unread_keys else "",
        counted(run.unread_targets, "account or Region", "accounts or Regions") if run.unread_targets else "",
    ]
    gaps = " and ".join(filter(None, unread))
    missing = f"; {gaps} could not be read" if gaps else ""
    return [moment(scan.started_at), what, " ", *who, took, stopped, keys, missing]


def _length(seconds: float) -> str:
    if seconds < 1:
        return "less than a second"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _name(request: Request) -> str:
    others = len(request.changes) - 1
    more = f" and {counted(others, 'more key')}" if others else ""
    return f"{cut(request.changes[0].key_name, 200)}{more}"


def _link(request: Request, links: Mapping[str, str]) -> str:
    return f" <{links[request.id]}|Go to the request>" if request.id in links else ""


def _more(number: int, where: str = f"{COMMAND} requests") -> Iterator[Block]:
    if number > 0:
        yield context(note(f"… and {number:,} more: {where}."))
