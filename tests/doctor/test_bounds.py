"""How the doctor works: bounded in time, one step never in the way of another, hundreds of accounts in a few lines."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from bot.doctor.examination import Step, examine
from bot.doctor.lines import Check, Line, Status, grouped, ok
from bot.doctor.verdict import hint_at_common_causes
from bot.rules.clocks import Pace, ahead_by, pace_of
from bot.rules.filters import BadFilterError
from tests.app.house import HANGS
from tests.doctor.clinic import PAYMENTS, Clinic, clinic

__all__ = ["clinic"]

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def look(*steps: Step, seconds: float = 30) -> list[Line]:
    return examine(steps, seconds=seconds, on_progress=lambda *_: None, stop=Event())


def well(subject: str) -> Iterator[Line]:
    yield ok(Check.CHANNEL, subject, "It is well.")


def test_what_does_not_end_in_time_is_unknown_and_the_rest_is_told() -> None:
    forever = Event()

    def slow() -> Iterator[Line]:
        forever.wait()
        yield from well("late")

    lines = look(Step(Check.AUDIT_ROLE, "slow", slow), Step(Check.CHANNEL, "C0", lambda: well("C0")), seconds=0.2)
    forever.set()
    assert {(line.subject, line.status) for line in lines} == {("slow", Status.UNKNOWN), ("C0", Status.OK)}
    assert "No answer came within 0.2 seconds." in {line.seen for line in lines}


def test_a_step_that_fails_is_told_and_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> list[Line]:
        raise RuntimeError("…")

    def further() -> Iterator[Line | Step]:
        yield Step(Check.CHANNEL, "C1", lambda: well("C1"))

    lines = look(Step(Check.RECORD, "broken", broken), Step(Check.DATABASE, "further", further))
    assert {(line.subject, line.status) for line in lines} == {("broken", Status.UNKNOWN), ("C1", Status.OK)}
    assert "This is a defect of the bot." in caplog.text


def test_a_step_that_finds_nothing_to_look_at_ends_it() -> None:
    def nothing() -> list[Line]:
        raise BadFilterError("No account matches.")

    with pytest.raises(BadFilterError):
        look(Step(Check.ORGANIZATION, "AWS", nothing))


def test_progress_counts_the_steps_that_are_known() -> None:
    seen = list[tuple[int, int]]()

    def further() -> Iterator[Line | Step]:
        yield Step(Check.CHANNEL, "C1", lambda: well("C1"))

    step = Step(Check.DATABASE, "further", further)
    examine([step], seconds=30, on_progress=lambda *course: seen.append(course), stop=Event())
    assert seen == [(1, 2), (2, 2)]


def test_an_account_that_does_not_answer_holds_up_no_other(clinic: Clinic) -> None:
    clinic.aws.faults.slow(HANGS, PAYMENTS, action="kms:ListKeys")
    lines = clinic.look("aws", seconds=6)
    late = [line for line in lines if line.status is Status.UNKNOWN]
    assert [(line.check, line.subject) for line in late] == [(Check.AUDIT_ROLE, f"prod-payments ({PAYMENTS})")]
    assert any(line.check is Check.AUDIT_ROLE and line.status is Status.OK for line in lines)


def test_an_organisation_that_does_not_answer_is_no_defect(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    clinic.aws.faults.slow(HANGS, action="organizations:ListAccounts")
    lines = clinic.look("aws", seconds=3)
    late = [line.check for line in lines if line.status is Status.UNKNOWN]
    assert late == [Check.ORGANIZATION]
    assert "defect" not in caplog.text


def test_an_account_that_there_is_not_is_bad_usage(clinic: Clinic) -> None:
    with pytest.raises(BadFilterError, match="No account to scan matches account=nowhere"):
        clinic.look("aws", account="nowhere")


def test_hundreds_of_accounts_that_say_the_same_are_one_group_and_the_gravest_come_first() -> None:
    lines = [ok(Check.AUDIT_ROLE, f"a{number:03}", "The bot may assume it.") for number in range(300)]
    lines += [Line(Check.PERMISSION, f"b{number}", Status.FAILED, "Denied.", "Mend it.") for number in range(2)]
    first, second = grouped(lines)
    assert (first.line.status, first.subjects) == (Status.FAILED, ("b0", "b1"))
    assert (len(second.subjects), second.subjects[0]) == (300, "a000")


def test_a_cause_that_all_accounts_share_is_looked_for_there_and_not_where_one_lets_the_bot_in() -> None:
    refused = [Line(Check.AUDIT_ROLE, name, Status.FAILED, "Denied.", "Its own remedy.") for name in ("a", "b")]
    assert {line.remedy.partition(",")[0] for line in hint_at_common_causes(refused)} == {"All accounts refuse alike"}
    for lines in (refused[:1], [*refused, ok(Check.REMEDIATION_ROLE, "b", "The bot may assume it.")]):
        assert hint_at_common_causes(lines) == lines


@pytest.mark.parametrize(
    ("header", "minutes"),
    [
        ("Mon, 02 Mar 2026 09:00:00 GMT", 0.0),
        ("Mon, 02 Mar 2026 08:55:00 GMT", 5.0),
        ("Mon, 02 Mar 2026 09:05:00 GMT", -5.0),
        ("", None),
        ("soon", None),
    ],
)
def test_our_clock_is_compared_with_the_date_of_an_answer(header: str, minutes: float | None) -> None:
    ahead = ahead_by(header, NINE, NINE)
    told = None if ahead is None else round(ahead.total_seconds() / 60)
    assert told == minutes


@pytest.mark.parametrize(
    ("seconds", "pace"),
    [(0, Pace.GOOD), (59, Pace.GOOD), (-60, Pace.OFF), (299, Pace.OFF), (300, Pace.TOO_FAR), (-3600, Pace.TOO_FAR)],
)
def test_a_clock_is_off_from_a_minute_and_too_far_from_five(seconds: int, pace: Pace) -> None:
    assert pace_of(timedelta(seconds=seconds)) is pace
