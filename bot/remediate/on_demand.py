"""Rotating a key once, now: at most one RotateKeyOnDemand a change, for a second call would rotate a second time.

Whether a call was carried out is told by the number of rotations on demand that AWS lists: it is noted before the call.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.models.keys import ReadFailure
from bot.models.requests import Change, ChangeState, Outcome
from bot.remediate.gateways import KeySession
from bot.remediate.hands import INTERRUPTED, Hands, failed, not_shown, not_touched
from bot.remediate.reading import OnDemandReading, read_history


@dataclass(frozen=True, slots=True)
class Rotating:
    """Rotates a key with the hands that it is given."""

    hands: Hands

    def carry_out(self, session: KeySession, change: Change) -> Outcome:
        """Re-read, rotate, read back. What became of an earlier call of this change is found out first."""
        if change.rotations_before is not None:
            earlier = self._of_an_earlier_call(session, change, change.rotations_before)
            if earlier is not None:
                return earlier
        before = read_history(self.hands.read(session, change), session.rotations)
        if before.obstacle is not None:
            outcome = failed(f"{not_touched(change)}. {before.obstacle.sentence}", before.summary)
            return _unresolved(outcome, change.rotations_before)
        return self._rotate(session, change, before)

    def look_again(self, session: KeySession, change: Change) -> Outcome:
        """Record what the key shows after a crash between the call's note and its outcome."""
        before = change.rotations_before
        if before is None:
            raise ValueError(f"the call of change {change.id} was noted without the rotations before it")
        shown = self._read_back(session, change, before)
        if shown is not None:
            return _succeeded(shown, change.before, change.aws_request_id)
        sentence = f"{INTERRUPTED} Nobody knows whether AWS carried it out: the key does not show it so far."
        return _unresolved(failed(sentence, change.before, change.aws_request_id), before)

    def _rotate(self, session: KeySession, change: Change, before: OnDemandReading) -> Outcome:
        told: dict[str, str | int] = {"rotations_before": before.used}
        self.hands.requests.note_call(change, before.summary, told, self.hands.clock(), rotations_before=before.used)
        answer = self.hands.call(session.rotate_on_demand)
        if isinstance(answer, ReadFailure) and answer.is_answered:
            outcome = failed(f"AWS refused the change: {answer.sentence}", before.summary)
            return _unresolved(outcome, change.rotations_before)
        shown = self._read_back(session, change, before.used)
        request_id = None if isinstance(answer, ReadFailure) else answer
        if shown is not None:
            return _succeeded(shown, before.summary, request_id)
        return _unresolved(failed(not_shown(answer), before.summary, request_id), before.used)

    def _of_an_earlier_call(self, session: KeySession, change: Change, before: int) -> Outcome | None:
        """Say how a call ended of which nobody knew that; None where nothing tells that AWS took it."""
        shown = self._read_back(session, change, before)
        if shown is not None:
            sentence = f"Nothing was called again: a rotation on demand shows by now. {_told(shown)}"
            return replace(_succeeded(shown, "", change.aws_request_id), state=ChangeState.NOT_NEEDED, result=sentence)
        if change.aws_request_id is None:
            return None
        sentence = (
            "AWS accepted a rotation of this key before, and the key does not show it so far. It was not asked for "
            "again, or the key might be rotated twice. Look at the key again later."
        )
        return _unresolved(failed(sentence, aws_request_id=change.aws_request_id), before)

    def _read_back(self, session: KeySession, change: Change, before: int) -> OnDemandReading | None:
        def look() -> OnDemandReading | None:
            reading = read_history(self.hands.read(session, change), session.rotations)
            return reading if reading.shows_more_than(before) else None

        return self.hands.read_back(look)


def _succeeded(shown: OnDemandReading, before: str, aws_request_id: str | None) -> Outcome:
    following = None if shown.status is None else shown.status.next_rotation
    return Outcome(ChangeState.SUCCEEDED, _told(shown), before, shown.summary, aws_request_id, following)


def _told(shown: OnDemandReading) -> str:
    """Say what was read, and no more: while AWS is at it, the key still uses the material that it had."""
    if shown.under_way_since is not None:
        return f"AWS has been rotating the key since {_moment(shown.under_way_since)}. Read back from AWS."
    at = max(rotation.at for rotation in shown.rotations or () if rotation.is_on_demand)
    return f"The key has had new key material since {_moment(at)}. Read back from AWS."


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _unresolved(outcome: Outcome, before: int | None) -> Outcome:
    """Keep the number by which another try finds out whether AWS carried a call out after all, where there was one."""
    return replace(outcome, rotations_before=before)
