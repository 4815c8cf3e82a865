"""Exempting: excusing open keys for a time, by a request that others approve; renewing and withdrawing that.

It is a request like any other, so that asking, approving, reminding and the record are what they are for a change.
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.models.approval import Permitted, RefusalReason, Refused, Ruled, RuledKey, RuledScope, Wish
from bot.models.asking import Asked, DailyCapError, Declined
from bot.models.exempting import AskAgain, ExemptionProposal, ExemptionWish, Flaw, Reach
from bot.models.exemptions import Exemption, ExemptionScope, ExemptionTerms
from bot.models.keys import Finding, KeyArn
from bot.models.people import Actor, LookupFailure, Standing, is_person
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
from bot.rules.exempting import last_second, may_withdraw
from bot.rules.exemptions import covers
from bot.rules.house import House
from bot.rules.sight import EVERYTHING, Sight
from bot.rules.verdict import Policy
from bot.tracing import learned
from bot.wishes import UNKNOWN_EXEMPTION, Exemptions, Wishes, declared

AT_THE_SAME_MOMENT = "Somebody else asked for the same at the same moment. Look at `/kms-rotation requests`."

log = logging.getLogger(__name__)


class ExemptionBook(Exemptions, Protocol):
    """The one place where an exemption ends."""

    def of_requests(self, request_ids: Collection[str]) -> dict[str, Exemption]: ...

    def withdraw(self, exemption: Exemption, by: str, at: datetime) -> Exemption | None: ...

    def lapse_due(self, now: datetime) -> list[Exemption]: ...


@dataclass(frozen=True, slots=True)
class Exempting:
    """Everything that exempting needs. `channel` is where the request is posted."""

    wishes: Wishes
    exemptions: ExemptionBook
    people: PeopleDirectory
    requests: RequestBook
    findings: Findings
    keys: KeyReader
    record: Record
    facts: FactReader
    house: House
    policy: Policy
    channel: str
    clock: Callable[[], datetime]

    def propose(self, arn: str | None = None, renews: str = "") -> ExemptionProposal | Declined:
        """Say what the modal may offer, from the store alone: for one key, for a scope (None), or to renew one."""
        return self.wishes.propose(arn, renews)

    def preview(self, scope: ExemptionScope, sight: Sight = EVERYTHING) -> Reach | Declined:
        """Say what a scope covers as of the last scan, from the store alone; no names of what is not to be seen."""
        return self.wishes.preview(scope, sight)

    def check(self, wish: ExemptionWish, sight: Sight = EVERYTHING) -> tuple[Flaw, ...] | AskAgain:
        """Say what will not do in a wish, from the store alone: before the modal closes. Nothing where all will."""
        return self.wishes.check(wish, sight)

    def ask(self, actor: Actor, wish: ExemptionWish, sight: Sight = EVERYTHING) -> Asked | Declined | AskAgain:
        """Make the request, if the person may ask and nothing is wrong with it. Asks Slack, and AWS of one key."""
        wrong = self.check(wish, sight)
        if isinstance(wrong, AskAgain):
            return wrong
        if wrong:
            return Declined(wrong[0].sentence)
        settled = self.wishes.settled(wish)
        if isinstance(settled, Declined):
            return settled
        who = standing(self.people, actor, (), Wish.ASK)
        outsider = refuse_outsiders(self.house, who)
        if outsider is not None:
            return self._refuse(actor, settled.scope, Wish.ASK, outsider)
        other = self.requests.open_for(str(settled.scope))
        if other is not None:
            return Declined(already_asked(other, ChangeKind.EXEMPT), other)
        nobody = self._no_such_owner(settled.owner)
        if nobody:
            return Declined(nobody)
        finding = self._still_open(settled.scope)
        if isinstance(finding, Declined):
            return finding
        return self._make(who, settled, finding)

    def withdraw(self, actor: Actor, exemption_id: str) -> Exemption | Declined:
        """End an exemption now, if the person may: whoever asked, whose the keys are, or who may approve it."""
        exemption = self.exemptions.get(exemption_id)
        if exemption is None:
            return Declined(UNKNOWN_EXEMPTION)
        rules = self.house.rules_for([self._ruled(exemption.scope)])
        who = standing(self.people, actor, () if isinstance(rules, Refused) else rules, Wish.WITHDRAW)
        verdict = may_withdraw(self.house, who, exemption, rules)
        if isinstance(verdict, Refused):
            return self._refuse(actor, exemption.scope, Wish.WITHDRAW, verdict)
        if exemption.is_declared:
            return Declined(declared(self.wishes.declared_in))
        ended = self.exemptions.withdraw(exemption, actor.user_id, self.clock())
        return ended or Declined("This exemption has ended already.")

    def active(self) -> tuple[Exemption, ...]:
        """Return the exemptions that hold, the one that ends first before the others."""
        return tuple(self.exemptions.active())

    def lapsing(self, within: timedelta) -> tuple[Exemption, ...]:
        """Return those that end so soon."""
        return tuple(self.exemptions.active(self.clock() + within))

    def get(self, exemption_id: str) -> Exemption | None:
        return self.exemptions.get(exemption_id)

    def of_request(self, request_id: str) -> Exemption | None:
        """Return the exemption that a request led to."""
        return self.exemptions.of_requests([request_id]).get(request_id)

    def covering(self, arn: str) -> tuple[Exemption, ...]:
        """Return those that cover a key, as it was last read; the one that holds longest first."""
        finding = self.wishes.finding_of(ExemptionScope(arn=arn))
        if finding is None:
            return ()
        return tuple(each for each in reversed(self.exemptions.active()) if covers(each.scope, finding))

    def lapse_due(self) -> list[Exemption]:
        """End those whose time is over, open their keys again, and owe the message that says so."""
        return self.exemptions.lapse_due(self.clock())

    def _still_open(self, scope: ExemptionScope) -> Finding | Declined | None:
        """Read the one key of a scope anew; None where a scope is not of one key."""
        if not scope.is_one_key:
            return None
        finding = self.wishes.finding_of(scope)
        if finding is None:
            return Declined(UNKNOWN_KEY)
        seen = look(self.keys, finding, ChangeKind.EXEMPT, self.policy, self.clock())
        stored = self.findings.record_reading(seen.finding)
        return Declined(seen.why_not) if seen.why_not else stored

    def _make(self, who: Standing, wish: ExemptionWish, finding: Finding | None) -> Asked | Declined:
        ruled = self._ruled(wish.scope, finding)
        permitted = decide(self.house, self.people, who, [ruled])
        if isinstance(permitted, Refused):
            return self._refuse(who.actor, wish.scope, Wish.ASK, permitted)
        request = self._request(who.actor, wish, finding, ruled, permitted)
        try:
            made = self.requests.create(request, self.channel, caps_of(permitted))
        except DailyCapError as error:
            return self._refuse(who.actor, wish.scope, Wish.ASK, Refused(RefusalReason.DAILY_CAP, str(error)))
        if made is None:
            other = self.requests.open_for(str(wish.scope))
            return Declined(AT_THE_SAME_MOMENT if other is None else already_asked(other, ChangeKind.EXEMPT), other)
        learned(request=made.id)
        log.info("A request for an exemption was made, and is %s.", made.state)
        return Asked(made, who_decides(permitted.rules))

    def _ruled(self, scope: ExemptionScope, finding: Finding | None = None) -> Ruled:
        """Read what the rules look at: in the one key, or of the one account that a scope names."""
        if not scope.is_one_key:
            account = self.wishes.account_of(scope)
            return RuledScope(scope, account, self.facts.read_of(scope.one_account))
        known, key = finding or self.wishes.finding_of(scope), KeyArn.parse(scope.arn)
        account = Account(key.account, key.account if known is None else known.account_name)
        return RuledKey(scope.arn, account, key.region, self.facts.read(scope.arn))

    def _request(
        self, actor: Actor, wish: ExemptionWish, finding: Finding | None, ruled: Ruled, permitted: Permitted
    ) -> Request:
        scope, account = wish.scope, ruled.account
        begun = begin(self.house, actor, permitted, wish.reason, self.clock())
        until = last_second(wish.until, self.wishes.timezone)
        change = Change(
            id=new_change_id(),
            request_id=begun.id,
            arn=str(scope),
            key_name=str(scope) if finding is None else finding.name,
            account_name=scope.account if account is None else account.name,
            state=ChangeState.QUEUED,
            period_days=0,
            kind=ChangeKind.EXEMPT,
            rule=", ".join(rule.name for rule in permitted.rules),
            facts=ruled.facts,
            exemption=ExemptionTerms(scope, until, wish.ticket, wish.owner, wish.renews),
        )
        return replace(begun, changes=(change,))

    def _no_such_owner(self, owner: str) -> str:
        """Say what is wrong with an owner who is named by a Slack id; any other name is taken as it is."""
        if not is_person(owner):
            return ""
        person = self.people.person(owner)
        if isinstance(person, LookupFailure):
            return f"{person.sentence}, so nobody can tell whether <@{owner}> could be the owner. Name somebody else."
        if person.deleted or person.is_bot:
            return f"<@{owner}> {'has left' if person.deleted else 'is a bot'}, and cannot be the owner. Name another."
        return ""

    def _refuse(self, actor: Actor, scope: ExemptionScope, wish: Wish, refused: Refused) -> Declined:
        details = {"wish": wish.value, "reason": refused.reason.value, "team": actor.team_id, "change": "EXEMPT"}
        self.record.record(Entry(self.clock(), actor.user_id, Act.REFUSED, str(scope), details))
        return Declined(refused.sentence)
