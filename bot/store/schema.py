"""Brings a database to the schema of this version."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from bot.errors import UserError
from bot.models.examined import Schema, SchemaAge
from bot.store.engine import Database, in_one_line, take_turns
from bot.store.outage import remedy_for
from bot.store.tables import metadata

INSUFFICIENT_PRIVILEGE = "42501"
"""https://www.postgresql.org/docs/current/errcodes-appendix.html"""

_GIVE_RIGHT = "The bot makes and changes its own tables: give its user the right to, and try again."
_RESTORE = "The tables do not seem to be as the bot made them: restore a whole backup, docs/operations.md says how."


def upgrade(database: Database) -> None:
    """Apply the migrations that are missing; refuse a database that a newer version made.

    Several processes may start at once: one migrates, the others find it done.
    """
    config = _config()
    with database.write() as connection:
        take_turns(connection, "schema", patiently=True)
        found = MigrationContext.configure(connection).get_current_revision()
        ours = ScriptDirectory.from_config(config).get_current_head()
        if found is not None and not _knows(config, found):
            raise UserError(
                f"The database is at schema {found}, which this version does not know (its own is {ours}): a newer "
                "version of the bot made it. Start that version, or restore the backup from before the upgrade."
            )
        if found is None and (strays := _tables_of_ours(connection)):
            raise UserError(
                f"The database has tables of the bot ({', '.join(strays[:3])}, …) and does not say of which schema: "
                "it is a part of another one. Restore a whole backup into an empty database, or name another one in "
                "DATABASE_URL."
            )
        config.attributes["connection"] = connection
        _migrate(config, f"The database could not be brought from {found or 'empty'} to schema {ours}")


def _migrate(config: Config, failed: str) -> None:
    """Apply the migrations. Raises UserError where the database does not let it; what was begun is taken back then."""
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        if remedy_for(error, writing=True) is not None:
            raise  # the database itself cannot be used, as at any other statement
        remedy = _GIVE_RIGHT if getattr(error.orig, "sqlstate", None) == INSUFFICIENT_PRIVILEGE else _RESTORE
        raise UserError(f"{failed}: {in_one_line(error)}. Nothing was changed. {remedy}") from error


def schema_of(database: Database | None) -> Schema:
    """Say how a database's schema stands to ours; None is a database that is not there yet."""
    config, found, has_tables = _config(), None, False
    if database is not None:
        with database.read() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
            has_tables = bool(_tables_of_ours(connection))
    ours = ScriptDirectory.from_config(config).get_current_head() or ""
    if found is None:
        return Schema(SchemaAge.UNTOLD if has_tables else SchemaAge.ABSENT, "", ours)
    if not _knows(config, found):
        return Schema(SchemaAge.NEWER, found, ours)
    return Schema(SchemaAge.CURRENT if found == ours else SchemaAge.OLDER, found, ours)


def _tables_of_ours(connection: Connection) -> list[str]:
    return sorted(metadata.tables.keys() & sa.inspect(connection).get_table_names())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _knows(config: Config, revision: str) -> bool:
    try:
        return ScriptDirectory.from_config(config).get_revision(revision) is not None
    except CommandError:
        return False
