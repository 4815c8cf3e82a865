"""Carrying out an approved change: claim, re-read, enable, read back, record. At most one EnableKeyRotation a change.

Every outcome is stored before anybody is told, and told from what is stored. The bot never switches rotation off.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeGuard

from bot.models.approval import Permitted, RefusalReason, Refused
from bot.models.keys import FailureKind, ReadFailure, RotationStatus, Verdict
from bot.models.requests import Change, ChangeState, Mandate, Outcome, Request
from bot.remediate.gateways import Findings, KeySession, KeySessions, RequestBook
from bot.remediate.reading import Reading, read, read_again, say_status
from bot.remediate.recheck import Recheck
from bot.rules.verdict import Policy

READ_BACK_WAITS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0)
"""Seconds before each attempt to read a change back: KMS is eventually consistent, seconds usually, minutes sometimes.

https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency
"""

THROTTLE_WAITS = (1.0, 2.0, 4.0, 8.0)
"""Seconds before a throttled EnableKeyRotation is tried again: AWS did not carry it out."""

log = logging.getLogger(__name__)


class InterruptedChangeError(Exception):
    """The bot is stopping in the middle of a change; the next start re-reads the key and records what it finds."""


@dataclass(frozen=True, slots=True)
class Remediation:
    """Everything that carrying out needs.

    `pause` waits so many seconds and answers True where the bot is stopping. `recheck` looks again whether the approval
    holds. `channel` is where results are told.
    """

    requests: RequestBook
    findings: Findings
    sessions: KeySessions
    policy: Policy
    channel: str
    recheck: Recheck
    clock: Callable[[], datetime]
    pause: Callable[[float], bool]
    read_back_waits: Sequence[float] = READ_BACK_WAITS

    def carry_out(self, change: Change) -> None:
        """Claim a queued change and see it through. Nothing happens where somebody else claimed it.

        Where nobody can tell just now whether the approval holds, the change waits, and its request says so.
        """
        request = self._request_of(change)
        holds = self.recheck.holds(request, change)
        if _is_unknown(holds):
            log.warning("The change of %s waits: %s", change.arn, holds.sentence)
            self.requests.note_wait(change, holds.sentence, self.clock())
        elif self.requests.claim(change, self.clock()):
            self._finish(change, lambda: self._change(change, request, holds))

    def recover(self, change: Change) -> None:
        """Take up a claimed change that a crash left: AWS is read first, and what it shows is recorded.

        How far it had come is looked up now: since `change` was read, somebody may have gone on with it.
        """
        request = self._request_of(change)
        for left in request.changes:
            if left.id == change.id and left.state is ChangeState.EXECUTING:
                if left.before:
                    self._finish(left, partial(self._look_again, left, request))
                elif not _is_unknown(holds := self.recheck.holds(request, left)):
                    self._finish(left, partial(self._change, left, request, holds))

    def _request_of(self, change: Change) -> Request:
        request = self.requests.get(change.request_id)
        if request is None:
            raise LookupError(f"change {change.id} belongs to no request")
        return request

    def _finish(self, change: Change, work: Callable[[], Outcome]) -> None:
        try:
            outcome = work()
        except InterruptedChangeError:
            log.warning("Stopping in the middle of %s; the next start reads the key again.", change.arn)
            return
        self._conclude(change, outcome)

    def _conclude(self, change: Change, outcome: Outcome) -> None:
        self.requests.conclude(change, outcome, self.channel, self.clock())

    def _change(self, change: Change, request: Request, holds: Permitted | Refused) -> Outcome:
        if isinstance(holds, Refused):
            return _failed(f"The approval does not hold any more. {holds.sentence}")
        session = self._open(change, request)
        if isinstance(session, ReadFailure):
            return _failed(f"The key was not touched: {session.sentence}")
        before = self._read(session, change)
        if before.judgement.verdict is Verdict.COMPLIANT:
            return _not_needed(before)
        if before.judgement.verdict is not Verdict.NON_COMPLIANT:
            return _failed(f"The key was not touched. {before.judgement.message}", before.summary)
        if change.period_days > self.policy.max_rotation_period_days:
            most = self.policy.max_rotation_period_days
            return _failed(f"The key was not touched: the policy allows at most {most} days now.", before.summary)
        return self._enable(session, change, before)

    def _enable(self, session: KeySession, change: Change, before: Reading) -> Outcome:
        self.requests.note_call(change, before.summary, {"period_days": change.period_days}, self.clock())
        answer = self._call(session, change)
        if isinstance(answer, ReadFailure) and answer.is_answered:
            return _failed(f"AWS refused the change: {answer.sentence}", before.summary)
        status = self._read_back(session, change)
        request_id = None if isinstance(answer, ReadFailure) else answer
        if status is not None:
            return _succeeded(status, before.summary, request_id)
        if isinstance(answer, ReadFailure):
            sentence = f"Nobody knows whether AWS carried it out: {answer.sentence} The key does not show it so far."
        else:
            sentence = "AWS accepted the change, but reading back does not show it so far. Look at the key again later."
        return _failed(sentence, before.summary, request_id)

    def _call(self, session: KeySession, change: Change) -> str | ReadFailure:
        """Call EnableKeyRotation; again only while AWS says that it was throttled, and so not carried out."""
        answer = session.enable_rotation(change.period_days)
        for wait in THROTTLE_WAITS:
            if not (isinstance(answer, ReadFailure) and answer.kind is FailureKind.THROTTLED):
                break
            self._pause(wait)
            answer = session.enable_rotation(change.period_days)
        return answer

    def _look_again(self, change: Change, request: Request) -> Outcome:
        session = self._open(change, request)
        if isinstance(session, ReadFailure):
            return _failed(f"{_INTERRUPTED} The key cannot be read now: {session.sentence}", change.before)
        status = self._read_back(session, change)
        if status is not None:
            return _succeeded(status, change.before, None)
        return _failed(f"{_INTERRUPTED} The key does not rotate as asked.", change.before)

    def _read_back(self, session: KeySession, change: Change) -> RotationStatus | None:
        """Read until the change shows; None where patience ran out."""
        for wait in self.read_back_waits:
            self._pause(wait)
            reading = self._read(session, change)
            status = reading.status
            if status is not None and status.enabled and status.period_days == change.period_days:
                return status
        return None

    def _open(self, change: Change, request: Request) -> KeySession | ReadFailure:
        whose = request.approvers if request.glass is None else (request.glass.user_id,)
        mandate = Mandate(request.id, request.requester, whose, change.kind, request.basis)
        return self.sessions.open(change.arn, mandate)

    def _read(self, session: KeySession, change: Change) -> Reading:
        """Read the key, and let the last scan's finding know."""
        reading = read(session, self.policy)
        scan = self.findings.current()
        finding = None if scan is None else self.findings.finding(scan.id, change.arn)
        if finding is not None:
            self.findings.record_reading(read_again(finding, reading, self.clock()))
        return reading

    def _pause(self, seconds: float) -> None:
        if self.pause(seconds):
            raise InterruptedChangeError


def _is_unknown(holds: Permitted | Refused) -> TypeGuard[Refused]:
    return isinstance(holds, Refused) and holds.reason is RefusalReason.LOOKUP_FAILED


_INTERRUPTED = "The bot was interrupted while it changed this key."


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


def _failed(sentence: str, before: str = "", aws_request_id: str | None = None) -> Outcome:
    return Outcome(ChangeState.FAILED, sentence, before, "", aws_request_id)
