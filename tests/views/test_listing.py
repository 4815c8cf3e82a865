"""The open keys, a page at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.posture import ListPage
from bot.views.listing import listing
from bot.views.pages import read_turn, turn_value
from tests.views.reading import buttons, lines, parts
from tests.views.samples import (
    ORDINARY,
    open_keys,
    scan,
)


def test_no_open_key_is_not_said_to_be_all_well() -> None:
    shown = listing(ListPage(scan(), "", (), 1, 1, 0, {}))
    assert lines(shown)[0] == "No key is open"
    assert "Keys that could not be read are not listed" in lines(shown)[-1]


def test_a_filter_that_matches_no_open_key_is_named() -> None:
    shown = listing(ListPage(scan(), "team=payments", (), 1, 1, 0, {}))
    assert lines(shown)[0] == "No open key matches team=payments"


@pytest.mark.parametrize(("page", "expected"), [(1, ["Next ▶"]), (2, ["◀ Previous", "Next ▶"]), (3, ["◀ Previous"])])
def test_pages_can_be_turned_both_ways(page: int, expected: list[str]) -> None:
    shown = listing(ListPage(scan(), "account=prod-*", open_keys(ORDINARY, 2), page, 3, 23, {}))
    assert lines(shown)[0] == f"23 open keys matching account=prod-* · page {page} of 3"
    turns = [part for part in parts(shown.blocks) if str(part.get("action_id", "")).startswith("list_page")]
    assert [turn["text"]["text"] for turn in turns] == expected
    leads_to = {"◀ Previous": page - 1, "Next ▶": page + 1}
    assert [read_turn(turn["value"]) for turn in turns] == [("account=prod-*", leads_to[each]) for each in expected]


def test_one_page_has_nothing_to_turn() -> None:
    shown = listing(ListPage(scan(), "", open_keys(ORDINARY, 1), 1, 1, 1, {}))
    assert lines(shown)[0] == "1 open key"
    assert buttons(shown) == ["Enable rotation"]


@given(st.text(max_size=200), st.integers(1, 10_000))
def test_a_turn_comes_back_as_it_went(scope: str, page: int) -> None:
    assert read_turn(turn_value(scope, page)) == (scope, page)


def test_a_filter_that_no_button_can_carry_is_not_cut() -> None:
    long = f"alias={'é' * 3000}"
    shown = listing(ListPage(scan(), long, open_keys(ORDINARY, 1), 1, 2, 11, {}))
    assert buttons(shown) == ["Enable rotation"]
    assert "The filter is too long for buttons that turn the page: give a shorter one." in lines(shown)


@pytest.mark.parametrize(
    "value",
    [
        "", "x", "1", "null", "[]", "{}", '{"scope": "a"}', '{"page": 1}', '{"scope": 1, "page": 1}',
        '{"scope": "", "page": null}', '{"scope": "", "page": "1"}', '{"scope": "", "page": 1.5}',
        '{"scope": "", "page": Infinity}', "[" * 2000, '{"scope": ["a"], "page": 1}',
    ],
)  # fmt: skip
def test_what_no_button_of_ours_carries_is_a_value_error(value: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's own errors are among them
        read_turn(value)


def test_a_filter_in_any_script_counts_by_its_letters() -> None:
    within = f"alias={'é' * 1500}"
    assert "Next ▶" in buttons(listing(ListPage(scan(), within, open_keys(ORDINARY, 1), 1, 2, 11, {})))
