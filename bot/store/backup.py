"""A copy of a database that is in use, complete as of one moment."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.errors import UserError
from bot.store.engine import Database

_OURS_ALONE = 0o600
_PART = ".part"


def back_up(database: Database, target: Path) -> None:
    """Copy a SQLite database into a new file, by SQLite's own way; the bot may run meanwhile.

    Copying the file by hand would leave out what the write-ahead log holds. PostgreSQL has tools of its own for that.
    https://www.sqlite.org/backup.html
    """
    source = database.engine.url.database
    if database.engine.dialect.name != "sqlite" or source is None:
        raise UserError("This is for SQLite. Of PostgreSQL, pg_dump makes backups: docs/operations.md says how.")
    if target.exists():
        raise UserError(f"There is a file {target} already. Name another one: no backup is written over.")
    part = target.with_name(target.name + _PART)
    try:
        part.touch(_OURS_ALONE, exist_ok=False)
        with closing(sqlite3.connect(source)) as ours, closing(sqlite3.connect(part)) as copy:
            ours.backup(copy)
        part.rename(target)
    except FileExistsError as error:
        raise UserError(f"There is a file {part} of a backup that runs or was cut short. Remove it.") from error
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise UserError(f"The backup {target} could not be written: {error}. Nothing was left there.") from error
