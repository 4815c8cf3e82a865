"""Asking for rotation: from the button to a request that waits for approval."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.models.approval import Permitted, Refused, Wish
from bot.models.asking import Asked, Declined, Proposal
from bot.models.keys import Finding, Verdict
from bot.models.people import Actor
from bot.models.requests import Change, ChangeState, Request, RequestState
from bot.models.scans import Account
from bot.models.trail import Act, Entry
from bot.remediate.gateways import Findings, KeyReader, PeopleDirectory, Record, RequestBook
from bot.remediate.reading import read_again, read_key
from bot.remediate.standing import standing
from bot.rules.approval import House, may_ask, who_approves
from bot.rules.period import SHORTEST_PERIOD_DAYS
from bot.rules.verdict import Policy

UNKNOWN_KEY = (
    "The last scan does not know this key any more: it was deleted, or it lies outside the scan now. "
    "Run `/kms-rotation list` for what is open today."
)


@dataclass(frozen=True, slots=True)
class Asking:
    """Everything that asking needs. `channel` is where the request is posted."""

    people: PeopleDirectory
    requests: RequestBook
    findings: Findings
    keys: KeyReader
    record: Record
    house: House
    policy: Policy
    period_days: int
    expires_after: timedelta
    channel: str
    clock: Callable[[], datetime]

    def propose(self, handle: str, arn: str | None) -> Proposal | Declined:
        """Say what the modal may offer for a key, from the store alone: a modal has three seconds to open."""
        finding = self._last_finding(arn)
        if finding is None:
            return Declined(UNKNOWN_KEY)
        request = self.requests.open_for(finding.arn)
        if request is not None:
            return Declined(_already_asked(request), request)
        longest = self.policy.max_rotation_period_days
        return Proposal(handle, finding, self.period_days, SHORTEST_PERIOD_DAYS, longest)

    def ask(self, actor: Actor, arn: str | None, period_days: int, reason: str) -> Asked | Declined:
        """Make a request, if the person may ask and the key, read anew, still needs it."""
        finding = self._last_finding(arn)
        if finding is None:
            return Declined(UNKNOWN_KEY)
        account = Account(finding.account, finding.account_name)
        permitted = may_ask(self.house, standing(self.people, actor, ()), [account])
        if isinstance(permitted, Refused):
            self._note_refusal(actor, finding.arn, permitted)
            return Declined(permitted.sentence)
        fresh = read_again(finding, read_key(self.keys, finding.arn, self.policy), self.clock())
        self.findings.record_reading(fresh)
        if fresh.verdict is not Verdict.NON_COMPLIANT:
            return Declined(_not_needed(fresh))
        return self._create(actor, fresh, period_days, reason, permitted)

    def _create(
        self, actor: Actor, finding: Finding, period_days: int, reason: str, permitted: Permitted
    ) -> Asked | Declined:
        request = self._request(actor, finding, period_days, reason, permitted)
        if self.requests.create(request, self.channel) is None:
            other = self.requests.open_for(finding.arn)
            return Declined(_already_asked(other) if other else "Somebody else asked at the same moment.", other)
        rule = self.house.rule_for(Account(finding.account, finding.account_name))
        return Asked(request, rule.sentence if isinstance(rule, Refused) else who_approves(rule))

    def _request(self, actor: Actor, finding: Finding, period_days: int, reason: str, permitted: Permitted) -> Request:
        now = self.clock()
        request_id = f"r{secrets.token_hex(6)}"
        change = Change(
            id=f"c{secrets.token_hex(6)}",
            request_id=request_id,
            arn=finding.arn,
            key_name=finding.name,
            account_name=finding.account_name,
            state=ChangeState.QUEUED,
            period_days=period_days,
        )
        return Request(
            id=request_id,
            state=RequestState.PENDING,
            requester=actor.user_id,
            team_id=actor.team_id,
            reason=reason,
            required=permitted.required,
            created_at=now,
            expires_at=now + self.expires_after,
            changes=(change,),
        )

    def _last_finding(self, arn: str | None) -> Finding | None:
        scan = self.findings.current()
        return None if scan is None or arn is None else self.findings.finding(scan.id, arn)

    def _note_refusal(self, actor: Actor, arn: str, refused: Refused) -> None:
        details = {"wish": Wish.ASK.value, "reason": refused.reason.value, "team": actor.team_id}
        self.record.record(Entry(self.clock(), actor.user_id, Act.REFUSED, arn, details))


def _not_needed(fresh: Finding) -> str:
    """Say what the key, read just now, turned out to be."""
    if fresh.verdict is Verdict.COMPLIANT:
        return f"Nothing was asked for: the key rotates already. {fresh.message}"
    if fresh.verdict is Verdict.INSUFFICIENT_DATA:
        return f"Nothing was asked for, because the key has to be read first. {fresh.message}"
    return f"Nothing was asked for: rotation does not apply to this key. {fresh.message}"


def _already_asked(request: Request) -> str:
    if request.state is RequestState.PENDING:
        return f"<@{request.requester}> has asked for this key already; that request waits for approval."
    return f"A request by <@{request.requester}> for this key has been approved and is being carried out."
