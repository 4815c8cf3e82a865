"""What was edited in Slack of the digests: where they go and when. One row a digest, the newest edit of it."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from bot.models.routes import RouteEdit, RouteTerms
from bot.models.trail import Entry
from bot.store.engine import Database, insert_missing
from bot.store.tables import route_edits
from bot.store.trail import append


class RouteEdits:
    """Keeps the edits. Of two at once the first counts, and whoever comes second is told so."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Mapping[str, RouteEdit]:
        """Return the newest edit of each digest, by the name of its audience."""
        with self._database.read() as connection:
            return {row.name: _edit(row) for row in connection.execute(sa.select(route_edits))}

    def put(self, edit: RouteEdit, seen: datetime | None, entry: Entry) -> bool:
        """Store an edit with its entry; False where the newest one is not the one that was seen, and nothing is done.

        `seen` is when that was made, None where there was none.
        """
        with self._database.write() as connection:
            is_first = self._insert(connection, edit) if seen is None else self._update(connection, edit, seen)
            if is_first:
                append(connection, entry)
            return is_first

    def _insert(self, connection: Connection, edit: RouteEdit) -> bool:
        return insert_missing(connection, route_edits, {"name": edit.name, **_values(edit)}) == 1

    def _update(self, connection: Connection, edit: RouteEdit, seen: datetime) -> bool:
        unchanged = sa.and_(route_edits.c.name == edit.name, route_edits.c.edited_at == seen)
        return connection.execute(route_edits.update().where(unchanged).values(_values(edit))).rowcount == 1


def _values(edit: RouteEdit) -> dict[str, object]:
    return {
        "channel": edit.terms.channel,
        "schedule": edit.terms.schedule,
        "timezone": edit.terms.timezone,
        "edited_by": edit.edited_by,
        "edited_at": edit.edited_at,
    }


def _edit(row: Row[tuple[object, ...]]) -> RouteEdit:
    terms = RouteTerms(row.channel, row.schedule, row.timezone)
    return RouteEdit(row.name, terms, row.edited_by, row.edited_at)
