"""Looking at a database without changing it: whose schema it has, whether we may write, how the record ends."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from bot.errors import UserError
from bot.models.examined import Schema
from bot.models.trail import ChainedEntry
from bot.store.chain import fault_in_end
from bot.store.engine import Database, in_one_line
from bot.store.schema import schema_of
from bot.store.tables import audit_entries, audit_head

CHECKED = 1000
"""So many of the newest entries are proved; `audit verify` proves all."""

Answer = TypeVar("Answer")


class DatabaseExamination:
    """Every method raises UserError where the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def name(self) -> str:
        return self._database.name

    @property
    def is_there(self) -> bool:
        return self._database.is_there

    def schema(self) -> Schema:
        """Say whose schema it has. A SQLite file that is not there yet is not made for that."""
        if not self._database.is_there:
            folder = Path(self._database.engine.url.database or "").resolve().parent
            if not os.access(folder, os.W_OK):
                raise UserError(f"The database's folder {folder} is not there, or the bot may not write into it.")
            return schema_of(None)
        return self._within(lambda: schema_of(self._database))

    def write(self) -> None:
        """Find out whether we may write, in a transaction that changes no row."""

        def try_it() -> None:
            with self._database.write() as connection:
                connection.execute(audit_head.update().where(sa.false()).values(hash=""))

        self._within(try_it)

    def end_of_record(self) -> tuple[int, str | None]:
        """Prove the newest entries of the record; say how many, and what is wrong with the first that is at fault."""
        return self._within(self._end_of_record)

    def _end_of_record(self) -> tuple[int, str | None]:
        query = sa.select(audit_entries).order_by(audit_entries.c.sequence.desc()).limit(CHECKED)
        with self._database.read() as connection:
            head = connection.execute(sa.select(audit_head)).one_or_none()
            newest = [ChainedEntry(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name
        if head is None:
            return 0, "The head of the chain is missing."
        newest.reverse()
        return len(newest), fault_in_end(newest, head.sequence, head.hash)

    def _within(self, act: Callable[[], Answer]) -> Answer:
        """Tell what the driver raises as a sentence; connections that fail are told by the database itself."""
        try:
            return act()
        except DBAPIError as error:
            raise UserError(f"The database does not do what it should: {in_one_line(error)}.") from error
