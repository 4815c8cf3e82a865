"""Brings a database to the schema of this version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from bot.errors import UserError
from bot.store.engine import Database, take_turns


def upgrade(database: Database) -> None:
    """Apply the migrations that are missing; refuse a database that a newer version made.

    Several processes may start at once: one migrates, the others find it done.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
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


def _knows(config: Config, revision: str) -> bool:
    try:
        return ScriptDirectory.from_config(config).get_revision(revision) is not None
    except CommandError:
        return False
