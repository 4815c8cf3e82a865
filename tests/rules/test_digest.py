"""What a digest makes of its comparison: better or worse, quiet or not, what first, and how much of it is shown."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.affairs import Affairs
from bot.models.digests import Delta, DeltaKind, DigestContent, DigestForm, Quiet
from bot.models.requests import ChangeKind, ChangeState, Request, RequestState
from bot.models.scans import Coverage, CoverageStatus, Summary
from bot.rules.digest import (
    MOST_PAGES,
    PAGE_CHARACTERS,
    PAGE_ROWS,
    Standing,
    first_to_do,
    form_of,
    in_pages,
    is_quiet,
    rows_shown,
    standing,
    verdict,
)
from tests.store.samples import at, failed, finding, open_key, request_for


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


def test_all_rows_are_shown_that_may_fit_and_else_those_of_the_message_alone() -> None:
    most = 10 + MOST_PAGES * PAGE_ROWS
    assert [rows_shown(10, total) for total in (0, 3, most, most + 1)] == [0, 3, most, 10]
    assert len(in_pages([1] * (most - 10))) == MOST_PAGES


# Better or worse

STANDINGS: Mapping[tuple[int, int, int, int], tuple[Standing, Standing]] = {
    (0, 0, 0, 0): (Standing.SAME, Standing.UNSURE),
    (0, 0, 0, 1): (Standing.EVEN, Standing.UNSURE),
    (0, 0, 1, 0): (Standing.WORSE, Standing.WORSE),
    (0, 0, 1, 1): (Standing.WORSE, Standing.WORSE),
    (0, 1, 0, 0): (Standing.WORSE, Standing.WORSE),
    (0, 1, 0, 1): (Standing.WORSE, Standing.WORSE),
    (0, 1, 1, 0): (Standing.WORSE, Standing.WORSE),
    (0, 1, 1, 1): (Standing.WORSE, Standing.WORSE),
    (1, 0, 0, 0): (Standing.BETTER, Standing.UNSURE),
    (1, 0, 0, 1): (Standing.BETTER, Standing.UNSURE),
    (1, 0, 1, 0): (Standing.EVEN, Standing.UNSURE),
    (1, 0, 1, 1): (Standing.EVEN, Standing.UNSURE),
    (1, 1, 0, 0): (Standing.EVEN, Standing.UNSURE),
    (1, 1, 0, 1): (Standing.EVEN, Standing.UNSURE),
    (1, 1, 1, 0): (Standing.WORSE, Standing.WORSE),
    (1, 1, 1, 1): (Standing.WORSE, Standing.WORSE),
    (2, 1, 0, 0): (Standing.BETTER, Standing.UNSURE),
    (2, 1, 0, 1): (Standing.BETTER, Standing.UNSURE),
    (2, 0, 1, 0): (Standing.BETTER, Standing.UNSURE),
    (2, 0, 1, 1): (Standing.BETTER, Standing.UNSURE),
    (2, 0, 0, 0): (Standing.BETTER, Standing.UNSURE),
    (2, 0, 0, 1): (Standing.BETTER, Standing.UNSURE),
    (2, 1, 1, 0): (Standing.EVEN, Standing.UNSURE),
    (2, 1, 1, 1): (Standing.EVEN, Standing.UNSURE),
}
"""So many fixed, new, open again and no longer counted: how it stands where all was read, and where not."""


def changes(fixed: int, new: int, again: int, lapsed: int) -> Delta:
    kinds = (DeltaKind.FIXED, DeltaKind.NEW, DeltaKind.REGRESSED, DeltaKind.LAPSED)
    return Delta(totals=dict(zip(kinds, (fixed, new, again, lapsed), strict=True)))


def test_every_mixture_of_changes_is_in_the_table() -> None:
    assert set(STANDINGS) == set(product(range(3), range(2), range(2), range(2)))


@pytest.mark.parametrize("counts", STANDINGS)
def test_how_the_keys_stand_beside_the_digest_before(counts: tuple[int, int, int, int]) -> None:
    delta = changes(*counts)
    read, unread = STANDINGS[counts]
    assert verdict(delta, is_first=False, is_read=True) is read
    assert verdict(delta, is_first=False, is_read=False) is unread
    assert verdict(delta, is_first=True, is_read=True) is Standing.FIRST


@pytest.mark.parametrize("is_read", [True, False])
def test_where_there_is_nothing_to_compare_with_nothing_is_better_or_worse(*, is_read: bool) -> None:
    assert verdict(None, is_first=True, is_read=is_read) is Standing.FIRST
    assert verdict(None, is_first=False, is_read=is_read) is Standing.INCOMPARABLE


BETTER = DigestContent(
    as_of=at(0),
    summary=Summary(8, 2),
    previous_summary=Summary(7, 3),
    delta=changes(1, 0, 0, 0),
    top=(),
    open_total=2,
    coverage_failures=(),
    unread_keys=(),
    unread_total=0,
    failures_total=0,
    made_on=date(2026, 3, 2),
    before_on=date(2026, 3, 1),
)
UNREAD: dict[str, dict[str, Any]] = {
    "a target failed": {"coverage_failures": (failed(),), "failures_total": 1},
    "a target was read in part": {
        "coverage_failures": (Coverage("1", "a", "b", CoverageStatus.PARTIAL),),
        "failures_total": 1,
    },
    "a key could not be read": {"unread_keys": (finding("u"),), "unread_total": 1},
    "a key that was open could not be read": {"delta": Delta(totals={DeltaKind.FIXED: 1, DeltaKind.UNREAD: 1})},
    "no scan has ended since": {"is_newer": False},
}


@pytest.mark.parametrize("what", UNREAD)
def test_nothing_is_called_better_that_may_hide_something_worse(what: str) -> None:
    assert standing(BETTER) is Standing.BETTER
    assert standing(replace(BETTER, **UNREAD[what])) is Standing.UNSURE


# Quiet days

CALM = replace(BETTER, delta=Delta(still_open=("a", "b")), summary=Summary(8, 2), previous_summary=Summary(8, 2))
LOUD: dict[str, dict[str, Any]] = {
    "new": {"delta": changes(0, 1, 0, 0)},
    "open again": {"delta": changes(0, 0, 1, 0)},
    "fixed": {"delta": changes(1, 0, 0, 0)},
    "no longer counted": {"delta": changes(0, 0, 0, 1)},
    "nothing to compare with": {"delta": None},
    "a request waits": {"affairs": Affairs(waiting_total=1)},
    "an exemption ends": {"affairs": Affairs(lapsing_total=1)},
    "an exemption has ended": {"affairs": Affairs(ended_total=1)},
    **UNREAD,
}


def test_a_day_without_news_is_quiet_whatever_the_percentage_does() -> None:
    assert is_quiet(CALM, CALM)
    assert is_quiet(replace(CALM, summary=Summary(9, 2)), CALM)
    assert is_quiet(replace(CALM, affairs=Affairs(oldest=at(0), snoozed=1)), CALM)


@pytest.mark.parametrize("what", LOUD)
def test_each_kind_of_news_ends_the_quiet(what: str) -> None:
    assert not is_quiet(replace(CALM, **LOUD[what]), CALM)


@pytest.mark.parametrize("what", sorted(set(UNREAD) - {"no scan has ended since"}))
def test_what_is_unread_as_before_is_no_news_and_what_can_be_read_again_is(what: str) -> None:
    gone = {**UNREAD[what], "delta": Delta(totals={DeltaKind.UNREAD: 1})} if "delta" in UNREAD[what] else UNREAD[what]
    unread = replace(CALM, **gone)
    assert is_quiet(unread, unread)
    assert not is_quiet(CALM, unread)


def test_another_place_that_cannot_be_read_is_news() -> None:
    elsewhere = replace(CALM, coverage_failures=(failed("222222222222"),), failures_total=1)
    assert not is_quiet(elsewhere, replace(CALM, coverage_failures=(failed(),), failures_total=1))


FULL, LINE, LAST, SILENT = DigestForm.FULL, DigestForm.LINE, DigestForm.LAST_LINE, DigestForm.SILENT


@pytest.mark.parametrize(
    ("quiet", "forms"),
    [(Quiet.LINE, [LINE, LINE, LINE]), (Quiet.ONCE, [LAST, SILENT, SILENT]), (Quiet.FULL, [FULL, FULL, FULL])],
)
def test_what_is_posted_on_quiet_days_in_a_row(quiet: Quiet, forms: list[DigestForm]) -> None:
    before, posted = CALM, []
    for _ in forms:
        before = replace(CALM, form=form_of(CALM, before, quiet, in_full=False))
        posted.append(before.form)
    assert posted == forms
    assert form_of(CALM, before, quiet, in_full=True) is FULL
    assert form_of(BETTER, before, quiet, in_full=False) is FULL
    assert form_of(CALM, None, quiet, in_full=False) is FULL


def test_the_quiet_begins_anew_after_a_digest_that_somebody_asked_for() -> None:
    asked = replace(CALM, form=form_of(CALM, replace(CALM, form=SILENT), Quiet.ONCE, in_full=True))
    assert form_of(CALM, asked, Quiet.ONCE, in_full=False) is LAST


def test_nothing_falls_silent_before_it_was_said_that_nothing_more_is_posted() -> None:
    assert form_of(CALM, replace(CALM, form=LINE), Quiet.ONCE, in_full=False) is LAST


# What first


UNDER_WAY = {
    (RequestState.PENDING, ChangeState.QUEUED): True,
    (RequestState.APPROVED, ChangeState.QUEUED): True,
    (RequestState.APPROVED, ChangeState.EXECUTING): True,
    (RequestState.APPROVED, ChangeState.SUCCEEDED): True,
    (RequestState.APPROVED, ChangeState.FAILED): True,
    (RequestState.APPROVED, ChangeState.NOT_NEEDED): True,
    (RequestState.DONE, ChangeState.SUCCEEDED): True,
    (RequestState.DONE, ChangeState.NOT_NEEDED): True,
    (RequestState.DONE, ChangeState.FAILED): False,
    (RequestState.DENIED, ChangeState.QUEUED): False,
    (RequestState.CANCELLED, ChangeState.QUEUED): False,
    (RequestState.EXPIRED, ChangeState.QUEUED): False,
}


def asked(state: RequestState, change: ChangeState, kind: ChangeKind = ChangeKind.ENABLE_ROTATION) -> Request:
    request = request_for("a")
    return replace(request, state=state, changes=(replace(request.changes[0], state=change, kind=kind),))


@pytest.mark.parametrize(("states", "is_under_way"), UNDER_WAY.items())
def test_first_comes_the_first_key_for_which_nothing_is_under_way(
    states: tuple[RequestState, ChangeState], *, is_under_way: bool
) -> None:
    first, second = open_key("a"), open_key("b")
    chosen = first_to_do([first, second], {first.arn: asked(*states)})
    assert chosen == (second if is_under_way else first)


def test_a_rotation_on_demand_leaves_a_key_as_open_as_it_was() -> None:
    first = open_key("a")
    rotated = asked(RequestState.DONE, ChangeState.SUCCEEDED, ChangeKind.ROTATE_ON_DEMAND)
    assert first_to_do([first], {first.arn: rotated}) == first


def test_where_all_is_taken_care_of_no_key_comes_first() -> None:
    first = open_key("a")
    assert first_to_do([first], {first.arn: asked(RequestState.PENDING, ChangeState.QUEUED)}) is None
    assert first_to_do([], {}) is None
    assert first_to_do([first], {first.arn: request_for("another")}) == first
