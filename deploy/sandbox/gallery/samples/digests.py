"""Digests: the message, the pages of its thread, the file."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from bot.models.affairs import Affairs, EndingExemption, Mended, Waiting
from bot.models.anchor import Anchor
from bot.models.digests import Delta, DeltaKind, Digest, DigestContent, DigestForm, OpenKey
from bot.models.exemptions import ExemptionState
from bot.models.requests import Basis, ChangeKind
from bot.models.scans import Summary
from bot.rules.digest import MOST_AFFAIRS, MOST_NAMES
from bot.views.digest import digest, digest_file, digest_page
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.things import (
    CHANNEL,
    LAKE,
    NOW,
    PLAIN,
    STRANGE_WORDS,
    SUMMARY,
    arn_of,
    closed,
    dark,
    every_request,
    later,
    lost,
    open_key,
    open_keys,
    partly,
    unread,
)

ALL_WELL = Summary(compliant=38, not_applicable=20)
BEFORE = Summary(compliant=14, non_compliant=24, not_applicable=20, insufficient_data=1)
CHANNEL_MESSAGE = Surface.CHANNEL
YESTERDAY = date(2026, 3, 1)
OLD = later(days=-41)


def digests() -> Iterator[Sample]:
    yield from _firsts()
    yield from _comparisons()
    yield from _standings()
    yield from _affairs()
    yield from _quiet_days()
    yield from _wells()
    yield from _gaps()
    yield from _parts()
    yield from _rows()
    yield from _threads()


def _of(summary: Summary = SUMMARY, *keys: OpenKey, **changes: object) -> Digest:
    plain = DigestContent(
        as_of=later(minutes=-20),
        summary=summary,
        previous_summary=None,
        delta=None,
        top=keys,
        open_total=summary.non_compliant,
        coverage_failures=(),
        unread_keys=(),
        unread_total=0,
        anchor=Anchor(1234, "9f86d081884c7d65" * 4),
        made_on=NOW.date(),
    )
    content = replace(plain, **changes)  # type: ignore[arg-type]  # any field
    if content.delta is not None:
        elsewhere = Affairs(fixed_elsewhere=content.delta.fixed[:MOST_NAMES], oldest=OLD)
        beside = elsewhere if "affairs" not in changes else content.affairs
        content = replace(content, before_on=content.before_on or YESTERDAY, affairs=beside)
    return Digest("d1", "default", CHANNEL, NOW, content)


def _firsts() -> Iterator[Sample]:
    ten = (
        open_key(managed_by="Terraform"),
        *(open_key(PLAIN, number) for number in range(2, 9)),
        open_key(PLAIN, 9, account=LAKE, owner=None),
        open_key(PLAIN, 10, aliases=()),
    )
    first = _of(SUMMARY, *ten, coverage_failures=(dark(), partly(), closed()), unread_total=1)
    yield shown("first", CHANNEL_MESSAGE, "The first digest; 22 keys open, gaps").by(digest, first, {})
    one = _of(Summary(compliant=37, non_compliant=1), open_key())
    yield shown("first, one key", CHANNEL_MESSAGE, "The first digest; one key open").by(digest, one, {})
    older = _of(Summary(compliant=37, non_compliant=1), open_key(), anchor=None)
    yield shown("without an anchor", CHANNEL_MESSAGE, "Made by a version that kept none").by(digest, older, {})


def _comparisons() -> Iterator[Sample]:
    def names(kind: str, count: int) -> tuple[str, ...]:
        return tuple(f"payments/{kind}-{number}" for number in range(1, count + 1))

    keys = (*(open_key(PLAIN, number, OLD) for number in range(2, 6)), _news(open_key(PLAIN, 1), DeltaKind.NEW))
    everything = Delta(
        names("new", 1), names("again", 2), names("fixed", 7), names("open", 19), names("gone", 1), ("a",)
    )
    changed = _of(SUMMARY, *keys, previous_summary=BEFORE, delta=everything)
    yield shown("everything changed", CHANNEL_MESSAGE, "New, again, fixed, gone, unread keys; up").by(
        digest, changed, {}
    )
    worse = _of(BEFORE, *keys, previous_summary=SUMMARY, delta=Delta(new=names("new", 2), still_open=names("open", 22)))
    yield shown("worse", CHANNEL_MESSAGE, "The percentage fell").by(digest, worse, {})
    same = _of(SUMMARY, *keys[:4], previous_summary=SUMMARY, delta=Delta(still_open=names("open", 22)))
    yield shown("as before", CHANNEL_MESSAGE, "Open keys, and nothing has changed").by(digest, same, {})
    empty = _of(SUMMARY, *keys[:4], previous_summary=Summary(), delta=None)
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
        digest, _of(now, *rows, previous_summary=then, delta=better), {}
    )
    worse = Delta(new=("payments/card-vault-2",), regressed=("payments/card-vault-4",), still_open=("a",) * 2)
    friday = date(2026, 2, 27)
    yield shown("worse than on Friday", CHANNEL_MESSAGE, "New and open again; the digest before was days ago").by(
        digest, _of(now, *rows, previous_summary=Summary(32, 2), delta=worse, before_on=friday), {}
    )
    mixed = Delta(new=("payments/card-vault-2",), fixed=("web/sessions",), still_open=("a",) * 3)
    yield shown("neither better nor worse", CHANNEL_MESSAGE, "As many new as fixed").by(
        digest, _of(now, *rows, previous_summary=now, delta=mixed), {}
    )
    unsure = _of(now, *rows, previous_summary=then, delta=better, coverage_failures=(closed(),))
    yield shown("better, perhaps", CHANNEL_MESSAGE, "More fixed than new, but not everything was read").by(
        digest, unsure, {}
    )
    stale = _of(now, *rows[:1], previous_summary=now, delta=Delta(still_open=("a",) * 4), is_newer=False)
    yield shown("no newer scan", CHANNEL_MESSAGE, "No scan has ended since the digest before").by(digest, stale, {})
    asked = {vault.arn: replace(every_request()["waiting"], id="r7")}
    waits = Affairs(fixed_elsewhere=("web/sessions",), waiting=(_waiting(7, 1),), waiting_total=1, oldest=OLD)
    yield shown("all asked for", CHANNEL_MESSAGE, "Nothing to do but to decide").by(
        digest, _of(Summary(30, 1), vault, previous_summary=then, delta=Delta(fixed=("a",)), affairs=waits), asked
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
    told = _of(SUMMARY, *open_keys(3, since=OLD), previous_summary=BEFORE, delta=delta, affairs=_beside())
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
        digest, _of(Summary(37, 1), open_key(since=OLD), previous_summary=BEFORE, delta=few, affairs=one), {}
    )
    words = STRANGE_WORDS["very long"]
    names = tuple(words.alias for _ in range(MOST_NAMES))
    longest = _of(
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
        return _of(summary, previous_summary=summary, delta=delta, form=form, **changes)

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


def _wells() -> Iterator[Sample]:
    well = _of(ALL_WELL, previous_summary=ALL_WELL, delta=Delta())
    yield shown("all well", CHANNEL_MESSAGE, "Every key rotates, as before").by(digest, well, {})
    fixed = _of(ALL_WELL, previous_summary=SUMMARY, delta=Delta(fixed=("payments/card-vault",)))
    yield shown("the last one fixed", CHANNEL_MESSAGE, "Every key rotates now").by(digest, fixed, {})
    exempt = _of(Summary(compliant=30, exempt=8), previous_summary=ALL_WELL, delta=Delta())
    yield shown("all well but for exempt keys", CHANNEL_MESSAGE, "Exempt keys beside it").by(digest, exempt, {})
    only = _of(Summary(exempt=8), previous_summary=None, delta=None)
    yield shown("all exempt", CHANNEL_MESSAGE, "No key to judge but exempt ones").by(digest, only, {})
    yield shown("no key", CHANNEL_MESSAGE, "An organisation without keys that could rotate").by(
        digest, _of(Summary(not_applicable=3)), {}
    )


def _gaps() -> Iterator[Sample]:
    dark_ones = _of(
        Summary(compliant=16, insufficient_data=9),
        coverage_failures=(closed(),),
        unread_keys=tuple(unread(PLAIN, number) for number in range(1, 6)),
        unread_total=9,
        previous_summary=SUMMARY,
        delta=Delta(unread=("lake/raw", "lake/pii-vault")),
    )
    yield shown("nothing open, but gaps", CHANNEL_MESSAGE, "No open key found, not everything read").by(
        digest, dark_ones, {}
    )
    many = _of(
        SUMMARY, *open_keys(3), coverage_failures=tuple(dark(LAKE, f"xx-test-{number}") for number in range(1, 51))
    )
    yield shown("many gaps", CHANNEL_MESSAGE, "Fifty Regions could not be read").by(digest, many, {})
    nothing = _of(Summary(), coverage_failures=(lost(),))
    yield shown("nothing read", CHANNEL_MESSAGE, "The accounts could not be listed").by(digest, nothing, {})


def _parts() -> Iterator[Sample]:
    team = _of(Summary(non_compliant=2), *open_keys(2), scope="team=payments", delta=None)
    yield shown("of a team", CHANNEL_MESSAGE, "A route for a team: no percentage").by(digest, team, {})
    well = _of(Summary(), scope="team=payments", delta=Delta(fixed=("payments/card-vault",)))
    yield shown("of a team, all well", CHANNEL_MESSAGE, "A team without open keys").by(digest, well, {})
    accounts = _of(Summary(9, 2), *open_keys(2), scope="account=prod-*")
    yield shown("of some accounts", CHANNEL_MESSAGE, "A route for accounts").by(digest, accounts, {})
    for kind, words in STRANGE_WORDS.items():
        names = tuple(words.alias for _ in range(9))
        strange = _of(
            Summary(7, 10),
            *open_keys(10, words),
            scope=words.scope,
            previous_summary=SUMMARY,
            delta=Delta(names, names, names, names, names, names),
            coverage_failures=(closed(replace(LAKE, name=words.account)),),
            unread_keys=(unread(words),),
            unread_total=1,
        )
        yield shown(f"{kind} words", CHANNEL_MESSAGE, f"Names of others: {kind}").by(digest, strange, {})


def _rows() -> Iterator[Sample]:
    states = every_request()
    keys = tuple(open_key(PLAIN, number, later(days=-3)) for number in range(1, len(states) + 1))
    by_arn = {}
    for number, (key, asked) in enumerate(zip(keys, states.values(), strict=True), 1):
        changes = tuple(replace(each, arn=arn_of(number)) for each in asked.changes)
        by_arn[key.arn] = replace(asked, changes=changes)
    after = _of(SUMMARY, *keys, previous_summary=SUMMARY, delta=Delta(still_open=("a",) * 22))
    yield shown("rows with requests", CHANNEL_MESSAGE, "A row for every state of a request").by(digest, after, by_arn)
    crowd = replace(states["done"], decisions=states["done"].decisions * 30)
    one = _of(Summary(37, 1), keys[0], delta=Delta(still_open=("a",)))
    yield shown("a row that thirty approved", CHANNEL_MESSAGE, "More approvers than can be named", crowd.state).by(
        digest, one, {keys[0].arn: crowd}
    )


def _threads() -> Iterator[Sample]:
    keys = open_keys(75)
    pages = _of(Summary(38, 85), *open_keys(10), rest=(keys[:60], keys[60:]), open_total=85)
    yield shown("with a thread", CHANNEL_MESSAGE, "Ten keys here, 75 in the thread").by(digest, pages, {})
    yield shown("thread, first page", Surface.THREAD, "Sixty keys").by(digest_page, pages, 0)
    yield shown("thread, last page", Surface.THREAD, "Fifteen keys").by(digest_page, pages, 1)
    single = _of(Summary(38, 11), *open_keys(10), rest=(keys[10:11],))
    yield shown("thread, one key", Surface.THREAD, "One key").by(digest_page, single, 0)
    many = _of(Summary(10_000, 20_000), *open_keys(10), rest_is_file=True)
    yield shown("with a file", CHANNEL_MESSAGE, "Too many keys for a thread").by(digest, many, {})
    yield shown("thread, the file", Surface.FILE, "All open keys").by(
        digest_file, many, "arn,name,account\narn:aws:kms:…,payments/card-vault,111111111111\n"
    )
    for kind, words in STRANGE_WORDS.items():
        strange = _of(Summary(38, 60), rest=(open_keys(9, words),), open_total=9)
        yield shown(f"thread, {kind} words", Surface.THREAD, f"Names of others: {kind}").by(digest_page, strange, 0)
