"""Enabling the automatic rotation of a key: at most one EnableKeyRotation a change."""

from dataclasses import dataclass

from bot.models.keys import ReadFailure, RotationStatus, Verdict
from bot.models.requests import Change, ChangeState, Outcome
from bot.remediate.gateways import KeySession
from bot.remediate.hands import INTERRUPTED, Hands, failed, not_shown
from bot.remediate.reading import Reading, say_status


@dataclass(frozen=True, slots=True)
class Enabling:
    """Enables rotation with the hands that it is given."""

    hands: Hands

    def carry_out(self, session: KeySession, change: Change) -> Outcome:
        """Re-read, enable, read back."""
        before = self.hands.read(session, change)
        if before.judgement.verdict is Verdict.COMPLIANT:
            return _not_needed(before)
        if before.judgement.verdict is not Verdict.NON_COMPLIANT:
            return failed(f"The key was not touched. {before.judgement.message}", before.summary)
        most = self.hands.policy.max_rotation_period_days
        if change.period_days > most:
            return failed(f"The key was not touched: the policy allows at most {most} days now.", before.summary)
        return self._enable(session, change, before.summary)

    def look_again(self, session: KeySession, change: Change) -> Outcome:
        """Record what the key shows after a crash between the call's note and its outcome."""
        status = self._read_back(session, change)
        if status is None:
            return failed(f"{INTERRUPTED} The key does not rotate as asked.", change.before)
        return _succeeded(status, change.before, None)

    def _enable(self, session: KeySession, change: Change, before: str) -> Outcome:
        self.hands.requests.note_call(change, before, {"period_days": change.period_days}, self.hands.clock())
        answer = self.hands.call(lambda: session.enable_rotation(change.period_days))
        if isinstance(answer, ReadFailure) and answer.is_answered:
            return failed(f"AWS refused the change: {answer.sentence}", before)
        status = self._read_back(session, change)
        request_id = None if isinstance(answer, ReadFailure) else answer
        if status is None:
            return failed(not_shown(answer), before, request_id)
        return _succeeded(status, before, request_id)

    def _read_back(self, session: KeySession, change: Change) -> RotationStatus | None:
        def look() -> RotationStatus | None:
            status = self.hands.read(session, change).status
            is_as_asked = status is not None and status.enabled and status.period_days == change.period_days
            return status if is_as_asked else None

        return self.hands.read_back(look)


def _succeeded(status: RotationStatus, before: str, aws_request_id: str | None) -> Outcome:
    return Outcome(
        ChangeState.SUCCEEDED,
        f"Rotation is on, every {status.period_days} days. Read back from AWS.",
        before,
        say_status(status),
        aws_request_id,
        status.next_rotation,
    )


def _not_needed(before: Reading) -> Outcome:
    following = None if before.status is None else before.status.next_rotation
    sentence = f"Nothing was changed: the key rotates already. {before.judgement.message}"
    return Outcome(ChangeState.NOT_NEEDED, sentence, before.summary, before.summary, None, following)
