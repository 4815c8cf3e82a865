"""AWS: who the bot is, its clock, the organisation, and then each account by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from threading import Event

from bot.doctor.account import AccountChecks
from bot.doctor.clocks import clock_line
from bot.doctor.denials import AGAIN, not_answered, own_denied, status_of
from bot.doctor.examination import WORKERS, Step
from bot.doctor.gateways import AwsToExamine, Directory
from bot.doctor.lines import Check, Line, Status, not_tested, ok
from bot.models.keys import ReadFailure
from bot.models.scans import EVERYWHERE, Account
from bot.models.selection import EVERYBODY, Selection
from bot.rules.filters import Filter
from bot.rules.selection import Choice, Selector
from bot.scan import sentences
from bot.scan.choosing import Chosen, choose_listed, choose_members
from bot.scan.gateways import WantedAccounts, WantedRegions
from bot.scan.regions import ListedRegions, listed_regions
from bot.scan.survey import Survey, survey

_MANAGEMENT = (
    "Run the bot in the management account or a delegated administrator of Organizations, with deploy/aws/bot.yml."
)
_CREDENTIALS = "The bot needs AWS credentials: a role where it runs, or AWS_PROFILE."
_IN_ACCOUNTS = (Check.AUDIT_ROLE, Check.PERMISSION, Check.REMEDIATION_ROLE)


@dataclass(frozen=True, slots=True)
class AwsChecks:
    """What is looked at in AWS. `accounts`, `regions` and `selection` are as the settings say, narrowed by `within`."""

    aws: AwsToExamine
    directory: Directory
    account: AccountChecks
    accounts: WantedAccounts
    regions: WantedRegions
    selection: Selection
    within: Filter
    stop: Event

    def steps(self) -> list[Step]:
        return [Step(Check.IDENTITY, "AWS", self._identity)]

    def _identity(self) -> Iterator[Line | Step]:
        caller, ahead = self.aws.caller()
        if isinstance(caller, ReadFailure):
            yield not_answered(Check.IDENTITY, "AWS", caller, _CREDENTIALS)
        else:
            yield ok(Check.IDENTITY, "AWS", f"The bot is {caller.arn}.")
        if ahead is not None or not isinstance(caller, ReadFailure):
            yield clock_line("AWS", ahead)
        if isinstance(caller, ReadFailure):
            yield from _unasked("AWS does not say who the bot is", Check.ORGANIZATION, *_IN_ACCOUNTS)
            return
        yield Step(Check.ORGANIZATION, "AWS", self._organization)

    def _organization(self) -> Iterator[Line | Step]:
        selection = self.selection if self.accounts == "organization" else EVERYBODY
        found = survey(self.directory, selection.units, workers=WORKERS, stop=self.stop, on_found=lambda _: None)
        chosen = self._chosen(found, selection)
        if self.accounts == "organization" and isinstance(found.members, ReadFailure):
            yield own_denied(Check.ORGANIZATION, "organization", found.members, _MANAGEMENT)
            yield from _unasked("which accounts there are is unknown", *_IN_ACCOUNTS)
            return
        yield from self._members(found, chosen)
        selector = Selector(selection, found.units)
        listed = None if self.regions == "enabled" else listed_regions(self.directory, self.regions)
        for account in chosen.entering:
            yield self._step(account, listed)
        for account in chosen.undecided:
            look = partial(self._by_tags, account, selector, listed)
            yield Step(Check.ORGANIZATION, sentences.account_name(account), look)

    def _step(self, account: Account, listed: ListedRegions | None) -> Step:
        return Step(Check.AUDIT_ROLE, sentences.account_name(account), partial(self.account.look, account, listed))

    def _chosen(self, found: Survey, selection: Selection) -> Chosen:
        if self.accounts == "organization":
            return choose_members(found, selection, self.within)
        own = [] if isinstance(found.own, ReadFailure) else [found.own]
        return choose_listed(own if self.accounts is None else self.accounts, found, self.within)

    def _members(self, found: Survey, chosen: Chosen) -> Iterator[Line]:
        if self.accounts == "organization" and not isinstance(found.members, ReadFailure):
            count, meant = len(found.members), len(chosen.entering) + len(chosen.undecided)
            seen = f"It can be read: {_accounts(count)}, of which {meant} may be scanned."
            yield ok(Check.ORGANIZATION, "organization", seen)
        for each in chosen.rest.left_out:
            name = sentences.account_name(Account(each.account, each.account_name))
            yield ok(Check.ORGANIZATION, name, f"It is left out on purpose. {each.why}")
        for lost in chosen.rest.failures:
            name = sentences.account_name(Account(lost.account, lost.account_name))
            subject = "organization" if lost.account == EVERYWHERE else name
            yield Line(
                Check.ORGANIZATION, subject, Status.FAILED, lost.error or "", "See [scan] in docs/configuration.md."
            )

    def _by_tags(self, account: Account, selector: Selector, listed: ListedRegions | None) -> Iterator[Line | Step]:
        """Read an account's tags, which decide whether it is scanned."""
        decision = selector.decide(account, self.directory.tags_of(account))
        name = sentences.account_name(account)
        if decision.choice is Choice.SCAN:
            yield self._step(account, listed)
        elif decision.choice is Choice.LEAVE_OUT:
            yield ok(Check.ORGANIZATION, name, f"It is left out on purpose. {decision.why}")
        else:
            status = max(map(status_of, decision.unread), key=list(Status).index, default=Status.UNKNOWN)
            policy = "Attach the policy of deploy/aws/bot.yml to the bot's own role."
            what = AGAIN if status is Status.UNKNOWN else policy
            yield Line(Check.ORGANIZATION, name, status, sentences.choice_unknown(decision.unread), what)


def _unasked(why: str, *checks: Check) -> Iterator[Line]:
    return (not_tested(check, "AWS", f"Not looked at: {why}.") for check in checks)


def _accounts(count: int) -> str:
    return "1 account" if count == 1 else f"{count:,} accounts"
