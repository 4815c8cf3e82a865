"""What a digest says: every key as it was and as it is, and nothing called fixed that nobody read."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.digests import Baseline
from bot.models.keys import Finding, Reason, Verdict
from bot.models.scans import EVERYWHERE, Coverage, CoverageStatus, Summary
from bot.rules.digest import PAGE_CHARACTERS, PAGE_ROWS, Comparison, in_pages

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=40)
ACCOUNT, REGION = "111111111111", "eu-central-1"
KINDS = ("new", "regressed", "fixed", "still_open", "lapsed", "unread")
EXEMPT = "EXEMPT"
FILLER = "0filler"

OPEN, CLOSED = Baseline(open=True, since=LONG_AGO), Baseline(open=False, since=LONG_AGO)
OPEN_NOW, CLOSED_NOW = Baseline(open=True, since=NOW), Baseline(open=False, since=NOW)


def arn(key: str, region: str = REGION) -> str:
    return f"arn:aws:kms:{region}:{ACCOUNT}:key/{key}"


def finding(key: str, verdict: str, region: str = REGION) -> Finding:
    is_exempt = verdict == EXEMPT
    return Finding(
        arn=arn(key, region),
        account=ACCOUNT,
        account_name="prod",
        region=region,
        aliases=(),
        verdict=Verdict.NON_COMPLIANT if is_exempt else Verdict(verdict),
        reason=Reason.ROTATION_DISABLED,
        message="",
        read_at=NOW,
        exempt_until=NOW + timedelta(days=1) if is_exempt else None,
    )


def compared(previous: dict[str, Baseline], found: list[Finding], coverage: list[Coverage]) -> Comparison:
    """Compare, with one more key that is known and complies, so that there is something to compare with."""
    comparison = Comparison({**previous, arn(FILLER): CLOSED}, NOW)
    for each in [*found, finding(FILLER, Verdict.COMPLIANT)]:
        comparison.add(each)
    comparison.close(coverage)
    return comparison


def told(comparison: Comparison) -> dict[str, tuple[str, ...]]:
    delta = comparison.delta
    assert delta is not None
    return {kind: getattr(delta, kind) for kind in KINDS if getattr(delta, kind)}


def covered(status: CoverageStatus, region: str = REGION, account: str = ACCOUNT) -> Coverage:
    return Coverage(account, account, region, status)


SEEN: dict[tuple[str, Baseline | None], tuple[str | None, Baseline | None]] = {
    (Verdict.NON_COMPLIANT, None): ("new", OPEN_NOW),
    (Verdict.NON_COMPLIANT, OPEN): ("still_open", OPEN),
    (Verdict.NON_COMPLIANT, CLOSED): ("regressed", OPEN_NOW),
    (Verdict.COMPLIANT, None): (None, CLOSED_NOW),
    (Verdict.COMPLIANT, OPEN): ("fixed", CLOSED_NOW),
    (Verdict.COMPLIANT, CLOSED): (None, CLOSED),
    (Verdict.NOT_APPLICABLE, None): (None, None),
    (Verdict.NOT_APPLICABLE, OPEN): ("lapsed", CLOSED_NOW),
    (Verdict.NOT_APPLICABLE, CLOSED): (None, CLOSED),
    (EXEMPT, None): (None, None),
    (EXEMPT, OPEN): ("lapsed", CLOSED_NOW),
    (EXEMPT, CLOSED): (None, CLOSED),
    (Verdict.INSUFFICIENT_DATA, None): (None, None),
    (Verdict.INSUFFICIENT_DATA, OPEN): ("unread", OPEN),
    (Verdict.INSUFFICIENT_DATA, CLOSED): (None, CLOSED),
}
"""Verdict and what the digest before said: what this one says, and what the next one will compare with."""

COVERAGES = {
    "scanned": ([covered(CoverageStatus.SCANNED)], False),
    "read in part": ([covered(CoverageStatus.PARTIAL)], False),
    "not scanned any more": ([], False),
    "failed": ([covered(CoverageStatus.FAILED)], True),
    "account failed": ([covered(CoverageStatus.FAILED, EVERYWHERE)], True),
    "organisation failed": ([covered(CoverageStatus.FAILED, EVERYWHERE, EVERYWHERE)], True),
    "another Region failed": ([covered(CoverageStatus.SCANNED), covered(CoverageStatus.FAILED, "us-east-1")], False),
    "another account failed": (
        [covered(CoverageStatus.SCANNED), covered(CoverageStatus.FAILED, EVERYWHERE, "222222222222")],
        False,
    ),
}
"""What was covered, and whether that leaves the key's own place dark."""


@pytest.mark.parametrize("coverage", COVERAGES)
@pytest.mark.parametrize(("now", "before"), SEEN)
def test_a_key_that_the_scan_found(now: str, before: Baseline | None, coverage: str) -> None:
    previous = {} if before is None else {arn("k"): before}
    comparison = compared(previous, [finding("k", now)], COVERAGES[coverage][0])
    kind, kept = SEEN[now, before]
    assert told(comparison) == ({} if kind is None else {kind: ("k",)})
    assert comparison.baseline.get(arn("k")) == kept


@pytest.mark.parametrize("coverage", COVERAGES)
@pytest.mark.parametrize("before", [OPEN, CLOSED], ids=["open", "closed"])
def test_a_key_that_the_scan_did_not_find(before: Baseline, coverage: str) -> None:
    targets, is_dark = COVERAGES[coverage]
    comparison = compared({arn("k"): before}, [], targets)
    expected = {("unread" if is_dark else "lapsed"): ("k",)} if before.open else {}
    assert told(comparison) == expected
    assert comparison.baseline.get(arn("k")) == (before if is_dark else None)


def test_all_verdicts_and_pasts_are_in_the_table() -> None:
    assert set(SEEN) == set(product([*Verdict, EXEMPT], [None, OPEN, CLOSED]))


@pytest.mark.parametrize(("now", "before"), SEEN)
def test_a_key_that_was_repaired_and_is_open_is_open_again(now: str, before: Baseline | None) -> None:
    comparison = Comparison(
        {arn(FILLER): CLOSED} | ({} if before is None else {arn("k"): before}), NOW, frozenset({arn("k")})
    )
    comparison.add(finding("k", now))
    expected = SEEN[now, before]
    if (now, before) == (Verdict.NON_COMPLIANT, OPEN):
        expected = ("regressed", OPEN_NOW)
    assert told(comparison) == ({} if expected[0] is None else {expected[0]: ("k",)})
    assert comparison.baseline.get(arn("k")) == expected[1]


def test_the_first_digest_compares_with_nothing() -> None:
    comparison = Comparison({}, NOW)
    comparison.add(finding("k", Verdict.NON_COMPLIANT))
    comparison.close([])
    assert comparison.delta is None
    assert comparison.baseline == {arn("k"): OPEN_NOW}


def test_a_key_that_was_disabled_for_a_while_is_open_again_and_not_new() -> None:
    lapsed = compared({arn("k"): OPEN}, [finding("k", Verdict.NOT_APPLICABLE)], []).baseline
    assert told(compared(lapsed, [finding("k", Verdict.NON_COMPLIANT)], [])) == {"regressed": ("k",)}


def test_an_unread_key_stays_open_since_the_same_day_until_somebody_reads_it() -> None:
    baseline = {arn("k"): OPEN}
    for verdict in [Verdict.INSUFFICIENT_DATA, Verdict.INSUFFICIENT_DATA, Verdict.NON_COMPLIANT]:
        comparison = compared(baseline, [finding("k", verdict)], [])
        baseline = comparison.baseline
        assert baseline[arn("k")].since == LONG_AGO
    assert comparison.since[arn("k")] == LONG_AGO


def test_new_and_reopened_keys_come_first_then_the_longest_open() -> None:
    previous = {
        arn("older"): Baseline(open=True, since=LONG_AGO),
        arn("old"): Baseline(open=True, since=LONG_AGO + timedelta(days=1)),
        arn("again"): CLOSED,
    }
    found = [finding(key, Verdict.NON_COMPLIANT) for key in ("old", "older", "new", "again")]
    assert [each.key_id for each in compared(previous, found, []).in_order()] == ["again", "new", "older", "old"]


@dataclass(frozen=True)
class Past:
    """One key: what was said of it, what is found, whether its Region could be read."""

    before: Baseline | None
    now: str | None
    region: str


keys = st.builds(
    Past,
    st.sampled_from([None, OPEN, CLOSED]),
    st.sampled_from([None, *Verdict, EXEMPT]),
    st.sampled_from(["eu-bright-1", "eu-dark-1"]),
)


@given(st.lists(keys, max_size=30))
def test_counts_add_up_and_nothing_is_lost(pasts: list[Past]) -> None:
    named = {f"k{number}": past for number, past in enumerate(pasts)}
    previous = {arn(name, past.region): past.before for name, past in named.items() if past.before is not None}
    found = [finding(name, past.now, past.region) for name, past in named.items() if past.now is not None]
    comparison = compared(previous, found, [covered(CoverageStatus.FAILED, "eu-dark-1")])
    said = {kind: set(names) for kind, names in told(comparison).items()}
    was_open = {name for name, past in named.items() if past.before == OPEN}
    is_open = {name for name, past in named.items() if past.now == Verdict.NON_COMPLIANT}

    def of(*kinds: str) -> set[str]:
        return set().union(*(said.get(kind, set()) for kind in kinds))

    assert sum(map(len, said.values())) == len(of(*KINDS)), "each key is told once"
    assert of("new", "regressed", "still_open") == is_open
    assert of("still_open", "fixed", "lapsed", "unread") == was_open
    assert {each.key_id for each in comparison.open} == is_open
    assert comparison.summary.non_compliant == len(is_open)
    assert comparison.summary.keys == len(found) + 1
    assert comparison.summary.insufficient_data == len(comparison.unread)
    assert {name for name in named if comparison.baseline.get(arn(name, named[name].region), CLOSED).open} == (
        is_open | of("unread")
    )
    for name in of("fixed"):
        assert named[name].now == Verdict.COMPLIANT
    for name, past in named.items():
        was_unread = past.now == Verdict.INSUFFICIENT_DATA or (past.now is None and past.region == "eu-dark-1")
        if was_unread:
            assert comparison.baseline.get(arn(name, past.region)) == past.before


def test_exempt_keys_are_counted_beside_the_others() -> None:
    verdicts = [*Verdict, EXEMPT, EXEMPT]
    comparison = compared({}, [finding(f"k{number}", each) for number, each in enumerate(verdicts)], [])
    assert comparison.summary == Summary(compliant=2, non_compliant=1, not_applicable=1, insufficient_data=1, exempt=2)


@given(st.lists(st.integers(1, PAGE_CHARACTERS + 500), max_size=400))
def test_pages_hold_every_row_and_no_more_than_fits(lengths: list[int]) -> None:
    pages = in_pages(lengths)
    assert sum(pages) == len(lengths)
    rows = iter(lengths)
    held = [[next(rows) for _ in range(count)] for count in pages]
    for page in held:
        assert 1 <= len(page) <= PAGE_ROWS
        assert sum(page) <= PAGE_CHARACTERS or len(page) == 1
    for page, following in pairwise(held):
        assert len(page) == PAGE_ROWS or sum(page) + following[0] > PAGE_CHARACTERS, "no page ends early"


def test_a_page_is_filled_to_the_last_character() -> None:
    assert in_pages([PAGE_CHARACTERS - 1, 1, 1]) == [2, 1]
    assert in_pages([1] * (PAGE_ROWS + 1)) == [PAGE_ROWS, 1]


def test_no_rows_need_no_page() -> None:
    assert in_pages([]) == []
