"""One account: both roles, its Regions, and every permission that can be tried without changing anything."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.doctor.denials import denied, own_denied, status_of
from bot.doctor.gateways import AwsToExamine, Directory, Keys, Sessions
from bot.doctor.lines import Check, Line, Status, not_tested, ok
from bot.doctor.trying import PER_KEY, Trial, lines_of, list_all, read_all, session_reads
from bot.models.examined import Simulated
from bot.models.keys import FailureKind, ReadFailure
from bot.models.requests import ChangeKind, Mandate
from bot.models.scans import Account, Target
from bot.scan import sentences
from bot.scan.regions import ListedRegions, choose_regions
from bot.scan.remedies import remedy, said

US = Mandate("doctor", "doctor", (), ChangeKind.ROTATE_ON_DEMAND)
"""Stands in CloudTrail for the doctor's session in the remediation role. Its kind is the one with the most reads."""

NO_KEY = "00000000-0000-0000-0000-000000000000"
"""Stands in the session policy where an account has no key to try."""

CHANGES = ("kms:EnableKeyRotation", "kms:RotateKeyOnDemand")

_ROLES = "deploy/aws/member-roles.yml"
_UNTOLD = (
    f"AWS does not tell whether {{role}} is missing there, does not trust the bot, or has another external id: "
    f"compare with scan.external_id, and deploy {_ROLES} to the account."
)
_ACTION = re.compile(r"not authorized to perform: (sts:\w+)")


@dataclass(frozen=True, slots=True)
class AccountChecks:
    """What is looked at in each account. `home` is the Region in which the bot asks for its sessions."""

    directory: Directory
    keys: Keys
    sessions: Sessions
    aws: AwsToExamine
    audit_role: str | None
    remediation_role: str | None
    period_days: int
    home: str

    def look(self, account: Account, listed: ListedRegions | None) -> Iterator[Line]:
        """Look at one account. `listed` are the Regions that the settings list; None is those that it has enabled."""
        name = sentences.account_name(account)
        closed = self.directory.open(account)
        yield self._audit_role(name, closed)
        if closed is not None:
            yield from self._remediation(account, ())
            return
        chosen = choose_regions(self.directory, account, listed)
        if isinstance(chosen, ReadFailure):
            yield denied(Check.PERMISSION, name, chosen, self._reader)
            yield from self._remediation(account, ())
            return
        for region, cause in chosen.lost:
            what = "Correct scan.regions, or enable the Region."
            yield Line(Check.REGIONS, f"{name} in {region}", Status.WARNING, cause, what)
        found, trials = list_all(self.keys, [Target(account, region) for region in chosen.scanned])
        sample, more = read_all(self.keys, found)
        asked = [Trial("account:ListRegions", "", None)] if listed is None else []
        yield from lines_of([*asked, *trials, *more], name, self._reader)
        if not sample:
            named = ", ".join(f"kms:{each}" for each in PER_KEY)
            yield not_tested(Check.PERMISSION, name, f"No key was found to try {named} on.")
        yield from self._remediation(account, sample)

    @property
    def _reader(self) -> str:
        return "the bot itself" if self.audit_role is None else f"the role {self.audit_role}"

    def _audit_role(self, name: str, closed: ReadFailure | None) -> Line:
        if closed is not None:
            return _of_role(Check.AUDIT_ROLE, name, closed, self._reader)
        if self.audit_role is None:
            return ok(Check.AUDIT_ROLE, name, "The bot reads this account as itself.")
        return ok(Check.AUDIT_ROLE, name, f"The bot may assume {self._reader}.")

    def _remediation(self, account: Account, sample: Sequence[str]) -> Iterator[Line]:
        """Open the session that a change would have, and read with it what is read before and after one."""
        name, role = sentences.account_name(account), self.remediation_role
        if role is None:
            why = "scan.remediation_role is not set, so keys can be changed in the bot's own account alone, as itself."
            yield not_tested(Check.REMEDIATION_ROLE, name, why)
            return
        arn = sample[0] if sample else self._no_key(account)
        label = f"the role {role}"
        session = self.sessions.open(arn, US)
        if isinstance(session, ReadFailure):
            yield _of_role(Check.REMEDIATION_ROLE, name, session, label)
            return
        yield ok(Check.REMEDIATION_ROLE, name, f"The bot may assume {label} for one key and the calls of a change.")
        if sample:
            yield from lines_of(session_reads(session, arn), name, label)
        yield from self._simulated(name, arn, role)

    def _no_key(self, account: Account) -> str:
        """Make the ARN of a key that there is not: a session policy may name it all the same."""
        told = self.directory.partition()
        partition = "aws" if isinstance(told, ReadFailure) else told
        return f"arn:{partition}:kms:{self.home}:{account.id}:key/{NO_KEY}"

    def _simulated(self, name: str, arn: str, role: str) -> Iterator[Line]:
        """Ask the simulator about the changes themselves: KMS has no dry run for them.

        https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html
        """
        told = self.aws.simulate(arn, role, CHANGES, self.period_days)
        if isinstance(told, ReadFailure):
            yield _not_simulated(name, told)
            return
        yield from (self._of_simulation(name, each, role) for each in told)

    def _of_simulation(self, name: str, told: Simulated, role: str) -> Line:
        period = f" with {self.period_days} days" if told.action == CHANGES[0] else ""
        if told.is_allowed:
            seen = (
                f"{told.action}{period} is allowed to the role {role}, says IAM's simulator; a key's policy may differ."
            )
            return ok(Check.PERMISSION, name, seen)
        seen = f"{told.action}{period} is denied to the role {role} by {told.by}, says IAM's simulator."
        what = f"Deploy {_ROLES} anew; its MaxRotationPeriodInDays bounds the days."
        if told.by != "the role's own policies":
            what = "Ask whoever keeps that policy to except the role."
        return Line(Check.PERMISSION, name, Status.FAILED, seen, what)


def _of_role(check: Check, name: str, failure: ReadFailure, label: str) -> Line:
    """Say why a role cannot be assumed, as far as AWS tells."""
    action = _ACTION.search(failure.detail)
    if failure.kind is FailureKind.ACCESS_DENIED and action and action[1] != "sts:AssumeRole":
        seen = f"{action[1]} is denied for {label}."
        what = (
            f"Its trust policy, and the bot's own policy, must allow that too: deploy {_ROLES} and deploy/aws/bot.yml."
        )
        return Line(check, name, Status.FAILED, seen, what)
    return own_denied(check, name, failure, _UNTOLD.format(role=label))


def _not_simulated(name: str, failure: ReadFailure) -> Line:
    both = " and ".join(CHANGES)
    if failure.kind is FailureKind.ACCESS_DENIED:
        seen = f"Whether {both} are allowed was not tested: AWS has no dry run for them, and {failure.sentence}"
        return not_tested(Check.PERMISSION, name, seen, f"Deploy {_ROLES} anew, or approve a first request and see.")
    if failure.kind is FailureKind.NOT_FOUND or failure.code == "NoSuchEntity":
        return Line(Check.PERMISSION, name, Status.UNKNOWN, f"Whether {both} are allowed: {failure.sentence}")
    what = remedy(failure) or "Try again."
    return Line(Check.PERMISSION, name, status_of(failure), f"Whether {both} are allowed: {said(failure)}", what)
