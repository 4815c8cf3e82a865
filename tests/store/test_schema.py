"""Migrations: they make the tables that the code knows, once, and refuse what they do not know."""

from contextlib import closing

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from bot.errors import DatabaseAwayError, UserError
from bot.models.trail import GENESIS_HASH
from bot.store import engine
from bot.store.engine import Database
from bot.store.outage import NOT_LET_GO
from bot.store.schema import upgrade
from bot.store.tables import audit_head, metadata, scans
from bot.store.trail import Trail
from tests.store.crowd import all_at_once
from tests.store.databases import MakeUrl
from tests.store.old import leave


def default_differs(
    _context: object, _found: object, _known: object, in_database: str | None, _default: object, in_code: str | None
) -> bool:
    """Compare what a default says, None where there is none: alembic takes an empty text in SQLite for a change."""

    def said(default: str | None) -> str | None:
        return None if default is None else default.partition("::")[0].strip("()'")

    return said(in_database) != said(in_code)


def differences(database: Database) -> list[object]:
    with database.read() as connection:
        options = {"compare_type": True, "compare_server_default": default_differs}
        found: list[object] = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        return found


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(empty_database: Database) -> None:
    upgrade(empty_database)
    assert differences(empty_database) == []


def test_the_comparison_sees_a_column_and_a_default_that_the_migrations_forgot(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE scans DROP COLUMN exempt")
        connection.exec_driver_sql("ALTER TABLE changes DROP COLUMN result")
        connection.exec_driver_sql("ALTER TABLE changes ADD COLUMN result TEXT NOT NULL DEFAULT 'none'")
    flat = [each[0] if isinstance(each, list) else each for each in differences(database)]
    assert sorted(each[0] for each in flat if isinstance(each, tuple)) == ["add_column", "modify_default"]


def test_the_one_open_change_a_key_is_an_index_over_open_changes_alone(empty_database: Database) -> None:
    """Autogenerate does not compare the condition of a partial index."""
    upgrade(empty_database)
    inspector = sa.inspect(empty_database.engine)
    [index] = [each for each in inspector.get_indexes("changes") if each["name"] == "uq_changes_open_arn"]
    assert index["unique"]
    condition = index["dialect_options"][f"{empty_database.engine.dialect.name}_where"]
    assert str(condition) == "open"


def test_upgrading_twice_changes_nothing(empty_database: Database) -> None:
    upgrade(empty_database)
    with empty_database.write() as connection:
        connection.execute(audit_head.update().values(sequence=7))
    upgrade(empty_database)
    with empty_database.read() as connection:
        assert connection.execute(sa.select(audit_head)).all() == [(1, 7, GENESIS_HASH)]


def test_processes_that_start_at_once_migrate_once(empty_database: Database) -> None:
    all_at_once(lambda _: upgrade(empty_database), threads=8)
    with empty_database.read() as connection:
        assert connection.execute(sa.select(audit_head)).all() == [(1, 0, GENESIS_HASH)]


def test_a_migration_that_fails_leaves_nothing_behind(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the last step failed")

    monkeypatch.setattr("alembic.operations.base.Operations.bulk_insert", fail)
    with pytest.raises(RuntimeError, match="the last step failed"):
        upgrade(empty_database)
    assert sa.inspect(empty_database.engine).get_table_names() == []


def test_a_database_of_a_newer_version_is_refused_with_a_sentence_and_left_alone(database: Database) -> None:
    with database.write() as connection:
        ours = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(UserError) as refused:
        upgrade(database)
    assert str(refused.value) == (
        f"The database is at schema 9999, which this version does not know (its own is {ours}): a newer version of the "
        "bot made it. Start that version, or restore the backup from before the upgrade."
    )
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == "9999"
        assert connection.execute(sa.select(scans)).all() == []


def test_a_part_of_a_database_is_refused_with_a_sentence_and_left_alone(database: Database) -> None:
    """As a restore leaves it that was cut short."""
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
        connection.exec_driver_sql("DROP TABLE snoozes")
    with pytest.raises(UserError, match="does not say of which schema: it is a part of another one"):
        upgrade(database)
    assert "snoozes" not in sa.inspect(database.engine).get_table_names()


def test_a_user_who_may_make_no_tables_is_told_so(make_postgresql: MakeUrl) -> None:
    url = make_postgresql("empty")
    admin = Database(url)
    with admin.write() as connection:
        connection.exec_driver_sql("DROP ROLE IF EXISTS reader")
        connection.exec_driver_sql("CREATE ROLE reader LOGIN")
    reader = Database(sa.make_url(url).set(username="reader").render_as_string(hide_password=False))
    with pytest.raises(UserError) as refused:
        upgrade(reader)
    assert str(refused.value).startswith("The database could not be brought from empty to schema 0")
    assert "permission denied for schema public" in str(refused.value)
    assert str(refused.value).endswith("give its user the right to, and try again.")
    assert "\n" not in str(refused.value)
    reader.close()
    with admin.write() as connection:
        connection.exec_driver_sql("DROP ROLE reader")
    admin.close()


def test_tables_that_are_not_those_of_their_schema_are_not_taken_for_a_missing_right(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0004'")
    with pytest.raises(UserError, match=r"Nothing was changed\. The tables do not seem to be as the bot made them"):
        upgrade(database)


def test_a_table_that_somebody_holds_is_not_taken_for_a_missing_right(
    make_postgresql: MakeUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_SECONDS", 0.1)
    with closing(Database(make_postgresql("empty"))) as database:
        leave(database, "0004")
        with database.write() as holding:
            holding.exec_driver_sql("LOCK TABLE findings")
            with pytest.raises(DatabaseAwayError) as away:
                upgrade(database)
        assert str(away.value).endswith(f". {NOT_LET_GO}")
        upgrade(database)
        assert differences(database) == []


def test_processes_that_start_at_once_on_an_older_schema_migrate_once(empty_database: Database) -> None:
    leave(empty_database, "0004")
    all_at_once(lambda _: upgrade(empty_database), threads=3)
    assert differences(empty_database) == []
    assert Trail(empty_database).verify().fault is None
