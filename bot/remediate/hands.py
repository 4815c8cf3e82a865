"""What every change of a key needs, whatever is done to it: to read, to wait, to call with care."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bot.models.keys import FailureKind, ReadFailure
from bot.models.requests import Change, ChangeState, Outcome
from bot.remediate.gateways import Findings, KeySession, RequestBook
from bot.remediate.reading import Reading, read, read_again
from bot.rules.verdict import Policy

READ_BACK_WAITS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0)
"""Seconds before each attempt to read a change back: KMS is eventually consistent, seconds usually, minutes sometimes.

https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency
"""

THROTTLE_WAITS = (1.0, 2.0, 4.0, 8.0)
"""Seconds before a throttled call is made again: AWS did not carry it out."""

INTERRUPTED = "The bot was interrupted while it changed this key."

Seen = TypeVar("Seen")


class InterruptedChangeError(Exception):
    """The bot is stopping in the middle of a change; the next start re-reads the key and records what it finds."""


@dataclass(frozen=True, slots=True)
class Hands:
    """Everything that touching a key needs. `pause` waits so many seconds and answers True where the bot is stopping.

    Whatever waits raises InterruptedChangeError then.
    """

    requests: RequestBook
    findings: Findings
    policy: Policy
    clock: Callable[[], datetime]
    pause: Callable[[float], bool]
    read_back_waits: Sequence[float] = READ_BACK_WAITS

    def read(self, session: KeySession, change: Change) -> Reading:
        """Read the key, and let the last scan's finding know."""
        reading = read(session, self.policy)
        scan = self.findings.current()
        finding = None if scan is None else self.findings.finding(scan.id, change.arn)
        if finding is not None:
            self.findings.record_reading(read_again(finding, reading, self.clock()))
        return reading

    def call(self, attempt: Callable[[], str | ReadFailure]) -> str | ReadFailure:
        """Make a call that changes a key; again only while AWS says that it was throttled, and so not carried out."""
        answer = attempt()
        for wait in THROTTLE_WAITS:
            if not (isinstance(answer, ReadFailure) and answer.kind is FailureKind.THROTTLED):
                break
            self._wait(wait)
            answer = attempt()
        return answer

    def read_back(self, look: Callable[[], Seen | None]) -> Seen | None:
        """Look until the change shows; None where patience ran out."""
        for wait in self.read_back_waits:
            self._wait(wait)
            seen = look()
            if seen is not None:
                return seen
        return None

    def _wait(self, seconds: float) -> None:
        if self.pause(seconds):
            raise InterruptedChangeError


def failed(sentence: str, before: str = "", aws_request_id: str | None = None) -> Outcome:
    return Outcome(ChangeState.FAILED, sentence, before, "", aws_request_id)


def not_touched(change: Change) -> str:
    """Say that nothing was called: with an earlier call, of which nobody knows, the key may have been touched."""
    return "The key was not touched" if change.rotations_before is None else "The key was not touched again"


def not_shown(answer: str | ReadFailure) -> str:
    """Say what is known where a call was made and the key does not show it."""
    if isinstance(answer, ReadFailure):
        return f"Nobody knows whether AWS carried it out: {answer.sentence} The key does not show it so far."
    return "AWS accepted the change, but reading back does not show it so far. Look at the key again later."
