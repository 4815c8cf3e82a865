"""Which scheduled moments were taken care of: a claimed row a firing, whoever claims it first."""

from datetime import datetime

import sqlalchemy as sa

from bot.models.firings import FiringState
from bot.store.engine import Database, insert_missing
from bot.store.tables import firings


class Firings:
    """Claims firings, so that no process and no restart repeats or loses one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, job: str, due_at: datetime, now: datetime, state: FiringState = FiringState.CLAIMED) -> bool:
        """Take a firing; False where somebody has it already."""
        claimed = {"job": job, "due_at": due_at, "state": state.value, "claimed_at": now}
        with self._database.write() as connection:
            return insert_missing(connection, firings, claimed) == 1

    def finish(self, job: str, due_at: datetime) -> None:
        with self._database.write() as connection:
            connection.execute(
                firings.update()
                .where(firings.c.job == job, firings.c.due_at == due_at)
                .values(state=FiringState.DONE.value)
            )

    def unfinished(self, job: str, since: datetime) -> list[datetime]:
        """Return the moments since then that were claimed and not finished."""
        query = sa.select(firings.c.due_at).where(
            firings.c.job == job, firings.c.state == FiringState.CLAIMED.value, firings.c.due_at >= since
        )
        with self._database.read() as connection:
            return list(connection.execute(query.order_by(firings.c.due_at)).scalars())

    def latest(self, job: str) -> datetime | None:
        """Return the latest moment that was taken care of, in whatever way."""
        query = sa.select(firings.c.due_at).where(firings.c.job == job).order_by(firings.c.due_at.desc()).limit(1)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def last_run(self, job: str) -> datetime | None:
        """Return the latest moment for which the job ran; what was skipped does not count."""
        ran = sa.and_(firings.c.job == job, firings.c.state != FiringState.SKIPPED.value)
        with self._database.read() as connection:
            return connection.execute(sa.select(sa.func.max(firings.c.due_at)).where(ran)).scalar_one_or_none()

    def ever(self, job: str) -> bool:
        with self._database.read() as connection:
            return connection.execute(sa.select(firings.c.job).where(firings.c.job == job).limit(1)).first() is not None
