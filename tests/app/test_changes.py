"""What becomes of an approved change, whatever AWS does meanwhile."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.models.requests import ChangeState, RequestState
from tests.app.house import PAYMENTS, House, eventually, house, shown

__all__ = ["house"]

KEY = "payments/card-vault"
HOUR = timedelta(hours=1)
Meddling = Callable[[House, str], None]


def approved_after(house: House, meddle: Meddling) -> tuple[str, str]:
    """Ask, meddle with AWS, approve; the key's ARN and what the request's message says in the end."""
    arn = house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        meddle(house, arn)
        house.press(house.jonas, message, "Approve")
        request = house.settled()
        told = house.until_shown(message, request.changes[0].result)
    assert house.trail.verify().fault is None
    return arn, told


def test_a_change_runs_in_a_session_that_names_who_asked_and_who_approved(house: House) -> None:
    arn, _ = approved_after(house, lambda _house, _arn: None)
    (call,) = house.enable_calls
    assert call.key == arn
    assert call.parameters["RotationPeriodInDays"] == 365
    assert call.session_name == f"{house.request().id}-U0MARA-U0JONAS"
    assert call.source_identity == "U0MARA"
    request = house.request()
    assert call.session_tags == {
        "RequestId": request.id,
        "Requester": "U0MARA",
        "Approvers": "U0JONAS",
        "Basis": "APPROVALS",
    }
    assert request.changes[0].aws_request_id == call.request_id


def test_the_record_tells_before_after_and_the_aws_request(house: House) -> None:
    approved_after(house, lambda _house, _arn: None)
    request = house.request()
    acts = [entry.act for entry in house.trail.newest(50, frozenset({request.id}))][::-1]
    assert acts == [
        "REQUEST_CREATED",
        "APPROVAL_GIVEN",
        "REQUEST_APPROVED",
        "CHANGE_CLAIMED",
        "CHANGE_CALLING",
        "CHANGE_SUCCEEDED",
        "REQUEST_DONE",
    ]
    change = request.changes[0]
    assert change.before == "rotation off"
    assert change.after.startswith("rotation on, every 365 days, next on ")


@pytest.mark.parametrize(
    ("meddle", "state", "words"),
    [
        (lambda h, arn: h.aws.faults.enable_rotation(arn), ChangeState.NOT_NEEDED, "the key rotates already"),
        (lambda h, arn: h.aws.faults.disable_key(arn), ChangeState.FAILED, "The key is disabled"),
        (lambda h, arn: h.aws.faults.schedule_deletion(arn), ChangeState.FAILED, "waiting to be deleted"),
        (
            lambda h, arn: h.aws.faults.delete_key(arn),
            ChangeState.FAILED,
            "The key was not touched. The key does not exist any more",
        ),
        (
            lambda h, _: h.aws.faults.deny(action="kms:EnableKeyRotation", kind="scp"),
            ChangeState.FAILED,
            "AWS refused the change: kms:EnableKeyRotation is denied (by a service control policy)",
        ),
        (
            lambda h, _: h.aws.faults.deny(action="kms:GetKeyRotationStatus", role="KmsRotationRemediate"),
            ChangeState.FAILED,
            "The key was not touched. Could not be read: kms:GetKeyRotationStatus is denied",
        ),
        (
            lambda h, _: h.aws.faults.remove_role(PAYMENTS, "KmsRotationRemediate"),
            ChangeState.FAILED,
            "The key was not touched: sts:AssumeRole is denied",
        ),
    ],
    ids=["fixed by hand", "disabled", "pending deletion", "deleted", "scp", "status denied", "role gone"],
)
def test_a_key_that_changed_since_is_not_touched(
    house: House, meddle: Meddling, state: ChangeState, words: str
) -> None:
    _, told = approved_after(house, meddle)
    (change,) = house.request().changes
    assert change.state is state
    assert words in change.result
    assert words in told
    assert [call for call in house.enable_calls if call.error is None] == []


def test_a_period_over_the_maximum_is_shortened(house: House) -> None:
    arn, _ = approved_after(house, lambda h, arn: h.aws.faults.enable_rotation(arn, 730))
    assert house.request().changes[0].state is ChangeState.SUCCEEDED
    assert house.aws.world.rotation(house.aws.world.find(arn)).period_days == 365


def test_a_throttled_call_is_made_again_because_aws_did_not_carry_it_out(house: House) -> None:
    approved_after(house, lambda h, _: h.aws.faults.throttle(action="EnableKeyRotation", times=1))
    assert house.request().changes[0].state is ChangeState.SUCCEEDED
    assert [call.error for call in house.enable_calls] == ["ThrottlingException", None]


def test_an_answer_lost_after_the_change_is_read_back_and_not_repeated(house: House) -> None:
    arn, _ = approved_after(
        house, lambda h, _: h.aws.faults.close_connection(action="EnableKeyRotation", after_the_change=True)
    )
    assert house.request().changes[0].state is ChangeState.SUCCEEDED
    assert house.rotates(arn)
    assert len(house.enable_calls) == 1


def test_an_answer_lost_before_the_change_is_not_called_done_nor_repeated(house: House) -> None:
    arn, told = approved_after(house, lambda h, _: h.aws.faults.close_connection(action="EnableKeyRotation"))
    assert house.request().changes[0].state is ChangeState.FAILED
    assert "Nobody knows whether AWS carried it out" in told
    assert not house.rotates(arn)
    assert len(house.enable_calls) == 1


def test_a_change_that_shows_late_is_waited_for(house: House) -> None:
    approved_after(house, lambda h, _: h.aws.faults.lag_reads(3))
    assert house.request().changes[0].state is ChangeState.SUCCEEDED


def test_a_change_that_does_not_show_is_not_called_done(house: House) -> None:
    _, told = approved_after(house, lambda h, _: h.aws.faults.lag_reads(50))
    assert house.request().changes[0].state is ChangeState.FAILED
    assert "AWS accepted the change, but reading back does not show it so far" in told


def test_a_failed_change_can_be_tried_again_while_the_approval_is_fresh(house: House) -> None:
    arn = house.key(KEY)
    house.aws.faults.deny(action="kms:EnableKeyRotation", kind="scp")
    with house.running():
        message = house.ask(house.mara, KEY)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "AWS refused the change")
        house.aws.faults.clear()
        house.press(house.mara, message, "Try again")
        eventually(lambda: house.rotates(arn), "the second try")
        house.until_shown(message, "Rotation is on")
        assert "Try again" not in shown(house.now(message))
    assert house.request().state is RequestState.DONE


def test_a_failed_change_is_not_tried_again_once_the_approval_is_stale(house: House) -> None:
    arn = house.key(KEY)
    house.aws.faults.deny(action="kms:EnableKeyRotation", kind="scp")
    with house.running():
        message = house.ask(house.mara, KEY)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "AWS refused the change")
        house.aws.faults.clear()
        house.clock.ahead += 25 * HOUR
        told = house.whisper(house.mara, lambda: house.press(house.mara, message, "Try again"))
    assert told.startswith("This request is too old to be tried again.")
    assert not house.rotates(arn)


def test_slack_being_down_never_changes_an_outcome(house: House) -> None:
    arn = house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        house.slack.faults.fail_next("chat.*", times=6)
        house.press(house.jonas, message, "Approve")
        eventually(lambda: house.rotates(arn), "the change")
        assert house.settled().changes[0].state is ChangeState.SUCCEEDED
        house.clock.ahead += HOUR  # what waits for its next try is due now
        house.until_shown(message, "Rotation is on")
