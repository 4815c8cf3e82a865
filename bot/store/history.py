"""The posture over time: a point for every digest, from which the trend is drawn."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.posture import PosturePoint
from bot.models.scans import Summary
from bot.store.engine import Database, insert_missing
from bot.store.tables import posture_points


def note_point(connection: Connection, name: str, at: datetime, summary: Summary) -> None:
    """Keep what a digest of this name counted, in the transaction in which it is stored."""
    counts = {
        "compliant": summary.compliant,
        "non_compliant": summary.non_compliant,
        "not_applicable": summary.not_applicable,
        "insufficient_data": summary.insufficient_data,
        "exempt": summary.exempt,
    }
    insert_missing(connection, posture_points, {"name": name, "at": at, **counts})


class History:
    """Reads the points of an audience."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def points(self, name: str, since: datetime, until: datetime) -> list[PosturePoint]:
        """Return what the digests of this name counted from one moment to another, both included, oldest first."""
        columns = posture_points.c
        query = (
            sa.select(posture_points)
            .where(columns.name == name, columns.at >= since, columns.at <= until)
            .order_by(columns.at)
        )
        with self._database.read() as connection:
            return [
                PosturePoint(
                    row.at,
                    Summary(
                        compliant=row.compliant,
                        non_compliant=row.non_compliant,
                        not_applicable=row.not_applicable,
                        insufficient_data=row.insufficient_data,
                        exempt=row.exempt,
                    ),
                )
                for row in connection.execute(query)
            ]
