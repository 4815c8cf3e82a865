"""PostgreSQL goes away and returns: nothing is half done, people are told, and the bot goes on by itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

from bot.errors import DatabaseAwayError
from bot.models.requests import ChangeState, RequestState
from bot.process import Process
from bot.remediate.hands import INTERRUPTED
from bot.store.engine import Database
from bot.work import AWAY
from deploy.sandbox.slack.things import Message
from tests.app.house import CHANNEL, CONFIGURATION, HANGS, House, eventually, house
from tests.app.lives import owed
from tests.app.mortal import Writing
from tests.app.truth import Truth
from tests.store.databases import POSTGRESQL_ALONE
from tests.store.proxy import Wire, wire_to

__all__ = ["house"]

pytestmark = POSTGRESQL_ALONE

KEY = "payments/card-vault"
HOUR = timedelta(hours=1)
HOURLY = CONFIGURATION.replace('[digest]\nschedule = "0 0 1 1 *"', '[digest]\nschedule = "0 * * * *"')
SAID = AWAY.replace("`", "")

COMMITS = (
    "REQUEST_CREATED",
    "APPROVAL_GIVEN REQUEST_APPROVED",
    "CHANGE_CLAIMED",
    "CHANGE_CALLING",
    "CHANGE_SUCCEEDED REQUEST_DONE",
)
"""The transactions of a request's story, by what they put on record."""


@pytest.fixture
def wire(house: House) -> Iterator[Wire]:
    """What is between the bot and its database; the test itself looks past it."""
    with wire_to(house.database_url) as made:
        house.configure(HOURLY)
        assert house.database.engine is not None
        house.configure(HOURLY, DATABASE_URL=made.url)
        yield made


def test_a_click_while_the_database_is_away_does_nothing_and_the_person_is_told(house: House, wire: Wire) -> None:
    arn = house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        wire.cut()
        told = house.whisper(house.jonas, lambda: house.press(house.jonas, message, "Approve"))
        wire.mend()
        assert told == SAID
        assert house.request().state is RequestState.PENDING
        assert not house.rotates(arn)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "Rotation is on")
        eventually(lambda: not owed(house), "everything to be shown")
        Truth(house).holds()


@pytest.mark.parametrize("what", ["status", "list", "requests", "digest", "scan", f"key {KEY}"])
def test_a_command_while_the_database_is_away_is_answered_with_a_sentence(house: House, wire: Wire, what: str) -> None:
    house.key(KEY)
    with house.running():
        wire.cut()
        assert house.command(house.jonas, what).strip() == SAID
        wire.mend()
        assert KEY in house.command(house.jonas, "list")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("commit", COMMITS)
def test_a_connection_that_is_lost_at_any_commit_repeats_nothing_and_loses_nothing(
    house: House, wire: Wire, commit: str, when: str
) -> None:
    """After: the transaction holds, and the bot never heard so."""
    house.key(KEY)
    with house.running() as process, losing_the_connection(wire, commit, when) as lost:
        see_to_it(house, process, lost)
        assert lost()
        Truth(house).holds()
        (change,) = house.request().changes
        if change.state is ChangeState.FAILED:  # it was about to call, and nobody knows whether it did
            assert (commit, when) == ("CHANGE_CALLING", "after")
            assert change.result.startswith(INTERRUPTED)


@contextmanager
def losing_the_connection(wire: Wire, name: str, when: str) -> Iterator[Callable[[], bool]]:
    """Cut the wire at the first such commit, and mend it as soon as that failed. Tells whether it happened."""
    writing, write, do_commit, happened = Writing(), Database.write, DefaultDialect.do_commit, [False]

    @contextmanager
    def watched(database: Database) -> Iterator[sa.Connection]:
        writing.tables, writing.acts = [], []
        try:
            with write(database) as connection:
                yield connection
        finally:
            writing.tables = writing.acts = None

    def note(_connection: Any, _cursor: Any, _statement: Any, _values: Any, context: Any, _many: Any) -> None:  # noqa: ANN401 - SQLAlchemy's event
        if writing.acts is None or not context.isinsert:
            return
        if context.compiled.statement.table.name == "audit_entries":
            writing.acts += [each["act"] for each in context.compiled_parameters]

    def committed(dialect: DefaultDialect, connection: Any) -> None:  # noqa: ANN401 - a driver's
        commit = partial(do_commit, dialect, connection)
        is_it = not happened[0] and " ".join(writing.acts or ()) == name
        if is_it and when == "after":
            commit()
        if is_it:
            happened[0] = True
            wire.cut()
        try:
            if is_it:
                connection.execute("SELECT 1")
            else:
                commit()
        finally:
            wire.mend()

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        with patch.object(Database, "write", watched), patch.object(DefaultDialect, "do_commit", committed):
            yield lambda: happened[0]
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def see_to_it(house: House, process: Process, lost: Callable[[], bool]) -> None:
    """Ask and approve, again where the answer says that it was not done and the record agrees."""
    house.press_enable(house.mara, KEY)
    house.mara.submit(house.mara.modal, {})
    eventually(lambda: house.requests.in_state(*RequestState) or lost(), "the request, or the loss")
    if not house.requests.in_state(*RequestState):
        house.slack.wait_for(lambda: AWAY.partition(".")[0] in house.mara.modal.visible_text, what="the answer")
        house.mara.close(house.mara.modal, all_of_them=True)
        house.press_enable(house.mara, KEY)
        house.mara.submit(house.mara.modal, {})
    house.slack.wait_for(house.request_messages, what="the request's message")
    (message,) = house.request_messages()
    approve(house, message)
    if house.request().state is RequestState.PENDING:
        approve(house, message)

    def settled() -> bool:
        with suppress(DatabaseAwayError):  # the scheduler comes back half a minute later
            process.sweep()
        return not house.request().is_open and not owed(house)

    eventually(settled, "the end of the request")


def approve(house: House, message: Message) -> None:
    told = len(house.jonas.ephemerals)
    house.press(house.jonas, message, "Approve")
    eventually(
        lambda: house.request().state is not RequestState.PENDING or len(house.jonas.ephemerals) > told, "an outcome"
    )


def test_connections_that_the_server_ends_are_made_anew_and_a_change_under_way_ends_once(
    house: House, wire: Wire
) -> None:
    house.key(KEY)
    with house.running() as process:
        message = house.ask(house.mara, KEY)
        house.aws.faults.slow(HANGS, action="kms:*")
        house.press(house.jonas, message, "Approve")
        eventually(house.requests.executing, "the claim")
        with house.database.session() as session:
            session.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        for _ in range(3):
            process.sweep()
        house.aws.faults.clear()
        house.until_shown(message, "Rotation is on")
        eventually(lambda: not owed(house), "everything to be shown")
        Truth(house).holds()


def test_a_firing_that_was_due_while_the_database_was_away_is_made_up_for_once(house: House, wire: Wire) -> None:
    house.key(KEY)
    with house.running() as process:
        eventually(lambda: process.calendar.firings.ever("digest") or None, "the first look at the calendar")
        wire.cut()
        house.clock.ahead += house.clock().replace(minute=1) - house.clock() + HOUR
        with pytest.raises(DatabaseAwayError):
            process.calendar.try_again()
        wire.mend()
        for _ in range(3):
            process.calendar.try_again()
        house.slack.wait_for(lambda: house.channel.roots, what="the digest")
        assert [entry.act for entry in house.trail.newest(50)].count("DIGEST_POSTED") == 1
    assert len(house.slack.channel(CHANNEL).roots) == 1
