"""A key is rotated on demand at most once a change, and what is said of it was read back.

Where nobody knows whether AWS carried a call out, another try finds that out before anything is called.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bot.models.requests import Change, ChangeKind, ChangeState, Mandate, RequestState
from tests.remediate.bench import Bench, DiedError, Fate, bench

__all__ = ["bench"]

Meddling = Callable[[Bench], object]


@pytest.fixture(autouse=True)
def _on_demand(bench: Bench) -> None:
    bench.kind = ChangeKind.ROTATE_ON_DEMAND


def carried_out(bench: Bench) -> Change:
    bench.remediation(Fate()).carry_out(bench.approved())
    return bench.ended()


def tried_again(bench: Bench) -> Change:
    (request,) = bench.store.in_state(RequestState.DONE)
    assert bench.store.retry(request, "U0MARA", datetime.now(UTC))
    bench.start_again()
    return bench.ended()


def blind(bench: Bench, *actions: str) -> Callable[[float], bool]:
    """Whoever waits to read back sees nothing any more."""

    def pause(_seconds: float) -> bool:
        if not bench.aws_server.faults.denials:
            for action in actions:
                bench.aws_server.faults.deny(action=action)
        return False

    return pause


def blind_after_the_call(bench: Bench) -> Change:
    bench.pause = blind(bench, "kms:GetKeyRotationStatus", "kms:ListKeyRotations")
    ended = carried_out(bench)
    bench.pause = lambda _seconds: False
    return ended


def test_a_rotation_that_shows_is_told_with_its_moment(bench: Bench) -> None:
    ended = carried_out(bench)
    assert ended.state is ChangeState.SUCCEEDED
    assert ended.result.startswith("The key has had new key material since 20")
    assert ended.result.endswith(" UTC. Read back from AWS.")
    assert ended.before == "rotation off; rotated on demand 0 times"
    assert ended.after == "rotation off; rotated on demand 1 time"
    assert (bench.rotations, bench.successful_calls) == (1, 1)
    assert not bench.rotates


def test_while_aws_is_at_it_nothing_is_said_of_new_material(bench: Bench) -> None:
    bench.aws_server.faults.lag_reads(50)
    ended = carried_out(bench)
    assert ended.state is ChangeState.SUCCEEDED
    assert ended.result.startswith("AWS has been rotating the key since 20")
    assert "material" not in ended.result


def test_the_schedule_is_left_alone(bench: Bench) -> None:
    bench.aws_server.faults.enable_rotation(bench.arn, 200)
    ended = carried_out(bench)
    assert ended.state is ChangeState.SUCCEEDED
    assert ended.before.startswith("rotation on, every 200 days, next on ")
    assert ended.after.startswith("rotation on, every 200 days, next on ")
    assert ended.next_rotation is not None


def used_up(bench: Bench) -> None:
    world = bench.aws_server.world
    world.rotation(world.find(bench.arn)).history += [(datetime(2026, 1, 1, tzinfo=UTC), "ON_DEMAND")] * 25


@pytest.mark.parametrize(
    ("meddle", "words"),
    [
        (lambda b: b.aws_server.faults.disable_key(b.arn), "It is disabled."),
        (lambda b: b.aws_server.faults.schedule_deletion(b.arn), "It is waiting to be deleted."),
        (lambda b: b.aws_server.faults.delete_key(b.arn), "The key does not exist any more."),
        (used_up, "It has been rotated on demand 25 times"),
        (
            lambda b: b.aws_server.faults.deny(action="kms:ListKeyRotations", role="KmsRotationRemediate"),
            "Its history could not be read: kms:ListKeyRotations is denied",
        ),
        (
            lambda b: b.aws_server.faults.deny(action="kms:GetKeyRotationStatus", role="KmsRotationRemediate"),
            "Could not be read: kms:GetKeyRotationStatus is denied",
        ),
    ],
    ids=["disabled", "pending deletion", "deleted", "used up", "history unread", "status unread"],
)
def test_a_key_that_may_not_be_rotated_is_not_touched(bench: Bench, meddle: Meddling, words: str) -> None:
    change = bench.approved()
    meddle(bench)
    before = bench.aws_server.calls.named("RotateKeyOnDemand")
    bench.remediation(Fate()).carry_out(change)
    ended = bench.ended()
    assert ended.state is ChangeState.FAILED
    assert ended.result.startswith("The key was not touched. ")
    assert words in ended.result
    assert bench.aws_server.calls.named("RotateKeyOnDemand") == before == []


def test_a_rotation_that_somebody_else_began_is_waited_for(bench: Bench) -> None:
    change = bench.approved()
    bench.aws_server.faults.lag_reads(50)
    other = bench.remediation(Fate()).sessions.open(bench.arn, Mandate("r0", "U0AIKO", (), ChangeKind.ROTATE_ON_DEMAND))
    assert isinstance(other.rotate_on_demand(), str)  # type: ignore[union-attr]  # a session
    bench.remediation(Fate()).carry_out(change)
    ended = bench.ended()
    assert ended.state is ChangeState.FAILED
    assert ended.result.startswith("The key was not touched. A rotation on demand has been under way since 20")
    assert bench.successful_calls == 1


def test_what_aws_refuses_is_not_called_again(bench: Bench) -> None:
    bench.aws_server.faults.deny(action="kms:RotateKeyOnDemand", kind="scp")
    ended = carried_out(bench)
    assert ended.state is ChangeState.FAILED
    assert ended.result.startswith("AWS refused the change: kms:RotateKeyOnDemand is denied")
    assert ended.rotations_before is None
    assert len(bench.aws_server.calls.named("RotateKeyOnDemand")) == 1


def test_a_throttled_call_is_made_again_because_aws_did_not_carry_it_out(bench: Bench) -> None:
    bench.aws_server.faults.throttle(action="RotateKeyOnDemand", times=2)
    assert carried_out(bench).state is ChangeState.SUCCEEDED
    assert [call.error for call in bench.aws_server.calls.named("RotateKeyOnDemand")] == [
        "ThrottlingException", "ThrottlingException", None
    ]  # fmt: skip
    assert bench.rotations == 1


@pytest.mark.parametrize("lever", ["server_error", "close_connection"])
def test_an_answer_that_never_came_is_no_reason_to_call_again(bench: Bench, lever: str) -> None:
    bench.aws_server.faults.apply(lever, {"action": "kms:RotateKeyOnDemand", "times": 1})
    ended = carried_out(bench)
    assert ended.state is ChangeState.FAILED
    assert ended.result.startswith("Nobody knows whether AWS carried it out: ")
    assert ended.result.endswith("The key does not show it so far.")
    assert (len(bench.aws_server.calls.named("RotateKeyOnDemand")), bench.rotations) == (1, 0)


def test_an_answer_lost_after_the_rotation_is_read_back_and_not_repeated(bench: Bench) -> None:
    bench.aws_server.faults.close_connection(action="RotateKeyOnDemand", after_the_change=True)
    assert carried_out(bench).state is ChangeState.SUCCEEDED
    assert (len(bench.aws_server.calls.named("RotateKeyOnDemand")), bench.rotations) == (1, 1)


# Tried again


def test_another_try_after_a_refusal_rotates_at_once(bench: Bench) -> None:
    bench.aws_server.faults.deny(action="kms:RotateKeyOnDemand", kind="scp")
    carried_out(bench)
    bench.aws_server.faults.clear()
    bench.pause = _nobody_waits
    assert tried_again(bench).state is ChangeState.SUCCEEDED
    assert bench.rotations == 1


def _nobody_waits(seconds: float) -> bool:
    assert seconds == 0.0
    return False


def test_another_try_after_a_call_that_came_to_nothing_rotates_once(bench: Bench) -> None:
    bench.aws_server.faults.close_connection(action="RotateKeyOnDemand")
    first = carried_out(bench)
    assert first.rotations_before == 0
    assert tried_again(bench).state is ChangeState.SUCCEEDED
    assert bench.rotations == 1


def test_another_try_finds_that_the_call_was_carried_out_after_all(bench: Bench) -> None:
    bench.aws_server.faults.close_connection(action="RotateKeyOnDemand", after_the_change=True)
    first = blind_after_the_call(bench)
    assert first.state is ChangeState.FAILED
    assert first.result.startswith("Nobody knows whether AWS carried it out: ")
    bench.aws_server.faults.clear()
    second = tried_again(bench)
    assert second.state is ChangeState.NOT_NEEDED
    assert second.result.startswith("Nothing was called again: a rotation on demand shows by now. The key has had new")
    assert (len(bench.aws_server.calls.named("RotateKeyOnDemand")), bench.rotations) == (1, 1)


def test_what_aws_accepted_is_never_asked_for_again(bench: Bench) -> None:
    first = blind_after_the_call(bench)
    assert first.state is ChangeState.FAILED
    assert first.result.startswith("AWS accepted the change, but reading back does not show it so far.")
    second = tried_again(bench)
    assert second.state is ChangeState.FAILED
    assert second.result.startswith("AWS accepted a rotation of this key before, and the key does not show it so far.")
    assert second.aws_request_id == first.aws_request_id
    bench.aws_server.faults.clear()
    third = tried_again(bench)
    assert third.state is ChangeState.NOT_NEEDED
    assert third.aws_request_id == first.aws_request_id
    assert (len(bench.aws_server.calls.named("RotateKeyOnDemand")), bench.rotations) == (1, 1)


def test_a_key_that_cannot_be_rotated_any_more_keeps_what_is_not_known_of_the_first_call(bench: Bench) -> None:
    bench.aws_server.faults.close_connection(action="RotateKeyOnDemand")
    carried_out(bench)
    bench.aws_server.faults.disable_key(bench.arn)
    second = tried_again(bench)
    assert second.result == "The key was not touched again. It is disabled. Enable it first."
    assert second.rotations_before == 0


@pytest.mark.parametrize("strikes_at", range(2 * 16))
def test_after_death_at_any_point_another_try_ends_with_one_rotation(bench: Bench, strikes_at: int) -> None:
    change = bench.approved()
    try:
        bench.remediation(Fate(strikes_at)).carry_out(change)
    except DiedError:
        bench.start_again()
    ended = bench.ended()
    if ended.state is ChangeState.FAILED:
        ended = tried_again(bench)
    assert ended.state in {ChangeState.SUCCEEDED, ChangeState.NOT_NEEDED}
    assert bench.rotations == 1
