"""How much a digest shows: pages that Slack takes, and a file where they would be too many."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.rules.digest import MOST_PAGES, PAGE_CHARACTERS, PAGE_ROWS, in_pages, rows_shown


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
