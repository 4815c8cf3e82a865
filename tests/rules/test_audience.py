"""Who hears a digest: found by what people call it, and as it was edited."""

from datetime import UTC, datetime
from itertools import product

import pytest

from bot.models.routes import RouteEdit, RouteTerms
from bot.rules.audience import Audience, as_edited, find
from bot.rules.filters import Filter

DEFAULT = Audience("default", "C0SECURITY", Filter(), schedule="0 9 * * *", timezone="Europe/Berlin")
PAYMENTS = Audience("route 1", "C0PAYMENTS", Filter(team="payments"), title="payments")
WEB_SHOP = 'team="web shop" account=prod-*'
SHOP = Audience("route 2", "C0SHOP", Filter.parse(WEB_SHOP), title=WEB_SHOP)
ALL = (DEFAULT, PAYMENTS, SHOP)


def edit(name: str, terms: RouteTerms) -> dict[str, RouteEdit]:
    return {name: RouteEdit(name, terms, "U0JONAS", datetime(2026, 3, 2, 9, tzinfo=UTC))}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("payments", PAYMENTS),
        ("Payments", PAYMENTS),
        ("default", DEFAULT),
        (WEB_SHOP, SHOP),
        ("team=web  shop account=prod-*", SHOP),
    ],
)
def test_a_digest_is_found_by_its_name_however_it_is_spelled(typed: str, found: Audience) -> None:
    assert find(ALL, typed) == found


@pytest.mark.parametrize(("typed", "nearest"), [("paymets", "payments"), ("defautl", "default")])
def test_a_misspelt_name_is_answered_with_the_nearest_one_and_all_there_are(typed: str, nearest: str) -> None:
    told = find(ALL, typed)
    assert isinstance(told, str)
    assert told.startswith(f"There is no digest “{typed}”. Did you mean “{nearest}”?")
    assert all(each.title in told for each in ALL)


def test_a_name_like_no_other_is_answered_without_a_guess() -> None:
    assert "Did you mean" not in str(find(ALL, "zzzz"))


@pytest.mark.parametrize(
    ("channel", "schedule", "timezone"),
    [*product((None, "C0ELSEWHERE"), (None, "30 7 * * mon"), (None, "Asia/Tokyo"))],
)
def test_what_was_edited_holds_and_what_was_not_is_as_the_file_says(
    channel: str | None, schedule: str | None, timezone: str | None
) -> None:
    default, payments, shop = as_edited(ALL, edit("default", RouteTerms(channel, schedule, timezone)))
    assert default.channel == (channel or DEFAULT.channel)
    assert default.schedule == (schedule or DEFAULT.schedule)
    assert default.timezone == (timezone or DEFAULT.timezone)
    assert (default.name, default.title, default.scope) == (DEFAULT.name, DEFAULT.title, DEFAULT.scope)
    assert (payments, shop) == (PAYMENTS, SHOP)


def test_an_edit_of_a_digest_that_the_file_does_not_have_any_more_changes_nothing() -> None:
    assert as_edited(ALL, edit("route 9", RouteTerms("C0ELSEWHERE"))) == ALL


@pytest.mark.parametrize("channel", [None, "C0ELSEWHERE"])
def test_where_the_times_of_an_edit_cannot_be_read_both_are_as_the_file_says_and_its_channel_holds(
    channel: str | None,
) -> None:
    edited = edit("default", RouteTerms(channel, "30 7 * * mon", "Asia/Atlantis"))
    default, payments, shop = as_edited(ALL, edited, {"default": "There is no such time zone."})
    assert default.channel == (channel or DEFAULT.channel)
    assert (default.schedule, default.timezone) == (DEFAULT.schedule, DEFAULT.timezone)
    assert default.unread == "There is no such time zone."
    assert (payments, shop) == (PAYMENTS, SHOP)
