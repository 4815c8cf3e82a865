"""A digest made of what a scan found, on a real database, and what it keeps for the next one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.models.digests import Comparison, Digest, DigestContent, DigestForm
from bot.models.keys import Finding, KeyArn
from bot.models.requests import ChangeKind, ChangeState, RequestState
from bot.models.scans import Coverage
from bot.rules.filters import Filter
from bot.store.digests import DigestStore, create
from bot.store.engine import Database
from bot.store.scans import ScanStore
from bot.store.tables import changes, digest_baselines, requests
from tests.store.digest_model import Baseline
from tests.store.samples import CHANNEL, at, fresh_id, run


def kept(database: Database, digest: Digest, replies: int = 0, *, by: str = "U0LENA") -> Digest:
    """Store a digest as it is, whatever the last scan says."""
    with database.write() as connection:
        return create(connection, digest, replies, by=by)


EVERYTHING = Filter()


@dataclass(frozen=True)
class Stage:
    """One audience, day after day. `top` is how many keys stand in the message itself."""

    database: Database
    name: str = "daily"
    scope: Filter = EVERYTHING
    top: int = 10
    form: DigestForm = DigestForm.FULL

    def scan(self, found: Iterable[Finding], read: Iterable[Coverage], minutes: float) -> None:
        run(ScanStore(self.database), found, read, minutes=minutes)

    def publish(self, minutes: float, meanwhile: Callable[[], object] = lambda: None) -> Comparison:
        """Make the digest, and return what was compared for it."""
        compared: list[Comparison] = []

        def compose(comparison: Comparison) -> Digest:
            compared.append(comparison)
            meanwhile()
            return Digest(fresh_id("digest"), self.name, CHANNEL, at(minutes), _content(comparison, self.form))

        DigestStore(self.database).publish(self.name, self.scope, self.top, at(minutes), compose, by="U0LENA")
        [comparison] = compared
        return comparison

    @property
    def baseline(self) -> dict[str, Baseline]:
        query = sa.select(digest_baselines).where(digest_baselines.c.name == self.name)
        with self.database.read() as connection:
            return {row.arn: Baseline(row.open, row.since) for row in connection.execute(query)}

    def remember(self, baseline: Mapping[str, Baseline]) -> None:
        rows = [
            {
                "name": self.name,
                "arn": arn,
                "account": KeyArn.parse(arn).account,
                "region": KeyArn.parse(arn).region,
                "open": each.open,
                "since": each.since,
            }
            for arn, each in baseline.items()
        ]
        with self.database.write() as connection:
            connection.execute(digest_baselines.insert(), rows)

    def change(
        self,
        arns: Iterable[str],
        finished_at: datetime,
        state: ChangeState = ChangeState.SUCCEEDED,
        kind: ChangeKind = ChangeKind.ENABLE_ROTATION,
    ) -> None:
        """Have keys changed through the bot."""
        request = {
            "id": fresh_id("request"),
            "state": RequestState.DONE.value,
            "requester": "U0LENA",
            "team_id": "T0OURS",
            "reason": "",
            "required": 1,
            "created_at": finished_at,
            "expires_at": finished_at,
        }
        with self.database.write() as connection:
            connection.execute(requests.insert().values(request))
            for arn in arns:
                connection.execute(
                    changes.insert().values(
                        id=fresh_id("change"),
                        request_id=request["id"],
                        arn=arn,
                        key_name="",
                        account_name="",
                        state=state.value,
                        open=False,
                        period_days=365,
                        kind=kind.value,
                        finished_at=finished_at,
                    )
                )


def _content(comparison: Comparison, form: DigestForm) -> DigestContent:
    return DigestContent(
        as_of=comparison.scan.started_at,
        summary=comparison.summary,
        previous_summary=None,
        delta=comparison.delta,
        top=comparison.first[:1],
        open_total=comparison.summary.non_compliant,
        coverage_failures=comparison.gaps.failures,
        failures_total=comparison.gaps.failures_total,
        unread_keys=comparison.gaps.unread,
        unread_total=comparison.gaps.unread_total,
        form=form,
        affairs=comparison.affairs,
    )
