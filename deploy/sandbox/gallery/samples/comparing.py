"""Digests that compare with the one before: better or worse, what came beside the keys, and days without news."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from bot.models.affairs import Affairs, EndingExemption, Mended, Waiting
from bot.models.digests import Delta, DeltaKind, Digest, DigestForm, OpenKey
from bot.models.exemptions import ExemptionState
from bot.models.requests import Basis, ChangeKind
from bot.models.scans import Summary
from bot.rules.digest import MOST_AFFAIRS, MOST_NAMES
from bot.views.digest import digest
from deploy.sandbox.gallery.asked import every_request
from deploy.sandbox.gallery.digests import ALL_WELL, BEFORE, OLD, digest_of
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.things import (
    LAKE,
    PLAIN,
    STRANGE_WORDS,
    SUMMARY,
    closed,
    dark,
    later,
    open_key,
    open_keys,
    unread,
)

CHANNEL_MESSAGE = Surface.CHANNEL


def compared() -> Iterator[Sample]:
    yield from _comparisons()
    yield from _standings()
    yield from _affairs()
    yield from _quiet_days()


def _comparisons() -> Iterator[Sample]:
    def names(kind: str, count: int) -> tuple[str, ...]:
        return tuple(f"payments/{kind}-{number}" for number in range(1, count + 1))

    keys = (*(open_key(PLAIN, number, OLD) for number in range(2, 6)), _news(open_key(PLAIN, 1), DeltaKind.NEW))
    everything = Delta(
        names("new", 1), names("again", 2), names("fixed", 7), names("open", 19), names("gone", 1), ("a",)
    )
    changed = digest_of(SUMMARY, *keys, previous_summary=BEFORE, delta=everything)
    yield shown("everything changed", CHANNEL_MESSAGE, "New, again, fixed, gone, unread keys; up").by(
        digest, changed, {}
    )
    worse = digest_of(
        BEFORE, *keys, previous_summary=SUMMARY, delta=Delta(new=names("new", 2), still_open=names("open", 22))
    )
    yield shown("worse", CHANNEL_MESSAGE, "The percentage fell").by(digest, worse, {})
    same = digest_of(SUMMARY, *keys[:4], previous_summary=SUMMARY, delta=Delta(still_open=names("open", 22)))
    yield shown("as before", CHANNEL_MESSAGE, "Open keys, and nothing has changed").by(digest, same, {})
    empty = digest_of(SUMMARY, *keys[:4], previous_summary=Summary(), delta=None)
    yield shown("after one about no key", CHANNEL_MESSAGE, "The digest before knew no key").by(digest, empty, {})


def _news(key: OpenKey, kind: DeltaKind) -> OpenKey:
    return replace(key, news=kind)


def _standings() -> Iterator[Sample]:
    """Better, worse, neither, unsure: the first line, and what to do first."""
    vault = open_key(replace(PLAIN, alias="payments/card-vault"), 1, later(days=-40), is_production=True)
    rows = (
        vault,
        _news(open_key(PLAIN, 2, is_production=True), DeltaKind.NEW),
        open_key(PLAIN, 3, later(days=-12), owner=None),
        _news(open_key(PLAIN, 4, account=LAKE, managed_by="Terraform"), DeltaKind.REGRESSED),
    )
    now, then = Summary(30, 4), Summary(28, 6)
    better = Delta(
        fixed=("web/sessions", "web/tokens", "lake/raw"), new=("payments/card-vault-2",), still_open=("a",) * 3
    )
    yield shown("better", CHANNEL_MESSAGE, "More fixed than new; production first").by(
        digest, digest_of(now, *rows, previous_summary=then, delta=better), {}
    )
    worse = Delta(new=("payments/card-vault-2",), regressed=("payments/card-vault-4",), still_open=("a",) * 2)
    friday = date(2026, 2, 27)
    yield shown("worse than on Friday", CHANNEL_MESSAGE, "New and open again; the digest before was days ago").by(
        digest, digest_of(now, *rows, previous_summary=Summary(32, 2), delta=worse, before_on=friday), {}
    )
    mixed = Delta(new=("payments/card-vault-2",), fixed=("web/sessions",), still_open=("a",) * 3)
    yield shown("neither better nor worse", CHANNEL_MESSAGE, "As many new as fixed").by(
        digest, digest_of(now, *rows, previous_summary=now, delta=mixed), {}
    )
    unsure = digest_of(now, *rows, previous_summary=then, delta=better, coverage_failures=(closed(),))
    yield shown("better, perhaps", CHANNEL_MESSAGE, "More fixed than new, but not everything was read").by(
        digest, unsure, {}
    )
    stale = digest_of(now, *rows[:1], previous_summary=now, delta=Delta(still_open=("a",) * 4), is_newer=False)
    yield shown("no newer scan", CHANNEL_MESSAGE, "No scan has ended since the digest before").by(digest, stale, {})
    asked = {vault.arn: replace(every_request()["waiting"], id="r7")}
    waits = Affairs(fixed_elsewhere=("web/sessions",), waiting=(_waiting(7, 1),), waiting_total=1, oldest=OLD)
    yield shown("all asked for", CHANNEL_MESSAGE, "Nothing to do but to decide").by(
        digest, digest_of(Summary(30, 1), vault, previous_summary=then, delta=Delta(fixed=("a",)), affairs=waits), asked
    )


def _waiting(number: int, keys: int, kind: ChangeKind = ChangeKind.ENABLE_ROTATION) -> Waiting:
    names = tuple(f"payments/card-vault-{each}" for each in range(number, number + keys))
    return Waiting(f"r{number}", kind, "U0MARA", later(hours=-number), names[:MOST_AFFAIRS], keys)


def _ending(number: int, state: ExemptionState) -> EndingExemption:
    days = number if state is ExemptionState.ACTIVE else -number
    return EndingExemption(f"e{number}", f"legacy/ledger-{number}", state, later(days=days))


def _beside(words: str = "") -> Affairs:
    """Make all that can be told beside the keys, as much of it as is ever shown."""
    people = ("U0JONAS", "U0AIKO")
    names = [words or f"payments/ledger-{number}" for number in range(MOST_NAMES)]
    bases = (Basis.APPROVALS, Basis.PRE_APPROVED, Basis.BREAK_GLASS, Basis.APPROVALS, Basis.APPROVALS)
    kinds = (*ChangeKind, ChangeKind.ENABLE_ROTATION, ChangeKind.ENABLE_ROTATION)
    waiting = [_waiting(number, 2 * number, kind) for number, kind in enumerate(kinds, 1)]
    active = [_ending(number, ExemptionState.ACTIVE) for number in range(1, MOST_AFFAIRS + 1)]
    lapsed, withdrawn = _ending(1, ExemptionState.LAPSED), _ending(2, ExemptionState.WITHDRAWN)
    return Affairs(
        mended=tuple(
            Mended(name, f"r{number}", "U0MARA", people, basis, "U0PRIYA" if basis is Basis.BREAK_GLASS else "")
            for number, (name, basis) in enumerate(zip(names, bases, strict=True))
        ),
        mended_total=9,
        fixed_elsewhere=tuple(names),
        waiting=tuple(replace(each, names=(words,) * 5) if words else each for each in waiting),
        waiting_total=12,
        lapsing=tuple(replace(each, name=words or each.name) for each in active),
        lapsing_total=8,
        ended=(lapsed, withdrawn),
        ended_total=2,
        oldest=OLD,
        snoozed=2,
        snoozed_until=later(days=3),
    )


def _affairs() -> Iterator[Sample]:
    delta = Delta(new=("a",), totals={DeltaKind.NEW: 1, DeltaKind.FIXED: 20, DeltaKind.STILL_OPEN: 21})
    told = digest_of(SUMMARY, *open_keys(3, since=OLD), previous_summary=BEFORE, delta=delta, affairs=_beside())
    yield shown("fixed by whom, waiting, ending", CHANNEL_MESSAGE, "All that is told beside the keys").by(
        digest, told, {}
    )
    one = Affairs(
        mended=(Mended("payments/ledger", "r1", "U0MARA", ("U0JONAS",)),),
        mended_total=1,
        lapsing=(_ending(2, ExemptionState.ACTIVE),),
        lapsing_total=1,
        oldest=OLD,
        snoozed=1,
        snoozed_until=later(days=3),
    )
    few = Delta(fixed=("payments/ledger",), still_open=("a",))
    yield shown("one of each", CHANNEL_MESSAGE, "One key fixed here, one exemption ending, one snoozed").by(
        digest, digest_of(Summary(37, 1), open_key(since=OLD), previous_summary=BEFORE, delta=few, affairs=one), {}
    )
    words = STRANGE_WORDS["very long"]
    names = tuple(words.alias for _ in range(MOST_NAMES))
    longest = digest_of(
        Summary(16_000, 22_000, 20_000, 1_000, 5_000),
        *(replace(each, is_production=True) for each in open_keys(15, words, OLD)),
        scope=words.scope,
        previous_summary=BEFORE,
        delta=Delta(names, names, names, names, names, names, dict.fromkeys(DeltaKind, 4_000)),
        coverage_failures=tuple(dark(LAKE, f"xx-test-{number}") for number in range(1, 51)),
        unread_keys=tuple(unread(words, number) for number in range(1, 6)),
        unread_total=900,
        affairs=_beside(words.alias),
        rest_is_file=True,
    )
    yield shown("everything at its longest", CHANNEL_MESSAGE, "All parts, fifteen keys, very long words").by(
        digest, longest, {}
    )


def _quiet_days() -> Iterator[Sample]:
    def line(summary: Summary, form: DigestForm = DigestForm.LINE, **changes: object) -> Digest:
        delta = Delta(still_open=("a",) * summary.non_compliant)
        return digest_of(summary, previous_summary=summary, delta=delta, form=form, **changes)

    yield shown("quiet, all well", CHANNEL_MESSAGE, "A line on a day without news; nothing is open").by(
        digest, line(ALL_WELL), {}
    )
    yield shown("quiet, open keys", CHANNEL_MESSAGE, "A line on a day without news; keys are open").by(
        digest, line(Summary(590, 12)), {}
    )
    yield shown("quiet, the last line", CHANNEL_MESSAGE, "After it nothing is posted until there is news").by(
        digest, line(Summary(37, 1), DigestForm.LAST_LINE), {}
    )
    yield shown("quiet, gaps as before", CHANNEL_MESSAGE, "What could not be read is what it was").by(
        digest, line(ALL_WELL, coverage_failures=(closed(),)), {}
    )
    yield shown("quiet, of a team", CHANNEL_MESSAGE, "A team's line: no percentage").by(
        digest, line(Summary(0, 2), scope="team=payments"), {}
    )
