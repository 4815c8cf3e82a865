"""`db upgrade` and `db backup`."""

from argparse import Namespace
from pathlib import Path

from alembic.runtime.migration import MigrationContext

from bot.errors import UserError
from bot.settings import Settings
from bot.store.backup import back_up
from bot.store.engine import Database
from bot.store.schema import upgrade
from bot.terminal.exits import Exit
from bot.terminal.output import say
from bot.wiring.workers import prepare_queue


def look_after_database(settings: Settings, asked: Namespace) -> int:
    """Do what was asked for. Raises UserError where the action and the file do not go together."""
    database = Database(settings.database_url)
    if asked.action == "backup":
        if asked.file is None:
            raise UserError("db backup needs the name of a new file.")
        return _back_up(database, Path(asked.file))
    if asked.file is not None:
        raise UserError("A file goes with db backup, not with db upgrade.")
    return _upgrade(settings, database)


def _back_up(database: Database, target: Path) -> int:
    found = revision(database)
    if found is None:
        raise never_used(database, "nothing to back up")
    back_up(database, target)
    say(f"{database.name}, schema {found}, was copied to {target}.")
    return Exit.OK


def _upgrade(settings: Settings, database: Database) -> int:
    """Bring the database to this version's schema, and say from where."""
    before = revision(database)
    upgrade(database)
    prepare_queue(settings, database)
    after = revision(database)
    if before == after:
        say(f"{database.name} is up to date: schema {after}.")
    else:
        say(f"{database.name} was brought from {before or 'empty'} to schema {after}.")
    return Exit.OK


def revision(database: Database) -> str | None:
    """Say at which schema it is; None where the bot has never used it. A SQLite file is not made for that."""
    if not database.is_there:
        return None
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def never_used(database: Database, what: str) -> UserError:
    """Say that a database has none of what was asked for, why, and what to do."""
    cause = "the bot has never used this database" if database.is_there else "there is no such file"
    remedy = "Name the bot's own in DATABASE_URL, or type this in the folder that the bot runs in."
    return UserError(f"There is {what} in {database.name}: {cause}. {remedy}")
