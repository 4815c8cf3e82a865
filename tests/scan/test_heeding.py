"""Heeding who wants a scan to stop, also where the database, which holds their word, is away for a while."""

from threading import Event

import pytest

from bot.errors import DatabaseAwayError
from bot.scan import heeding

LOOKS = (True, True, True, False, True, True)
"""Whether the database is away: for three looks, and after one that finds nothing for two more."""


def test_a_database_that_is_away_is_told_of_once_and_who_wants_a_stop_is_heeded_once_it_is_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(heeding, "LOOK_SECONDS", 0.0)
    stop, looks = Event(), iter(LOOKS)

    def is_asked() -> bool:
        is_away = next(looks, None)
        if is_away:
            raise DatabaseAwayError("It is away.")
        return is_away is None

    with heeding.heeding(is_asked, stop):
        assert stop.wait(10)
    assert [(each.levelname, bool(each.exc_info)) for each in caplog.records] == [("WARNING", False)] * 2
    assert "It is away." in caplog.text
