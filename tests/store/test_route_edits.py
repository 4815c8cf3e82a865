"""Edits of digests: the newest counts, of two at once the first, and each is on record."""

from datetime import datetime

import pytest

from bot.models.routes import RouteEdit, RouteTerms
from bot.models.trail import Act, Entry
from bot.store.engine import Database
from bot.store.route_edits import RouteEdits
from bot.store.trail import Trail
from tests.store.crowd import all_at_once
from tests.store.samples import at


@pytest.fixture
def edits(database: Database) -> RouteEdits:
    return RouteEdits(database)


def put(edits: RouteEdits, minutes: float, seen: datetime | None, terms: RouteTerms, by: str = "U0JONAS") -> bool:
    edit = RouteEdit("route 1", terms, by, at(minutes))
    return edits.put(edit, seen, Entry(at(minutes), by, Act.ROUTE_EDITED, "route 1"))


def test_the_newest_edit_of_a_digest_is_kept_and_all_are_on_record(edits: RouteEdits, database: Database) -> None:
    assert edits.all() == {}
    assert put(edits, 0, None, RouteTerms(channel="C0PAY"))
    assert put(edits, 1, at(0), RouteTerms(schedule="0 8 * * *", timezone="Asia/Tokyo"))
    assert edits.all()["route 1"].terms == RouteTerms(None, "0 8 * * *", "Asia/Tokyo")
    assert put(edits, 2, at(1), RouteTerms())
    assert edits.all()["route 1"] == RouteEdit("route 1", RouteTerms(), "U0JONAS", at(2))
    assert [entry.act for entry in Trail(database).newest(9)] == [Act.ROUTE_EDITED] * 3


@pytest.mark.parametrize("seen", [None, at(-1)])
def test_whoever_saw_an_older_edit_changes_nothing(
    edits: RouteEdits, database: Database, seen: datetime | None
) -> None:
    put(edits, 0, None, RouteTerms(channel="C0PAY"))
    assert not put(edits, 1, seen, RouteTerms(channel="C0OTHER"))
    assert edits.all()["route 1"].terms.channel == "C0PAY"
    assert len(Trail(database).newest(9)) == 1


@pytest.mark.parametrize("seen", [None, at(0)], ids=["the first edit", "a later one"])
def test_of_many_edits_at_once_one_is_made(edits: RouteEdits, database: Database, seen: datetime | None) -> None:
    if seen is not None:
        put(edits, 0, None, RouteTerms(channel="C0PAY"))
    before = len(Trail(database).newest(99))
    made = all_at_once(lambda number: put(edits, 1 + number, seen, RouteTerms(channel=f"C{number}")), threads=12)
    assert made.count(True) == 1
    assert edits.all()["route 1"].terms.channel == f"C{made.index(True)}"
    assert len(Trail(database).newest(99)) == before + 1
