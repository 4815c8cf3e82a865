"""Brings the queue's tables to the version of Procrastinate that is installed."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa
from packaging.version import Version
from procrastinate.schema import SchemaManager
from sqlalchemy.engine import Connection

from bot.queue.connecting import SCHEMA
from bot.store.engine import Database, take_turns

_MADE_BY = sa.text("SELECT obj_description(to_regnamespace(:name), 'pg_namespace')")


def upgrade(database: Database) -> None:
    """Make the tables, or apply the migrations that are missing: which version made them stands beside the schema.

    Several processes may start at once: one migrates, the others find it done. Tables of a newer version are left
    alone: https://procrastinate.readthedocs.io/en/stable/howto/production/migrations.html has them serve this one too.
    """
    installed = Version(version("procrastinate"))
    with database.write() as connection:
        take_turns(connection, "the queue's schema", patiently=True)
        found = connection.execute(_MADE_BY, {"name": SCHEMA}).scalar_one()
        made_by = None if found is None else Version(found)
        if made_by is not None and made_by >= installed:
            return
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        connection.exec_driver_sql(f"SET LOCAL search_path TO {SCHEMA}")
        for script in [SchemaManager.get_schema()] if made_by is None else _migrations_since(made_by):
            _run(connection, script)
        connection.exec_driver_sql(f"COMMENT ON SCHEMA {SCHEMA} IS '{installed}'")


def _migrations_since(made_by: Version) -> Iterator[str]:
    """Yield the scripts of newer versions in their order: `03.04.00_01_pre_….sql` is one of 3.4.0."""
    for path in sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql")):
        if Version(path.name.partition("_")[0]) > made_by:
            yield path.read_text(encoding="utf-8")


def _run(connection: Connection, script: str) -> None:
    """Run many statements in one; the driver takes them so where there is nothing to fill in."""
    connection.execution_options(no_parameters=True).exec_driver_sql(script)
