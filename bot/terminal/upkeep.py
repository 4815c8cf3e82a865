"""`db upgrade`."""

from argparse import Namespace

from alembic.runtime.migration import MigrationContext

from bot.settings import Settings
from bot.store.engine import Database
from bot.store.schema import upgrade
from bot.terminal.exits import Exit
from bot.terminal.output import say
from bot.wiring.workers import prepare_queue


def upgrade_database(settings: Settings, _asked: Namespace) -> int:
    """Bring the database to this version's schema, and say from where."""
    database = Database(settings.database_url)
    before = revision(database)
    upgrade(database)
    prepare_queue(settings, database)
    after = revision(database)
    if before == after:
        say(f"{name(database)} is up to date: schema {after}.")
    else:
        say(f"{name(database)} was brought from {before or 'empty'} to schema {after}.")
    return Exit.OK


def revision(database: Database) -> str | None:
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def name(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=True)
