"""Brings a database to the schema of this version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from bot.errors import UserError
from bot.models.examined import Schema, SchemaAge
from bot.store.engine import Database, take_turns


def upgrade(database: Database) -> None:
    """Apply the migrations that are missing; refuse a database that a newer version made.

    Several processes may start at once: one migrates, the others find it done.
    """
    config = _config()
    with database.write() as connection:
        take_turns(connection, "schema")
        found = MigrationContext.configure(connection).get_current_revision()
        if found is not None and not _knows(config, found):
            raise UserError(
                f"The database is at schema {found}, which this version does not know: a newer version of the bot "
                "made it. Start that version, or restore the backup from before the upgrade."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def schema_of(database: Database | None) -> Schema:
    """Say how a database's schema stands to ours; None is a database that is not there yet."""
    config, found = _config(), None
    if database is not None:
        with database.read() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    ours = ScriptDirectory.from_config(config).get_current_head() or ""
    if found is None:
        return Schema(SchemaAge.ABSENT, "", ours)
    if not _knows(config, found):
        return Schema(SchemaAge.NEWER, found, ours)
    return Schema(SchemaAge.CURRENT if found == ours else SchemaAge.OLDER, found, ours)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _knows(config: Config, revision: str) -> bool:
    try:
        return ScriptDirectory.from_config(config).get_revision(revision) is not None
    except CommandError:
        return False
