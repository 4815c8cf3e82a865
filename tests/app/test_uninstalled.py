"""What is left of the bot where it has run, once docs/operations.md was followed to its end: nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import URL

from bot.models.anchor import Anchor
from bot.store.file_locks import one_bot_on
from bot.store.trail import Trail
from bot.terminal import main
from bot.terminal.exits import Exit
from tests.app.house import CHANNEL, CONFIGURATION, House, eventually, house
from tests.app.lives import owed
from tests.app.postgresql_tools import plain, tool
from tests.store.databases import POSTGRESQL_ALONE, SQLITE_ALONE, MakeUrl
from tests.terminal.quiet import quiet_logging

__all__ = ["house", "quiet_logging"]

GUIDE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
SHARED_OUT = CONFIGURATION.replace('schedule = "0 0 1 1 *"', 'schedule = "0 0 1 1 *"\nspread = "workers"', 1)
NAME = "kms_rotation"


@POSTGRESQL_ALONE
@pytest.mark.usefixtures("quiet_logging")
def test_a_server_that_others_use_as_well_needs_no_more_than_the_guide_says_and_is_left_as_it_was(
    house: House, make_url: MakeUrl, tmp_path: Path
) -> None:
    admin = sa.make_url(make_url("empty"))
    before = _shared_by_all(admin)
    where = [f"--host={admin.query['host']}", f"--username={admin.username}"]
    tool("createuser", *where, NAME)
    for name in (NAME, f"{NAME}_restored"):
        tool("createdb", *where, f"--owner={NAME}", name)
    ours = admin.set(username=NAME, password=None, database=NAME)
    house.key("payments/card-vault")
    with _at(house, ours):
        house.jonas.slash("/kms-rotation digest", channel=CHANNEL)
        house.slack.wait_for(lambda: house.channel.roots, what="the digest")
        eventually(lambda: not owed(house), "everything to be shown")
        (newest,) = Trail(house.database).newest(1)
        tool("pg_dump", "--format=custom", f"--file={tmp_path / 'dump'}", plain(_text(ours)))
    restored = ours.set(database=f"{NAME}_restored")
    options = ("--no-owner", "--single-transaction", "--exit-on-error")
    tool("pg_restore", *options, f"--dbname={plain(_text(restored))}", str(tmp_path / "dump"))
    with _at(house, restored):
        assert main(["audit", "verify", "--anchor", str(Anchor.of(newest))], house.environ) == 0
        assert main(["scan"], house.environ) == Exit.NON_COMPLIANT
        assert "card-vault" in house.command(house.jonas, "list")
    for name in (NAME, f"{NAME}_restored"):
        tool("dropdb", *where, name)
    tool("dropuser", *where, NAME)
    assert _shared_by_all(admin) == before


@contextmanager
def _at(house: House, url: URL) -> Iterator[None]:
    """The bot, its scans shared out, on this database."""
    house.database_url = _text(url)
    house.configure(SHARED_OUT)
    with house.running():
        yield
    house.database.close()
    del house.database


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _shared_by_all(admin: URL) -> dict[str, list[str]]:
    """What a server holds beside the insides of its databases: https://www.postgresql.org/docs/current/catalogs.html."""
    engine = sa.create_engine(admin, poolclass=sa.NullPool)
    with engine.connect() as connection:
        catalogs = connection.exec_driver_sql("SELECT relname FROM pg_class WHERE relisshared AND relkind = 'r'")
        held = {
            name: sorted(connection.scalars(sa.text(f"SELECT {_named(name)}::text FROM {name} AS row")))  # noqa: S608 - PostgreSQL's names
            for (name,) in catalogs.fetchall()
        }
    assert held["pg_authid"]
    return held


def _named(catalog: str) -> str:
    """Of a database its name: what else stands there changes with every vacuum."""
    return "row.datname" if catalog == "pg_database" else "row"


@SQLITE_ALONE
def test_beside_its_sqlite_file_the_bot_leaves_only_what_the_guide_removes_with_it(house: House) -> None:
    place = house.folder / "own"
    place.mkdir()
    house.database_url = f"sqlite:///{place / 'kms-rotation.sqlite3'}"
    house.configure()
    house.key("payments/card-vault")
    with one_bot_on(house.database_url), house.running():
        house.jonas.slash("/kms-rotation digest", channel=CHANNEL)
        house.slack.wait_for(lambda: house.channel.roots, what="the digest")
        left = {path.name for path in place.iterdir()}
    house.database.close()
    left |= {path.name for path in place.iterdir()}
    assert left == {f"kms-rotation.sqlite3{suffix}" for suffix in ("", "-wal", "-shm", "-scan", "-run")}


@pytest.mark.parametrize("command", ["createuser --host=", "createdb --host=", "dropdb --host=", "dropuser --host="])
def test_the_guide_names_the_commands_that_these_tests_run(command: str) -> None:
    assert command in GUIDE
