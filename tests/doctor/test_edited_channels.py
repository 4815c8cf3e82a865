"""Channels that digests were given in Slack are looked at like those of the file."""

from datetime import UTC, datetime

import pytest

from bot.doctor.lines import Check, Line, Status
from bot.models.routes import RouteEdit, RouteTerms
from bot.models.trail import Act, Entry
from bot.rules.sight import hidden_from
from bot.settings import load
from bot.store.engine import Database
from bot.store.route_edits import RouteEdits
from bot.wiring.audiences import declared
from tests.doctor.clinic import Clinic, clinic

__all__ = ["clinic"]

PLACE = "“Edit a digest …”, team=payments"
NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def edit(clinic: Clinic, terms: RouteTerms, name: str = "") -> None:
    """Store what somebody edited of the digest of the payments team, or of one that the file does not name."""
    settings = load(clinic.environ, with_slack=True)
    _, payments = declared(settings.digest, "C0SECURITY", hidden_from(settings.visibility.rules))
    database = Database(clinic.database_url)
    entry = Entry(NOW, "U0JONAS", Act.ROUTE_EDITED, payments.title)
    assert RouteEdits(database).put(RouteEdit(name or payments.name, terms, "U0JONAS", NOW), None, entry)
    database.close()


def channels(clinic: Clinic) -> list[Line]:
    found = (line for line in clinic.look("slack") if line.check is Check.CHANNEL)
    return sorted(found, key=lambda line: (line.subject, line.seen))


def test_one_that_the_bot_is_not_in_is_told_with_the_digest_and_the_remedy(clinic: Clinic) -> None:
    before = channels(clinic)
    edit(clinic, RouteTerms(channel="C0GENERAL"))
    [line] = [line for line in channels(clinic) if line not in before]
    assert (line.subject, line.status) == (PLACE, Status.FAILED)
    assert line.seen == "The bot is not in #general (C0GENERAL)."
    assert line.remedy == "Type /invite @KMS rotation in #general."


def test_one_that_it_is_in_is_well(clinic: Clinic) -> None:
    before = channels(clinic)
    edit(clinic, RouteTerms(channel="C0PAYMENTS"))
    after = channels(clinic)
    assert len(after) == len(before) + 1
    assert {line.status for line in after} == {Status.OK}


@pytest.mark.parametrize(
    ("terms", "name"),
    [(RouteTerms(), ""), (RouteTerms(schedule="0 7 * * *"), ""), (RouteTerms(channel="C0GENERAL"), "gone")],
    ids=["put back", "another time", "a digest that the file does not name any more"],
)
def test_what_names_no_channel_of_a_digest_adds_nothing(clinic: Clinic, terms: RouteTerms, name: str) -> None:
    before = channels(clinic)
    edit(clinic, terms, name)
    assert channels(clinic) == before


def test_where_the_database_cannot_be_read_that_is_said_and_the_file_s_are_looked_at(clinic: Clinic) -> None:
    clinic.sql("UPDATE alembic_version SET version_num = '9999'")
    *others, last = sorted(channels(clinic), key=lambda line: line.subject == "edited in Slack")
    assert {line.status for line in others} == {Status.OK}
    assert (last.subject, last.status) == ("edited in Slack", Status.NOT_TESTED)
    assert last.seen == (
        "Whether digests were given another channel in Slack cannot be read. "
        "The database's schema is not the one of this version."
    )


def test_before_the_very_first_start_there_is_nothing_to_read(clinic: Clinic) -> None:
    before = channels(clinic)
    clinic.set(DATABASE_URL=f"sqlite:///{clinic.folder / 'none.sqlite3'}")
    assert channels(clinic) == before
    assert not (clinic.folder / "none.sqlite3").exists()
