"""Backup, restore and upgrade as docs/operations.md has them, with the commands that it names."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from bot.models.anchor import Anchor
from bot.models.requests import RequestState
from bot.store.engine import Database
from bot.store.schema import upgrade
from bot.store.trail import Trail
from bot.terminal import main
from tests.app.home_tab import opened
from tests.app.house import CHANNEL, House, eventually, house, shown
from tests.app.lives import owed
from tests.app.postgresql_tools import plain, tool
from tests.store.databases import POSTGRESQL_ALONE, MakeUrl
from tests.store.old import leave, tables_of
from tests.terminal.quiet import quiet_logging

__all__ = ["house", "quiet_logging"]

pytestmark = pytest.mark.usefixtures("quiet_logging")

KEY = "payments/card-vault"
GUIDE = Path(__file__).parents[2] / "docs" / "operations.md"


def backed_up(house: House, capsys: pytest.CaptureFixture[str]) -> Path:
    """Make a backup as the guide says for this kind of database, while the bot runs."""
    copy = house.folder / "backup"
    if house.database_url.startswith("sqlite"):
        assert main(["db", "backup", str(copy)], house.environ) == 0
        assert capsys.readouterr().out.rstrip().endswith(f"was copied to {copy}.")
    else:
        tool("pg_dump", "--format=custom", f"--file={copy}", plain(house.database_url))
    return copy


def restored(copy: Path, house: House, make_url: MakeUrl) -> str:
    """Restore it into an empty database, as the guide says; the URL of that."""
    if house.database_url.startswith("sqlite"):
        return f"sqlite:///{copy}"
    url = make_url("empty")
    tool("pg_restore", "--no-owner", "--single-transaction", "--exit-on-error", f"--dbname={plain(url)}", str(copy))
    return url


def verify(house: House, url: str, *anchors: str) -> int:
    named = [part for anchor in anchors for part in ("--anchor", anchor)]
    return main(["audit", "verify", *named], {**house.environ, "DATABASE_URL": url})


def anchor_of(house: House) -> str:
    """What the newest digest in Slack tells of the record."""
    found = re.search(r"\d+:[0-9a-f]{64}", str(house.channel.roots[-1].blocks))
    assert found is not None
    return str(Anchor.parse(found[0]))


def digest(house: House) -> str:
    before = len(house.channel.roots)
    house.jonas.slash("/kms-rotation digest", channel=CHANNEL)
    house.slack.wait_for(lambda: len(house.channel.roots) > before, what="the digest")
    return anchor_of(house)


def test_a_backup_verifies_and_goes_on_where_it_was_made_and_anchors_tell_what_it_lacks(
    house: House, make_url: MakeUrl, capsys: pytest.CaptureFixture[str]
) -> None:
    arn = house.key(KEY)
    with house.running():
        then = digest(house)
        message = house.ask(house.mara, KEY)
        eventually(lambda: not owed(house), "everything to be shown")
        copy = backed_up(house, capsys)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "Rotation is on")
        since = digest(house)
    url = restored(copy, house, make_url)
    assert verify(house, url, then) == 0
    capsys.readouterr()
    assert verify(house, url, since) == 1
    assert f"entry {since.partition(':')[0]}" in capsys.readouterr().out.lower()
    house.database.close()
    house.database_url = url
    del house.database
    house.configure()
    with house.running():
        assert house.request().state is RequestState.PENDING
        house.jonas.click(opened(house, house.jonas), text="Approve")
        eventually(lambda: house.request().state is RequestState.DONE, "the end of the request")
        assert house.request().changes[0].state.value == "NOT_NEEDED"
    assert house.rotates(arn)
    assert len(house.enable_calls) == 1
    assert verify(house, url, then) == 0


def test_yesterdays_database_opens_today_and_its_request_is_approved(house: House, make_url: MakeUrl) -> None:
    house.database_url = make_url("empty")
    leave(Database(house.database_url), "0004")
    stored = {name: rows for name, (_, rows) in tables_of("0004").items()}
    waiting = next(each for each in stored["requests"] if each["state"] == "PENDING")
    arn = next(each["arn"] for each in stored["changes"] if each["request_id"] == waiting["id"])
    house.key("batch/waits", uuid=UUID(arn.rpartition("/")[2]))
    created: datetime = waiting["created_at"]
    house.clock.ahead = created + timedelta(minutes=5) - house.clock()
    house.configure()
    with house.running():
        assert "batch/waits" in house.command(house.jonas, "requests")
        house.jonas.click(opened(house, house.jonas), text="Approve")
        eventually(lambda: house.requests.get(waiting["id"]).state is RequestState.DONE, "the end of the request")  # type: ignore[union-attr] # it is there
    assert house.rotates(arn)
    assert verify(house, house.database_url) == 0


def test_no_backup_is_written_over_and_postgresql_is_left_to_its_own_tools(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    upgrade(house.database)
    copy = house.folder / "backup"
    copy.write_text("precious")
    assert main(["db", "backup", str(copy)], house.environ) == 2
    said = capsys.readouterr().err
    if house.database_url.startswith("sqlite"):
        assert said == f"There is a file {copy} already. Name another one: no backup is written over.\n"
    else:
        assert said == "This is for SQLite. Of PostgreSQL, pg_dump makes backups: docs/operations.md says how.\n"
    assert copy.read_text() == "precious"
    assert Trail(house.database).verify().fault is None


@pytest.mark.parametrize(
    "command",
    [
        "python -m bot db backup ",
        "pg_dump --format=custom --file=",
        "pg_restore --no-owner --single-transaction --exit-on-error --dbname=",
        "python -m bot audit verify --anchor ",
    ],
)
def test_the_guide_names_the_commands_that_these_tests_run(command: str) -> None:
    assert command in GUIDE.read_text(encoding="utf-8")


@POSTGRESQL_ALONE
def test_settings_that_differ_for_long_are_told_in_the_channel_and_by_name_alone(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    file = Path(house.environ["KMS_ROTATION_CONFIG"])
    with house.running() as first:
        file.write_text(file.read_text().replace('external_id = "sandbox-external-id"', 'external_id = "another-id"'))
        with house.running() as second:
            assert any(
                "[scan]: Processes that share this database have different settings" in each for each in caplog.messages
            )
            for _ in range(7):
                house.clock.ahead += timedelta(minutes=1.9)
                first.presence.beat()
                second.presence.beat()
            house.slack.wait_for(lambda: house.channel.roots, what="word of it")
            (word,) = house.channel.roots
            assert "have different settings" in shown(word)
            assert "[scan]" in shown(word)
            assert "another-id" not in shown(word) + caplog.text
        first.presence.beat()
        house.slack.wait_for(lambda: "do not differ" in shown(house.now(word)), what="word of the end")
