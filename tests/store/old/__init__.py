"""Databases as older versions left them: each with a scan, a digest, a request that is done and one that waits."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from bot.store import schema
from bot.store.engine import Database, UtcDateTime
from bot.store.tables import metadata

VERSIONS = ("0004",)

Rows = list[dict[str, Any]]


def upgrade_to(database: Database, revision: str) -> None:
    """Make the schema of an older version."""
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def as_it_was(table: sa.Table, *names: str) -> sa.TableClause:
    """Return a table with those columns alone that it had then."""
    return sa.table(table.name, *(sa.column(name, table.c[name].type) for name in names))


def tables_of(version: str) -> dict[str, tuple[sa.TableClause, Rows]]:
    """Return the tables of a version with the columns that it knew, and the rows that it wrote, parents first."""
    stored = json.loads((Path(__file__).parent / f"{version}.json").read_text(encoding="utf-8"))["tables"]
    return {
        table.name: (as_it_was(table, *known["columns"]), [_row(table, known["columns"], row) for row in known["rows"]])
        for table in metadata.sorted_tables
        if (known := stored.get(table.name)) is not None
    }


def fill(database: Database, version: str) -> None:
    """Write what that version wrote, by the statements that it wrote it with."""
    with database.write() as connection:
        for table, rows in tables_of(version).values():
            connection.execute(sa.delete(table))  # the head of the record is there from the start
            if rows:
                connection.execute(sa.insert(table), rows)


def leave(database: Database, version: str) -> None:
    """Leave an empty database as that version would."""
    upgrade_to(database, version)
    fill(database, version)


def _row(table: sa.Table, columns: list[str], row: list[Any]) -> dict[str, Any]:
    is_moment = {name: isinstance(table.c[name].type, UtcDateTime) for name in columns}
    return {
        name: datetime.fromisoformat(value) if is_moment[name] and value is not None else value
        for name, value in zip(columns, row, strict=True)
    }
