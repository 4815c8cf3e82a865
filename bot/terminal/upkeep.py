"""`audit verify` and `db upgrade`."""

from argparse import Namespace

from alembic.runtime.migration import MigrationContext

from bot.errors import UserError
from bot.settings import Settings
from bot.store.engine import Database
from bot.store.schema import upgrade
from bot.store.trail import Trail
from bot.terminal.exits import Exit
from bot.terminal.output import say


def verify_trail(settings: Settings, _asked: Namespace) -> int:
    """Prove the audit trail's chain, or say which entry is at fault. It changes nothing."""
    database = Database(settings.database_url)
    if _revision(database) is None:
        raise UserError(f"There is no audit trail in {_name(database)}: the bot has never used this database.")
    verified = Trail(database).verify()
    if verified.fault is not None:
        say(verified.fault)
        return Exit.NON_COMPLIANT
    entries = "1 entry" if verified.entries == 1 else f"{verified.entries} entries"
    say(f"The audit trail holds: {entries}, head {verified.head}.")
    return Exit.OK


def upgrade_database(settings: Settings, _asked: Namespace) -> int:
    """Bring the database to this version's schema, and say from where."""
    database = Database(settings.database_url)
    before = _revision(database)
    upgrade(database)
    after = _revision(database)
    if before == after:
        say(f"{_name(database)} is up to date: schema {after}.")
    else:
        say(f"{_name(database)} was brought from {before or 'empty'} to schema {after}.")
    return Exit.OK


def _revision(database: Database) -> str | None:
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _name(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=True)
