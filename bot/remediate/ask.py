"""Asking for rotation: from the button to a request that waits for approval."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.models.approval import ApprovalRule, Permitted, RefusalReason, Refused, RuledKey, Wish
from bot.models.asking import Asked, Choice, DailyCapError, Declined, Proposal, RotationProposal, Terms
from bot.models.keys import Finding, Verdict
from bot.models.people import Actor
from bot.models.posture import ListPage
from bot.models.requests import Change, ChangeKind, ChangeState, Request
from bot.models.scans import Account
from bot.models.trail import Act, Entry
from bot.remediate.facts import FactReader
from bot.remediate.gateways import Findings, KeyReader, PeopleDirectory, Record, RequestBook
from bot.remediate.looking import look
from bot.remediate.making import UNKNOWN_KEY, already_asked, begin, caps_of, decide, new_change_id
from bot.remediate.standing import standing
from bot.rules.approval import refuse_outsiders
from bot.rules.approvers import who_decides
from bot.rules.house import House
from bot.rules.period import SHORTEST_PERIOD_DAYS
from bot.rules.verdict import Policy
from bot.tracing import FollowingThreads, learned

NOTHING_LEFT = "Nothing was asked for, for none of these keys needs it any more."
AT_THE_SAME_MOMENT = "Somebody else asked for one of these keys at the same moment. Send it again without that key."
READERS = 8
"""Keys that are read at once."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asking:
    """Everything that asking needs. `channel` is where the request is posted."""

    people: PeopleDirectory
    requests: RequestBook
    findings: Findings
    keys: KeyReader
    record: Record
    facts: FactReader
    house: House
    policy: Policy
    period_days: int
    channel: str
    clock: Callable[[], datetime]

    def propose(self, handle: str, arn: str | None) -> Proposal | Declined:
        """Say what the modal may offer for a key, from the store alone: a modal has three seconds to open."""
        finding = self._free(arn)
        if isinstance(finding, Declined):
            return finding
        longest = self.policy.max_rotation_period_days
        return Proposal(handle, finding, self.period_days, SHORTEST_PERIOD_DAYS, longest, self._may_be_at_once())

    def propose_rotation(self, handle: str, arn: str | None, used: int | None) -> RotationProposal | Declined:
        """Say what the modal for rotating now tells, from the store alone as well.

        `used` is how often the key had been rotated on demand when it was shown, where somebody was told.
        """
        finding = self._free(arn)
        if isinstance(finding, Declined):
            return finding
        if finding.verdict is Verdict.NOT_APPLICABLE:
            return Declined(f"This key cannot be rotated, as it was last read. {finding.message}")
        return RotationProposal(handle, finding, used, self._may_be_at_once())

    def choose(self, page: ListPage) -> Choice | Declined:
        """Say which of the listed keys the modal for several may offer: those that nobody has asked for."""
        free = tuple(key for key in page.keys if key.arn not in page.requests)
        if not free:
            return Declined("There is no key left to ask for: all of these have been asked for, or mended.")
        hidden, longest = page.total - len(page.keys), self.policy.max_rotation_period_days
        return Choice(page.scope, free, hidden, self.period_days, SHORTEST_PERIOD_DAYS, longest, self._may_be_at_once())

    def _may_be_at_once(self) -> bool:
        return any(rule.is_pre_approved for rule in self.house.rules)

    def ask(self, actor: Actor, arns: tuple[str | None, ...], terms: Terms) -> Asked | Declined:
        """Make one request for all keys to which it, read anew, still applies, if the person may ask.

        A key that does not, or that somebody asked for already, is left out, and that is said.
        """
        known = [finding for arn in dict.fromkeys(arns) if (finding := self._last_finding(arn)) is not None]
        if not known:
            return Declined(UNKNOWN_KEY)
        who = standing(self.people, actor, (), Wish.ASK)
        outsider = refuse_outsiders(self.house, who)
        if outsider is not None:
            return self._refuse(actor, known, outsider)
        wanted, left_out = self._needed(known, terms.kind)
        if not wanted:
            return Declined(left_out[0] if len(known) == 1 else "\n".join((NOTHING_LEFT, *left_out)))
        keys = self._ruled(wanted)
        permitted = decide(self.house, self.people, who, keys)
        if isinstance(permitted, Refused):
            return self._refuse(actor, known, permitted)
        request = self._request(actor, wanted, keys, terms, permitted)
        try:
            made = self.requests.create(request, self.channel, caps_of(permitted))
        except DailyCapError as error:
            return self._refuse(actor, known, Refused(RefusalReason.DAILY_CAP, str(error)))
        if made is None:
            return self._somebody_was_first(wanted, terms.kind)
        learned(request=made.id)
        log.info("A request was made, and is %s; keys: %d.", made.state, len(made.changes))
        return Asked(made, who_decides(permitted.rules), tuple(left_out))

    def _ruled(self, wanted: Sequence[Finding]) -> list[RuledKey]:
        """Read what the rules look at in each key, several keys at a time."""
        with FollowingThreads(READERS) as readers:
            facts = list(readers.map(lambda finding: self.facts.read(finding.arn), wanted))
        return [
            RuledKey(each.arn, Account(each.account, each.account_name), each.region, found)
            for each, found in zip(wanted, facts, strict=True)
        ]

    def _needed(self, known: Sequence[Finding], kind: ChangeKind) -> tuple[list[Finding], list[str]]:
        """Read the keys anew, several at a time; those that are left out come as sentences."""
        with FollowingThreads(READERS) as readers:
            looks = list(readers.map(lambda each: look(self.keys, each, kind, self.policy, self.clock()), known))
        wanted, left_out = list[Finding](), list[str]()
        for each in looks:
            self.findings.record_reading(each.finding)
            other = self.requests.open_for(each.finding.arn)
            why = each.why_not if other is None else already_asked(other, kind)
            if not why:
                wanted.append(each.finding)
            else:
                left_out.append(why if len(known) == 1 else f"“{each.finding.name}”: {why}")
        return wanted, left_out

    def _somebody_was_first(self, wanted: Sequence[Finding], kind: ChangeKind) -> Declined:
        """Another request took one of the keys between the look and the making."""
        for finding in wanted:
            other = self.requests.open_for(finding.arn)
            if other is not None:
                return Declined(already_asked(other, kind) if len(wanted) == 1 else AT_THE_SAME_MOMENT, other)
        return Declined(AT_THE_SAME_MOMENT)

    def _request(
        self,
        actor: Actor,
        wanted: Sequence[Finding],
        keys: Sequence[RuledKey],
        terms: Terms,
        permitted: Permitted,
    ) -> Request:
        begun = begin(self.house, actor, permitted, terms.reason, self.clock())
        changes = (
            Change(
                id=new_change_id(),
                request_id=begun.id,
                arn=finding.arn,
                key_name=finding.name,
                account_name=finding.account_name,
                state=ChangeState.QUEUED,
                period_days=terms.period_days,
                kind=terms.kind,
                rule=_name(self.house.ruling(key).decides),
                facts=key.facts,
            )
            for finding, key in zip(wanted, keys, strict=True)
        )
        return replace(begun, changes=tuple(changes))

    def _free(self, arn: str | None) -> Finding | Declined:
        """Find a key that the last scan knows and that nobody has asked for."""
        finding = self._last_finding(arn)
        if finding is None:
            return Declined(UNKNOWN_KEY)
        request = self.requests.open_for(finding.arn)
        return finding if request is None else Declined(already_asked(request, ChangeKind.ENABLE_ROTATION), request)

    def _last_finding(self, arn: str | None) -> Finding | None:
        scan = self.findings.current()
        return None if scan is None or arn is None else self.findings.finding(scan.id, arn)

    def _refuse(self, actor: Actor, known: Sequence[Finding], refused: Refused) -> Declined:
        details: dict[str, object] = {
            "wish": Wish.ASK.value,
            "reason": refused.reason.value,
            "team": actor.team_id,
        }
        if len(known) > 1:
            details["keys"] = [finding.arn for finding in known]
        self.record.record(Entry(self.clock(), actor.user_id, Act.REFUSED, known[0].arn, details))
        return Declined(refused.sentence)


def _name(rule: ApprovalRule | Refused) -> str:
    return rule.name if isinstance(rule, ApprovalRule) else ""
