"""Reads one key with as few calls as its judgement needs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.models.keys import (
    FailureKind,
    Finding,
    ImmutableFacts,
    Judgement,
    KeyArn,
    KeyMetadata,
    ReadFailure,
    RotationStatus,
    Verdict,
)
from bot.models.owners import OwnerRules
from bot.models.scans import Account, Target
from bot.rules import ownership
from bot.rules.ownership import Tags, TagsRead
from bot.rules.verdict import Policy, aws_managed, judge, judge_eligibility, judge_failure, judge_immutable
from bot.scan.account_tags import AccountTags
from bot.scan.gateways import KeyReader
from bot.scan.memory import Learning
from bot.scan.tally import KeyRead, Tally

AWS_MANAGED_ALIAS = "alias/aws/"
"""Only AWS makes such aliases, so their keys need no DescribeKey.
https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html"""


@dataclass(frozen=True, slots=True)
class KeyAudit:
    """Reads and judges keys. `places` are the account and Region of each target of the scan.

    `account_tags` is there where the tags of an account may tell whose its keys are.
    """

    reader: KeyReader
    learning: Learning
    policy: Policy
    places: frozenset[tuple[str, str]]
    clock: Callable[[], datetime]
    owners: OwnerRules = field(default_factory=OwnerRules)
    account_tags: AccountTags | None = None

    def audit(self, arn: str, target: Target, aliases: tuple[str, ...], known: ImmutableFacts | None) -> KeyRead:
        """Read and judge one key, by the aliases and by what earlier scans learnt of it, as far as they are known."""
        read_at = self.clock()
        judgement, read = (aws_managed(), None) if _names_an_aws_key(aliases) else self._judge(arn, known)
        status = read if isinstance(read, RotationStatus) else None
        finding = Finding(
            arn=arn,
            account=target.account.id,
            account_name=target.account.name,
            region=target.region,
            aliases=aliases,
            verdict=judgement.verdict,
            reason=judgement.reason,
            message=judgement.message,
            read_at=read_at,
            rotation_enabled=status.enabled if status else None,
            rotation_period_days=status.period_days if status else None,
            next_rotation=status.next_rotation if status else None,
        )
        if finding.verdict is Verdict.NON_COMPLIANT:
            return self._with_tags(finding, target.account)
        return KeyRead(finding, read if isinstance(read, ReadFailure) else None)

    def settle(self, read: KeyRead, tally: Tally) -> Finding:
        """Give a finding its aliases, all of which are known by now, and note in the tally what could not be read.

        They can tell that AWS manages a key that was asked for before, in vain: the verdict is not to depend on which
        answer came first.
        """
        aliases = tuple(sorted(tally.aliases(read.finding.key_id)))
        finding = read.finding if aliases == read.finding.aliases else replace(read.finding, aliases=aliases)
        if read.untagged is not None:
            tally.note_untagged(read.untagged)
        if read.account_untagged is not None:
            tally.note_account_untagged(read.account_untagged)
        if read.tags is not None:
            return ownership.owned(finding, read.tags, self.owners, knows_aliases=tally.knows_aliases)
        if read.failure is None:
            return finding
        if _names_an_aws_key(aliases):
            known = aws_managed()
            return replace(finding, verdict=known.verdict, reason=known.reason, message=known.message)
        tally.note_unread(read.failure)
        return finding

    def _judge(self, arn: str, known: ImmutableFacts | None) -> tuple[Judgement, RotationStatus | ReadFailure | None]:
        """Judge a key, with its status or with what kept it from being read."""
        remembered = None if known is None else judge_immutable(known)
        if remembered is not None:
            return remembered, None
        key = self.reader.describe(arn)
        if isinstance(key, ReadFailure):
            return judge_failure(key), key
        ineligible = judge_eligibility(key, primary_in_scan=self._reads_primary_of(key))
        if ineligible is not None:
            if judge_immutable(key.immutable) is not None:
                self.learning.learn(key.immutable)
            return ineligible, None
        status = self.reader.rotation_status(arn)
        if isinstance(status, ReadFailure):
            return judge_failure(status), status
        return judge(key, status, self.policy), status

    def _reads_primary_of(self, key: KeyMetadata) -> bool:
        if key.primary_arn is None:
            return False
        primary = KeyArn.parse(key.primary_arn)
        return (primary.account, primary.region) in self.places

    def _with_tags(self, finding: Finding, account: Account) -> KeyRead:
        """Read the tags of an open key, and where they matter those of its account."""
        tags = self.reader.tags(finding.arn)
        if isinstance(tags, ReadFailure) and tags.kind is FailureKind.NOT_FOUND:
            gone = judge_failure(tags)
            return KeyRead(replace(finding, verdict=gone.verdict, reason=gone.reason, message=gone.message))
        of_account: Tags | ReadFailure = {} if self.account_tags is None else self.account_tags.of(account)
        return KeyRead(
            finding,
            tags=TagsRead(_unless_failed(tags), _unless_failed(of_account)),
            untagged=_failed(tags),
            account_untagged=_failed(of_account),
        )


def _names_an_aws_key(aliases: Iterable[str]) -> bool:
    return any(alias.startswith(AWS_MANAGED_ALIAS) for alias in aliases)


def _unless_failed(tags: Tags | ReadFailure) -> Tags | None:
    return None if isinstance(tags, ReadFailure) else tags


def _failed(tags: Tags | ReadFailure) -> ReadFailure | None:
    return tags if isinstance(tags, ReadFailure) else None
