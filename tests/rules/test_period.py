"""The days between two rotations, as a person types them."""

import pytest

from bot.rules.period import BadPeriodError, read_period


@pytest.mark.parametrize("longest", [90, 91, 365, 2560])
def test_every_number_of_days(longest: int) -> None:
    for days in range(-10, 3000):
        if 90 <= days <= longest:
            assert read_period(str(days), longest) == days
        else:
            with pytest.raises(BadPeriodError):
                read_period(str(days), longest)


@pytest.mark.parametrize("text", [None, "", " ", "a year", "365.0", "365,5", "1e3", "0x16d", "9" * 5000, "365 days"])
def test_what_is_no_whole_number_is_answered_with_the_bounds(text: str | None) -> None:
    with pytest.raises(BadPeriodError) as refusal:
        read_period(text, 365)
    assert str(refusal.value) == (
        "Enter a whole number of days from 90, the shortest that AWS allows, "
        "to 365, the longest that the policy allows."
    )


def test_blanks_around_the_number_do_not_matter() -> None:
    assert read_period(" 365 ", 365) == 365
