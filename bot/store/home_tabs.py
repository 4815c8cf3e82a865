"""Which rendering of their Home tab each person was shown last, by whichever process."""

import sqlalchemy as sa

from bot.store.engine import Database, insert_missing
from bot.store.tables import home_tabs


class HomeTabs:
    """Knows the hash by which a rendering may take the place of the last one, and of no later one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def shown_to(self, user: str) -> str:
        """Return the hash of somebody's tab; empty where they were never shown one."""
        query = sa.select(home_tabs.c.hash).where(home_tabs.c.user_id == user)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none() or ""

    def keep(self, user: str, shown: str) -> None:
        with self._database.write() as connection:
            known = home_tabs.update().where(home_tabs.c.user_id == user).values(hash=shown)
            if not connection.execute(known).rowcount:
                row = {"user_id": user, "hash": shown}
                if not insert_missing(connection, home_tabs, row):  # another process was first by a moment
                    connection.execute(known)
