"""Two bots on one SQLite file would post everything twice: the second is refused, and all else goes on beside it."""

import os
import signal
from collections.abc import Callable

import pytest

from bot.store import file_locks
from bot.terminal import main
from tests.app.house import House, house
from tests.app.served import over_http, running
from tests.store.databases import SQLITE_ALONE
from tests.terminal.quiet import quiet_logging

__all__ = ["house", "quiet_logging"]

pytestmark = [SQLITE_ALONE, pytest.mark.usefixtures("quiet_logging")]


@pytest.mark.parametrize("prepare", [House.configure, over_http], ids=["socket", "http"])
def test_a_second_bot_is_refused_beside_the_first_and_starts_as_soon_as_that_was_killed(
    house: House,
    prepare: Callable[[House], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepare(house)
    with running(house) as first:
        with monkeypatch.context() as impatient:
            impatient.setattr(file_locks, "LEAVE_SECONDS", 0.0)
            assert main(["run"], house.environ) == 2
        assert capsys.readouterr().err.startswith("DATABASE_URL: Another bot runs on this SQLite file")
        for beside in (["db", "backup", str(house.folder / "copy")], ["audit", "verify"], ["scan"]):
            assert main(beside, house.environ) == 0, beside
        os.kill(first.process.pid, signal.SIGKILL)
        with running(house, scanned=False) as second:
            assert second.process.poll() is None, second.log
            assert second.end() < 10
            assert second.process.returncode == 0, second.log
