"""Snoozing: hearing of an open key later, for oneself or in a channel's digest. It changes no verdict and no count."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.models.approval import Permitted, Refused, Wish
from bot.models.asking import Declined
from bot.models.keys import Finding, Verdict
from bot.models.people import Actor
from bot.models.scans import Scan
from bot.models.snoozes import Snooze, Snoozed, SnoozeFor, SnoozeOffer, SnoozeWish
from bot.remediate.gateways import PeopleDirectory
from bot.remediate.making import UNKNOWN_KEY
from bot.remediate.standing import standing
from bot.rules.approval import refuse_outsiders
from bot.rules.audience import Audience
from bot.rules.house import House
from bot.rules.snoozing import fault_of, waking

NOT_OPEN = "This key is not open as it was last read, so there is nothing to snooze."
NO_DIGEST = "No digest that goes to this channel tells of this key, so there is none to snooze it in."
NOT_SNOOZED = "It is not snoozed any more."


class Findings(Protocol):
    """The last scan."""

    def current(self) -> Scan | None: ...

    def finding(self, scan_id: str, arn: str) -> Finding | None: ...


class SnoozeBook(Protocol):
    """Snoozes as stored."""

    def snooze(self, snooze: Snooze) -> None: ...

    def wake(self, arn: str, whose: str, by: str, at: datetime) -> bool: ...

    def of_key(self, arn: str, whose: Iterable[str], now: datetime) -> list[Snooze]: ...

    def wake_due(self, now: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class Snoozing:
    """Everything that snoozing needs. `may` decides by the rules, and records a refusal; days are of `timezone`."""

    findings: Findings
    book: SnoozeBook
    audiences: Callable[[], Sequence[Audience]]
    people: PeopleDirectory
    house: House
    may: Callable[[Actor, Wish], Permitted | Refused]
    timezone: str
    clock: Callable[[], datetime]

    def propose(self, actor: Actor, handle: str, arn: str | None, channel: str) -> SnoozeOffer | Declined:
        """Say what the modal may offer, from the store alone."""
        finding = self._open(arn)
        if isinstance(finding, Declined):
            return finding
        now = self.clock()
        names = [each.name for each in self._told(finding, channel)]
        found = {each.whose: each.until for each in self.book.of_key(finding.arn, (actor.user_id, *names), now)}
        return SnoozeOffer(
            handle=handle,
            finding=finding,
            channel=channel if names else "",
            today=self.today(),
            timezone=self.timezone,
            mine_until=found.get(actor.user_id),
            channels_until=max((found[name] for name in names if name in found), default=None),
        )

    def today(self) -> date:
        return self.clock().astimezone(ZoneInfo(self.timezone)).date()

    def fault(self, wish: SnoozeWish) -> str | None:
        """Say what is wrong with the day: before the modal closes."""
        return fault_of(wish.day, self.today())

    def snooze(self, actor: Actor, wish: SnoozeWish) -> Snoozed | Declined:
        finding, fault = self._open(wish.arn), self.fault(wish)
        if isinstance(finding, Declined) or fault is not None:
            return finding if isinstance(finding, Declined) else Declined(fault or "")
        names = self._names(actor, wish.whose, finding, wish.channel)
        if isinstance(names, Declined):
            return names
        until = waking(wish.day, self.timezone)
        for name in names:
            self.book.snooze(Snooze(finding.arn, name, until, actor.user_id, self.clock()))
        return Snoozed(finding.name, wish.whose, wish.channel, until)

    def wake(self, actor: Actor, arn: str | None, whose: SnoozeFor, channel: str) -> Declined | None:
        """End a snooze; None where that is done. A key that is not open any more can be woken as well."""
        finding = self._finding(arn)
        if finding is None:
            return Declined(UNKNOWN_KEY)
        names = self._names(actor, whose, finding, channel)
        if isinstance(names, Declined):
            return names
        woken = [self.book.wake(finding.arn, name, actor.user_id, self.clock()) for name in names]
        return None if any(woken) else Declined(NOT_SNOOZED)

    def wake_due(self) -> int:
        """End what is over."""
        return self.book.wake_due(self.clock())

    def _names(self, actor: Actor, whose: SnoozeFor, finding: Finding, channel: str) -> list[str] | Declined:
        """Say under which names it is kept, if the person may."""
        if whose is SnoozeFor.ME:
            outsider = refuse_outsiders(self.house, standing(self.people, actor, (), Wish.ASK))
            return [actor.user_id] if outsider is None else Declined(outsider.sentence)
        permitted = self.may(actor, Wish.SNOOZE_FOR_DIGEST)
        if isinstance(permitted, Refused):
            return Declined(permitted.sentence)
        return [each.name for each in self._told(finding, channel)] or Declined(NO_DIGEST)

    def _told(self, finding: Finding, channel: str) -> list[Audience]:
        """Find the digests of a channel that tell of a key."""
        return [each for each in self.audiences() if each.channel == channel and each.scope.matches(finding)]

    def _open(self, arn: str | None) -> Finding | Declined:
        finding = self._finding(arn)
        if finding is None:
            return Declined(UNKNOWN_KEY)
        is_open = finding.verdict is Verdict.NON_COMPLIANT and finding.exempt_until is None
        return finding if is_open else Declined(NOT_OPEN)

    def _finding(self, arn: str | None) -> Finding | None:
        scan = self.findings.current()
        return None if scan is None or arn is None else self.findings.finding(scan.id, arn)
