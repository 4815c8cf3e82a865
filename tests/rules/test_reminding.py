"""Approvers are reminded less and less often, and never of a request that has expired."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.reminding import reminders_due
from tests.rules.approval_cases import NOW, Case, request_of

HOUR = timedelta(hours=1)
LONG = replace(request_of([Case().account]), created_at=NOW, expires_at=NOW + 1000 * HOUR)


@pytest.mark.parametrize(
    ("hours", "due"),
    [(0, 0), (3.99, 0), (4, 1), (11.99, 1), (12, 2), (27.99, 2), (28, 3), (59.99, 3), (60, 4), (124, 5)],
)
def test_each_reminder_comes_after_twice_the_time_of_the_one_before(hours: float, due: int) -> None:
    assert reminders_due(LONG, 4 * HOUR, NOW + hours * HOUR) == due


@pytest.mark.parametrize("hours", [24, 25, 1000])
def test_a_request_that_has_expired_reminds_nobody(hours: int) -> None:
    request = replace(LONG, expires_at=NOW + 24 * HOUR)
    assert reminders_due(request, HOUR, NOW + 24 * HOUR - timedelta(seconds=1)) == 4
    assert reminders_due(request, HOUR, NOW + hours * HOUR) == 0


lengths = st.timedeltas(timedelta(minutes=1), timedelta(days=30))


@given(lengths, lengths)
def test_the_number_of_reminders_is_that_of_the_doublings(patience: timedelta, waited: timedelta) -> None:
    due = reminders_due(LONG, patience, NOW + waited)
    assert patience * (2**due - 1) <= waited < patience * (2 ** (due + 1) - 1)


@given(lengths, lengths, lengths)
def test_reminders_never_become_fewer(patience: timedelta, waited: timedelta, more: timedelta) -> None:
    request = replace(LONG, expires_at=NOW + timedelta(days=61))
    assert reminders_due(request, patience, NOW + waited) <= reminders_due(request, patience, NOW + waited + more)
