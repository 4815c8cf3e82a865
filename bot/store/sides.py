"""The two sides that a digest compares: the findings of a scan, and the baseline, which is what the digest before said.

All in conditions of SQL. Nothing else may change the scan or the baseline while they are used.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.keys import Verdict
from bot.models.requests import ChangeKind, ChangeState
from bot.models.scans import EVERYWHERE, CoverageStatus, Scan
from bot.rules.filters import Filter
from bot.rules.sight import EVERYTHING, Sight
from bot.store.current_scan import known_accounts
from bot.store.narrowing import is_among, is_open, narrow, narrow_coverage
from bot.store.patterns import Condition
from bot.store.reaching import covers_seen
from bot.store.tables import changes, coverage, digest_baselines, findings

IS_OPEN = is_open()
IS_COMPLIANT = findings.c.verdict == Verdict.COMPLIANT.value
IS_UNREAD = findings.c.verdict == Verdict.INSUFFICIENT_DATA.value
IS_FOUND = findings.c.arn.is_not(None)
IS_KNOWN = digest_baselines.c.arn.is_not(None)
WAS_OPEN = digest_baselines.c.open
WAS_MENDED = sa.exists().where(
    changes.c.arn == digest_baselines.c.arn,
    changes.c.state == ChangeState.SUCCEEDED.value,
    changes.c.kind == ChangeKind.ENABLE_ROTATION.value,
    changes.c.finished_at >= digest_baselines.c.since,
)
"""The bot enabled a key's rotation while the baseline knew it as open: that fixed it, whenever it is seen."""


@dataclass(frozen=True)
class Sides:
    """An audience by its name and scope. `repaired_since` is when the digest before was made, None before the first."""

    connection: Connection
    scan: Scan
    name: str
    scope: Filter
    at: datetime
    repaired_since: datetime | None

    @cached_property
    def sight(self) -> Sight:
        """What the audience may see."""
        if not self.scope.hidden:
            return EVERYTHING
        known = tuple(known_accounts(self.connection, self.scan.id))
        return Sight(self.scope.hidden, known, partial(covers_seen, self.connection, self.scan))

    @cached_property
    def of_scan(self) -> Condition:
        return findings.c.scan_id == self.scan.id

    @cached_property
    def of_name(self) -> Condition:
        """Choose the baseline, without what it knows of accounts that were hidden since: nothing is told of them."""
        own = digest_baselines.c.name == self.name
        if self.sight.is_whole:
            return own
        accounts = self.connection.execute(sa.select(digest_baselines.c.account).where(own).distinct()).scalars()
        unseen = [each for each in accounts if each and self.sight.hides(each)]
        return sa.and_(own, sa.not_(is_among(self.connection, digest_baselines.c.account, unseen))) if unseen else own

    @cached_property
    def now(self) -> sa.Select[tuple[()]]:
        """The findings in scope, each with what the baseline says of its key, if it knows it.

        A key whose owner is unknown belongs here if it did before, or if it could not be read at all.
        """
        same_key = sa.and_(self.of_name, digest_baselines.c.arn == findings.c.arn)
        joined = sa.outerjoin(findings, digest_baselines, same_key)
        in_scope = sa.or_(self.matches, sa.and_(self.may_belong, sa.or_(IS_KNOWN, IS_UNREAD)))
        return sa.select().select_from(joined).where(self.of_scan, in_scope)

    @cached_property
    def matching(self) -> sa.Select[tuple[()]]:
        """The findings that the scope matches, by themselves: a table that is being filled is not looked up in."""
        return sa.select().select_from(findings).where(self.of_scan, self.matches)

    @cached_property
    def open_now(self) -> sa.Select[tuple[()]]:
        """The open keys in scope."""
        return self.now.where(IS_OPEN)

    @cached_property
    def open_found(self) -> sa.Select[tuple[()]]:
        """The open keys in scope, without the baseline where it has no say in what is in scope."""
        return self.open_now if self.scope.team else self.matching.where(IS_OPEN)

    @cached_property
    def before(self) -> sa.Select[tuple[()]]:
        """The baseline, each key with what is found of it in scope, if anything is."""
        return sa.select().select_from(sa.outerjoin(digest_baselines, findings, self.is_same_known)).where(self.of_name)

    @cached_property
    def is_same_known(self) -> Condition:
        """Say that a finding in scope is of a key of the baseline."""
        in_scope = sa.or_(self.matches, self.may_belong)
        return sa.and_(self.of_scan, findings.c.arn == digest_baselines.c.arn, in_scope)

    @cached_property
    def matches(self) -> Condition:
        return sa.and_(sa.true(), *narrow(self.connection, self.scan.id, self.scope))

    @cached_property
    def may_belong(self) -> Condition:
        """Say that only the owner is missing for a key to match: owners are read of open keys alone."""
        if not self.scope.team:
            return sa.false()
        others = narrow(self.connection, self.scan.id, replace(self.scope, team=""))
        return sa.and_(findings.c.team.is_(None), *others)

    @cached_property
    def is_news(self) -> Condition:
        """Say of an open key that it is new or open again."""
        return sa.or_(sa.not_(IS_KNOWN), sa.not_(WAS_OPEN), self.is_repaired)

    @cached_property
    def is_repaired(self) -> Condition:
        """Say of an open key that its rotation was enabled since the digest before."""
        if self.repaired_since is None:
            return sa.false()
        query = sa.select(changes.c.arn).where(
            changes.c.state == ChangeState.SUCCEEDED.value,
            changes.c.kind == ChangeKind.ENABLE_ROTATION.value,
            changes.c.finished_at >= self.repaired_since,
        )
        return is_among(self.connection, findings.c.arn, list(self.connection.execute(query).scalars()))

    @cached_property
    def has_baseline(self) -> bool:
        query = sa.select(digest_baselines.c.arn).where(self.of_name).limit(1)
        return self.connection.execute(query).first() is not None

    @cached_property
    def is_dark(self) -> Condition:
        """Say that nobody looked for a key of the baseline: its Region, its account or all could not be scanned."""
        failed = sa.select(coverage.c.account, coverage.c.region).where(
            coverage.c.scan_id == self.scan.id,
            coverage.c.status == CoverageStatus.FAILED.value,
            *narrow_coverage(self.connection, self.scan.id, self.scope),
        )
        places = {(row.account, row.region) for row in self.connection.execute(failed)}
        if (EVERYWHERE, EVERYWHERE) in places:
            return sa.true()
        accounts = [account for account, region in places if region == EVERYWHERE]
        place = digest_baselines.c.account + " " + digest_baselines.c.region
        return sa.or_(
            is_among(self.connection, digest_baselines.c.account, accounts),
            is_among(self.connection, place, list(map(" ".join, places))),
        )
