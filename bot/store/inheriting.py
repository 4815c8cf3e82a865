"""A digest that goes by another name than before takes over what was stored under the former one."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.routes import Predecessor
from bot.store.engine import Database, take_turns
from bot.store.tables import digest_baselines, digests, firings, posture_points, route_edits, snoozes

_BY_NAME = (digests.c.name, digest_baselines.c.name, posture_points.c.name, route_edits.c.name, snoozes.c.whose)


class Inheritance:
    """Renames what is stored of a digest and of the job that makes it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_over(self, name: str, job: str, predecessors: Sequence[Predecessor]) -> Predecessor | None:
        """Store as this digest's what is stored of the first predecessor that has anything; None where none has.

        A digest that was told already takes nothing over.
        """
        with self._database.write() as connection:
            take_turns(connection, f"the digest {name}")
            if _was_told(connection, name):
                return None
            found = next((each for each in predecessors if _was_told(connection, each.name)), None)
            if found is not None:
                for column in _BY_NAME:
                    _rename(connection, column, found.name, name)
                _take_over_firings(connection, job, found)
            return found


def _rename(connection: Connection, column: sa.Column[str], former: str, name: str) -> None:
    """Rename the rows of a table; what stands there under the new name already is newer, and counts."""
    if connection.execute(sa.select(column).where(column == name).limit(1)).first() is None:
        connection.execute(column.table.update().where(column == former).values({column.name: name}))


def _was_told(connection: Connection, name: str) -> bool:
    query = sa.select(digests.c.id).where(digests.c.name == name).limit(1)
    return connection.execute(query).first() is not None


def _take_over_firings(connection: Connection, job: str, found: Predecessor) -> None:
    """Have the job go on where the other one was. One that makes other digests as well keeps its own."""
    connection.execute(firings.delete().where(firings.c.job == job))
    theirs = firings.c.job == found.job
    if not found.shares_its_job:
        connection.execute(firings.update().where(theirs).values(job=job))
        return
    columns = [sa.literal(job), firings.c.due_at, firings.c.state, firings.c.claimed_at]
    names = ["job", "due_at", "state", "claimed_at"]
    connection.execute(firings.insert().from_select(names, sa.select(*columns).where(theirs)))
