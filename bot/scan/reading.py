"""Reads one key with as few calls as its judgement needs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
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
from bot.rules import ownership
from bot.rules.verdict import Policy, aws_managed, judge, judge_eligibility, judge_failure, judge_immutable
from bot.scan.gateways import KeyReader
from bot.scan.memory import Learning
from bot.scan.tally import Tally

AWS_MANAGED_ALIAS = "alias/aws/"
"""Only AWS makes such aliases, so their keys need no DescribeKey.
https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html"""


@dataclass(frozen=True, slots=True)
class KeyAudit:
    """Reads and judges keys. `places` are the account and Region of each target of the scan."""

    reader: KeyReader
    learning: Learning
    policy: Policy
    places: frozenset[tuple[str, str]]
    clock: Callable[[], datetime]

    def audit(self, arn: str, tally: Tally) -> Finding:
        """Read and judge one key of the tally's target; a read that failed is noted there.

        The finding has the aliases that are known by now.
        """
        known = tally.recall(arn)
        aliases = tally.aliases(arn.rpartition("/")[2])
        read_at = self.clock()
        status: RotationStatus | None = None
        if any(alias.startswith(AWS_MANAGED_ALIAS) for alias in aliases):
            judgement = aws_managed()
        else:
            judgement, status = self._judge(arn, known, tally)
        account = tally.target.account
        finding = Finding(
            arn=arn,
            account=account.id,
            account_name=account.name,
            region=tally.target.region,
            aliases=aliases,
            verdict=judgement.verdict,
            reason=judgement.reason,
            message=judgement.message,
            read_at=read_at,
            rotation_enabled=status.enabled if status else None,
            rotation_period_days=status.period_days if status else None,
            next_rotation=status.next_rotation if status else None,
        )
        return self._with_owner(finding, tally) if finding.verdict is Verdict.NON_COMPLIANT else finding

    def _judge(self, arn: str, known: ImmutableFacts | None, tally: Tally) -> tuple[Judgement, RotationStatus | None]:
        remembered = None if known is None else judge_immutable(known)
        if remembered is not None:
            return remembered, None
        key = self.reader.describe(arn)
        if isinstance(key, ReadFailure):
            tally.note_unread(key)
            return judge_failure(key), None
        ineligible = judge_eligibility(key, primary_in_scan=self._reads_primary_of(key))
        if ineligible is not None:
            if judge_immutable(key.immutable) is not None:
                self.learning.learn(key.immutable)
            return ineligible, None
        status = self.reader.rotation_status(arn)
        if isinstance(status, ReadFailure):
            tally.note_unread(status)
            return judge_failure(status), None
        return judge(key, status, self.policy), status

    def _reads_primary_of(self, key: KeyMetadata) -> bool:
        if key.primary_arn is None:
            return False
        primary = KeyArn.parse(key.primary_arn)
        return (primary.account, primary.region) in self.places

    def _with_owner(self, finding: Finding, tally: Tally) -> Finding:
        tags = self.reader.tags(finding.arn)
        if not isinstance(tags, ReadFailure):
            return replace(finding, team=ownership.team(tags), managed_by=ownership.managed_by(tags))
        if tags.kind is FailureKind.NOT_FOUND:
            gone = judge_failure(tags)
            return replace(finding, verdict=gone.verdict, reason=gone.reason, message=gone.message)
        tally.note_untagged(tags)
        return finding
