"""What the last scan says to a wish for an exemption: from the store alone, for a modal has three seconds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from difflib import get_close_matches
from typing import Protocol

from bot.models.asking import Declined
from bot.models.exempting import AskAgain, ExemptionProposal, ExemptionWish, Flaw, Reach, WishField
from bot.models.exemptions import Exemption, ExemptionScope, ExemptionState
from bot.models.keys import Finding, Verdict
from bot.models.requests import ChangeKind, Request
from bot.models.scans import Account, Scan
from bot.remediate.making import UNKNOWN_KEY, already_asked
from bot.rules.exempting import USUAL, find_flaws, last_day_allowed, last_second
from bot.rules.exemptions import tidy
from bot.rules.filters import BadFilterError, Filter
from bot.rules.progress import NOT_SCANNED
from bot.rules.sight import EVERYTHING, Sight

MOST_NAMES = 10
"""So many keys of a scope are named."""

RENEWED_ALREADY = "This exemption was renewed already. Renew the later one: `/kms-rotation exemptions`."
UNKNOWN_EXEMPTION = "This exemption is not in the database. It may belong to another installation of the bot."


class Findings(Protocol):
    """The last scan."""

    def current(self) -> Scan | None: ...

    def finding(self, scan_id: str, arn: str) -> Finding | None: ...

    def known_accounts(self) -> Sequence[Account]: ...

    def names_near(self, scan_id: str, name: str, scope: Filter) -> set[str]: ...


class Exemptions(Protocol):
    """The exemptions, and what a scope covers."""

    def get(self, exemption_id: str) -> Exemption | None: ...

    def active(self, until: datetime | None = None) -> list[Exemption]: ...

    def reach(self, scan: Scan, scope: ExemptionScope, most: int, hides: Callable[[str], bool]) -> Reach: ...


class OpenRequests(Protocol):
    """The requests that are open."""

    def open_for(self, arn: str) -> Request | None: ...


@dataclass(frozen=True, slots=True)
class Wishes:
    """Everything that weighing a wish needs. `declared_in` is the file in which exemptions are declared."""

    findings: Findings
    exemptions: Exemptions
    requests: OpenRequests
    longest: timedelta
    timezone: tzinfo
    declared_in: str
    clock: Callable[[], datetime]

    def today(self) -> date:
        return self.clock().astimezone(self.timezone).date()

    def propose(self, arn: str | None, renews: str) -> ExemptionProposal | Declined:
        old = self._renewable(renews) if renews else None
        if isinstance(old, Declined):
            return old
        scope = ExemptionScope(arn=arn or "") if old is None else old.scope
        request = self.requests.open_for(str(scope)) if arn or old else None
        if request is not None:
            return Declined(already_asked(request, ChangeKind.EXEMPT), request)
        finding = self._last_finding(scope.arn)
        if scope.is_one_key and finding is None:
            return Declined(UNKNOWN_KEY)
        why_not = "" if finding is None or old is not None else _not_open(finding) or self._is_exempt(scope)
        if why_not:
            return Declined(why_not)
        today, last = self.today(), last_day_allowed(self.today(), self.longest)
        return ExemptionProposal(finding, today + timedelta(days=1), min(today + USUAL, last), last, old)

    def preview(self, scope: ExemptionScope, sight: Sight) -> Reach | Declined:
        scan = self.findings.current()
        if scan is None:
            return Declined(NOT_SCANNED)
        try:
            return self.exemptions.reach(scan, tidy(scope), MOST_NAMES, sight.hides)
        except BadFilterError as error:
            return Declined(str(error))

    def check(self, wish: ExemptionWish, sight: Sight = EVERYTHING) -> tuple[Flaw, ...] | AskAgain:
        flaws = find_flaws(wish, self.today(), self.longest)
        if any(each.field is WishField.SCOPE for each in flaws):
            return flaws
        settled = self.settled(wish)
        if isinstance(settled, Declined):
            return (Flaw(WishField.SCOPE, settled.sentence), *flaws)
        reach = self.preview(settled.scope, sight)
        why_not = reach.sentence if isinstance(reach, Declined) else self._why_not(settled, reach, sight)
        if why_not:
            return (Flaw(WishField.SCOPE, why_not), *flaws)
        if not flaws and isinstance(reach, Reach) and reach.is_everything and not wish.is_sure:
            return AskAgain(_everything(reach), reach)
        return flaws

    def settled(self, wish: ExemptionWish) -> ExemptionWish | Declined:
        """Write the wish in the way in which it is kept; the scope of a renewed one is that of the old one."""
        old = self._renewable(wish.renews) if wish.renews else None
        if isinstance(old, Declined):
            return old
        reason, owner = " ".join(wish.reason.split()), " ".join(wish.owner.split())
        scope = tidy(wish.scope) if old is None else old.scope
        return replace(wish, scope=scope, reason=reason, owner=owner, ticket=wish.ticket.strip())

    def finding_of(self, scope: ExemptionScope) -> Finding | None:
        return self._last_finding(scope.arn)

    def account_of(self, scope: ExemptionScope) -> Account | None:
        """Name the one account that a scope names by its id; by the id where nobody knows its name."""
        if not scope.one_account:
            return None
        known = (each for each in self.findings.known_accounts() if each.id == scope.one_account)
        return next(known, Account(scope.one_account, scope.one_account))

    def _why_not(self, wish: ExemptionWish, reach: Reach, sight: Sight) -> str:
        """Say why nothing is to be excused; no words where something is."""
        if wish.scope.is_one_key:
            finding = self._last_finding(wish.scope.arn)
            if finding is None:
                return UNKNOWN_KEY
            if not wish.renews and not _not_open(finding) and self._holds_as_long(finding, wish):
                return "This key is exempt for as long already, so nothing would change."
            return _not_open(finding) or ("" if wish.renews else self._is_exempt(wish.scope))
        if not reach.keys:
            return self._nothing_covered(reach.scan, wish.scope, sight)
        if not reach.open_keys and not reach.excused:
            return f"It covers {_keys(reach.keys)}, and none is open today: there is nothing to exempt."
        if not wish.renews and not reach.open_keys:
            return f"All open keys that it covers ({reach.excused}) are exempt already. Renew that instead."
        return "" if wish.renews else self._is_exempt(wish.scope)

    def _holds_as_long(self, finding: Finding, wish: ExemptionWish) -> bool:
        return finding.exempt_until is not None and finding.exempt_until >= last_second(wish.until, self.timezone)

    def _is_exempt(self, scope: ExemptionScope) -> str:
        if any(each.scope == scope for each in self.exemptions.active()):
            return "There is an exemption of exactly this already. Renew it instead: `/kms-rotation exemptions`."
        return ""

    def _renewable(self, exemption_id: str) -> Exemption | Declined:
        old = self.exemptions.get(exemption_id)
        if old is None:
            return Declined(UNKNOWN_EXEMPTION)
        if old.is_declared:
            return Declined(declared(self.declared_in))
        return Declined(RENEWED_ALREADY) if old.state is ExemptionState.RENEWED else old

    def _last_finding(self, arn: str) -> Finding | None:
        scan = self.findings.current() if arn else None
        return None if scan is None else self.findings.finding(scan.id, arn)

    def _nothing_covered(self, scan: Scan, scope: ExemptionScope, sight: Sight) -> str:
        """Say that no key matches, and what may have been meant."""
        accounts = [each for each in self.findings.known_accounts() if not sight.hides(each.id)]
        near = get_close_matches(scope.account, [text for each in accounts for text in (each.name.lower(), each.id)], 1)
        if near and near[0] != scope.account:
            return f"{_NOTHING} Did you mean account={near[0]}?"
        if scope.alias:
            names = self.findings.names_near(scan.id, scope.alias, Filter().seen_by(sight))
            meant = get_close_matches(scope.alias, sorted(names), 1)
            if meant and meant[0] != scope.alias:
                return f"{_NOTHING} Did you mean alias={meant[0]}?"
        return f"{_NOTHING} Tags are read of open keys alone." if scope.tag else _NOTHING


_NOTHING = "No key of the last scan matches this."


def declared(place: str) -> str:
    return f"This exemption is declared in {place}. Change it there; it holds from the next start of the bot."


def _not_open(finding: Finding) -> str:
    if finding.verdict is Verdict.NON_COMPLIANT:
        return ""
    return f"This key is not open, so there is nothing to exempt. {finding.message}"


def _everything(reach: Reach) -> str:
    if reach.is_partial:
        return "This covers every open key that is shown to you, and those that are not. Is that meant?"
    return f"This covers everything: {_keys(reach.open_keys)} open today, and none would be left. Is that meant?"


def _keys(number: int) -> str:
    return "1 key" if number == 1 else f"{number:,} keys"
