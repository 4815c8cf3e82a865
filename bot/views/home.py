"""The Home tab: how the keys stand, what waits for whoever opens it, and which keys are theirs."""

from collections.abc import Iterator, Mapping, Sequence

from bot.models.exempting import Reach
from bot.models.exemptions import Exemption
from bot.models.home import HomePage, MyKeys, ScanRun, SnoozedKey
from bot.models.messages import Block
from bot.models.scans import ScanState
from bot.models.trail import SYSTEM
from bot.rules.audience import Audience
from bot.rules.progress import not_scanned
from bot.rules.trend import can_be_drawn
from bot.views.form import edit_choice
from bot.views.home_requests import MOST_OTHERS, MOST_OWN, listed, more, to_decide
from bot.views.moments import DAY, moment
from bot.views.names import (
    COMMAND,
    HOME_DIGEST,
    HOME_PREVIEW,
    HOME_SCAN,
    WAKE,
    action_id,
)
from bot.views.parts import Element, actions, button, confirm, context, divider, header, note
from bot.views.posture import status
from bot.views.rich import Inline, bold, bullets, rich, user
from bot.views.rows import key_row
from bot.views.sentences import said
from bot.views.trend import trend_blocks
from bot.views.words import counted, cut

MOST_LAPSING = 5
TITLE = "KMS key rotation"
ON_ITS_WAY = "Looking up what waits for you …"
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
        to_decide(page.requests, links, covers or {}),
        listed("You asked for", page.requests.own, MOST_OWN, links),
        _mine(page),
        listed("Other open requests", page.requests.others, MOST_OTHERS, links),
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
        yield from (header(TITLE), said(not_scanned(page.running)))
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


def _mine(page: HomePage) -> Iterator[Block]:
    mine: MyKeys = page.mine
    if page.posture is None and not (mine.total or mine.snoozed):
        return
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
    yield from more(len(exemptions) - MOST_LAPSING, f"{COMMAND} exemptions")


def _end(exemption: Exemption) -> list[Inline]:
    return [f"{cut(exemption.name, 200)}: ", moment(exemption.until)]


def _runs(runs: Sequence[ScanRun]) -> Iterator[Block]:
    if runs:
        yield divider()
        yield rich(bold("The last scans"))
        yield bullets(*map(_run, runs))


def _run(run: ScanRun) -> list[Inline]:
    scan = run.scan
    who: list[Inline] = ["by itself"] if scan.started_by in {SYSTEM, ""} else ["by ", _starter(scan.started_by)]
    took = "" if scan.finished_at is None else f", {_length((scan.finished_at - scan.started_at).total_seconds())}"
    what = f" of {cut(scan.scope, 100)}" if scan.scope else ""
    stopped = ", stopped before its end" if scan.state is ScanState.INTERRUPTED else ""
    keys = "" if run.keys is None else f": {counted(run.keys, 'key')}"
    return [moment(scan.started_at), what, " ", *who, took, stopped, keys, _missing(run)]


def _starter(name: str) -> Inline:
    """A person, or somebody at a terminal: Slack knows no `terminal:root`."""
    return user(name) if name[:1] in {"U", "W"} else cut(name, 60)


def _missing(run: ScanRun) -> str:
    if run.unread_targets is None:
        return "; what it could not read is not kept any more"
    unread = [
        counted(run.unread_keys, "key") if run.unread_keys else "",
        counted(run.unread_targets, "account or Region", "accounts or Regions") if run.unread_targets else "",
    ]
    gaps = " and ".join(filter(None, unread))
    return f"; {gaps} could not be read" if gaps else ""


def _length(seconds: float) -> str:
    if seconds < 1:
        return "less than a second"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
