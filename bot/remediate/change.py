"""Carrying out an approved change: claim, re-read, call, read back, record. At most one call a change.

Every outcome is stored before anybody is told, and told from what is stored. The bot never switches rotation off.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeGuard

from bot.models.approval import Permitted, RefusalReason, Refused
from bot.models.keys import ReadFailure
from bot.models.requests import Change, ChangeKind, ChangeState, Mandate, Outcome, Request
from bot.remediate.enable import Enabling
from bot.remediate.excuse import excuse
from bot.remediate.gateways import Findings, KeySession, KeySessions, RequestBook
from bot.remediate.hands import INTERRUPTED, READ_BACK_WAITS, Hands, InterruptedChangeError, failed, not_touched
from bot.remediate.on_demand import Rotating
from bot.remediate.recheck import Recheck
from bot.rules.verdict import Policy
from bot.tracing import AWS_REQUEST_ID

log = logging.getLogger(__name__)


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
        told = {AWS_REQUEST_ID: outcome.aws_request_id}
        log.info("The change of %s ended: %s.", change.arn, outcome.state, extra=told)

    def _change(self, change: Change, request: Request, holds: Permitted | Refused) -> Outcome:
        if isinstance(holds, Refused):
            return _untouched(change, f"The approval does not hold any more. {holds.sentence}")
        if change.kind is ChangeKind.EXEMPT:
            return excuse(change, self.clock())
        session = self._open(change, request)
        if isinstance(session, ReadFailure):
            return _untouched(change, f"{not_touched(change)}: {session.sentence}")
        return self._way(change).carry_out(session, change)

    def _look_again(self, change: Change, request: Request) -> Outcome:
        session = self._open(change, request)
        if isinstance(session, ReadFailure):
            return _untouched(change, f"{INTERRUPTED} The key cannot be read now: {session.sentence}")
        return self._way(change).look_again(session, change)

    def _way(self, change: Change) -> Enabling | Rotating:
        hands = Hands(self.requests, self.findings, self.policy, self.clock, self.pause, self.read_back_waits)
        return Rotating(hands) if change.kind is ChangeKind.ROTATE_ON_DEMAND else Enabling(hands)

    def _open(self, change: Change, request: Request) -> KeySession | ReadFailure:
        whose = request.approvers if request.glass is None else (request.glass.user_id,)
        mandate = Mandate(request.id, request.requester, whose, change.kind, request.basis)
        return self.sessions.open(change.arn, mandate)


def _is_unknown(holds: Permitted | Refused) -> TypeGuard[Refused]:
    return isinstance(holds, Refused) and holds.reason is RefusalReason.LOOKUP_FAILED


def _untouched(change: Change, sentence: str) -> Outcome:
    """Nothing is known that was not known before: of an earlier call neither."""
    outcome = failed(sentence, change.before, change.aws_request_id)
    return replace(outcome, rotations_before=change.rotations_before)
