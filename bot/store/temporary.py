"""A database for what is not to be kept."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from tempfile import TemporaryDirectory

from sqlalchemy.engine import URL

from bot.errors import UserError
from bot.store.engine import Database
from bot.store.schema import upgrade


@contextmanager
def temporary_database() -> Iterator[Database]:
    """Make a database of this process alone, in a folder of its own that is gone at the end.

    Raises UserError where there is no room for it.
    """
    with _folder() as folder:
        url = URL.create("sqlite", database=f"{folder}/scan.sqlite3")
        with closing(Database(url.render_as_string())) as database:
            upgrade(database)
            yield database


def _folder() -> "TemporaryDirectory[str]":
    try:
        return TemporaryDirectory(prefix="kms-rotation-")
    except OSError as error:
        raise UserError(f"There is no temporary folder to work in: {error.strerror}. Set TMPDIR to one.") from error
