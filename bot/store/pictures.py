"""The pictures of digests in Slack: kept, so that none is uploaded twice."""

import sqlalchemy as sa

from bot.store.engine import Database, insert_missing
from bot.store.tables import digest_pictures


class PictureStore:
    """Knows which file shows a digest's trend. An empty id says that it goes without one, for good."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, digest_id: str) -> str | None:
        """Return the id of its file, empty where it goes without; None where nobody has come to it yet."""
        query = sa.select(digest_pictures.c.file_id).where(digest_pictures.c.digest_id == digest_id)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def keep(self, digest_id: str, file_id: str) -> None:
        """Take note of the file; the first one is kept."""
        with self._database.write() as connection:
            insert_missing(connection, digest_pictures, {"digest_id": digest_id, "file_id": file_id})

    def do_without(self, digest_id: str) -> None:
        """Let a digest go without its picture, whether it had one or not."""
        with self._database.write() as connection:
            insert_missing(connection, digest_pictures, {"digest_id": digest_id, "file_id": ""})
            of_digest = digest_pictures.c.digest_id == digest_id
            connection.execute(digest_pictures.update().where(of_digest).values(file_id=""))
