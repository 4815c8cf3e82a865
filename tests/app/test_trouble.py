"""The database is away, AWS is slow, the bot stops: nothing is acted on unseen, and whoever acted is told."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

from bot.models.messages import Message
from bot.models.requests import RequestState
from bot.store import engine
from bot.store.messages import MessageStore
from bot.work import AWAY, STOPPING
from tests.app.house import CHANNEL, HANGS, House, eventually, house, shown
from tests.store.databases import locked

__all__ = ["house"]

KEY = "payments/card-vault"
PATIENCE_SECONDS = 0.2


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the bot wait for a locked database a moment instead of half a minute."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_SECONDS", PATIENCE_SECONDS)


@contextmanager
def without(house: House, table: str) -> Iterator[None]:
    """A database in which nothing can be looked up: here one table of it is gone."""
    renamed(house, table, "away")
    yield
    renamed(house, "away", table)


def renamed(house: House, table: str, name: str) -> None:
    with house.database.write() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {name}")


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("button", ["Approve", "Deny"])
def test_a_click_while_the_database_is_locked_does_nothing_and_the_person_is_told(house: House, button: str) -> None:
    arn = house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        with locked(house.database):
            told = house.whisper(house.jonas, lambda: house.press(house.jonas, message, button))
        assert told == AWAY.replace("`", "")
        assert house.request().state is RequestState.PENDING
        assert not house.rotates(arn)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "Rotation is on")
        assert len(house.request_messages()) == 1


def test_a_message_that_was_posted_and_could_not_be_written_down_is_not_posted_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.key(KEY)
    tries = count(1)
    note = MessageStore.mark_shown

    def away(*_args: object) -> None:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    def back_at_the_third_try(store: MessageStore, message: Message, *more: Any) -> None:  # noqa: ANN401 - passed on
        if next(tries) < 3:
            away()
        note(store, message, *more)

    monkeypatch.setattr(MessageStore, "mark_failed", away)
    monkeypatch.setattr(MessageStore, "mark_shown", back_at_the_third_try)
    with house.running():
        message = house.ask(house.mara, KEY)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "Rotation is on")
        assert len(house.request_messages()) == 1


@pytest.mark.usefixtures("hasty")
def test_a_request_while_the_database_is_locked_is_not_made_and_the_form_says_so(house: House) -> None:
    house.key(KEY)
    with house.running():
        house.press_enable(house.mara, KEY)
        with locked(house.database):
            house.mara.submit(house.mara.modal, {})
            away = AWAY.partition(".")[0]
            house.slack.wait_for(lambda: away in house.mara.modal.visible_text, what="the answer")
    assert house.requests.in_state(*RequestState) == []


def test_a_button_whose_key_cannot_be_looked_up_opens_no_form_and_the_person_is_told(house: House) -> None:
    house.key(KEY)
    with house.running():
        house.command(house.mara, "list")
        listed = house.mara.ephemerals[-1]
        with without(house, "key_handles"):
            told = house.whisper(house.mara, lambda: house.mara.click(listed, text="Enable rotation"))
        assert told.startswith("Something went wrong in the bot.")
        assert house.mara.modals == []


@pytest.mark.parametrize("form", ["one key", "several keys", "the whole list"])
def test_a_form_is_acked_before_its_keys_are_looked_up_and_says_so_where_they_cannot_be(
    house: House, form: str
) -> None:
    for number in range(101 if form == "the whole list" else 2):
        house.key(f"batch/{number:03}")
    with house.running():
        if form == "one key":
            house.press_enable(house.mara, "batch/000")
        else:
            house.command(house.mara, "list")
            house.open_form(house.mara, lambda: house.mara.click(house.mara.ephemerals[-1], text="Enable several …"))
        with without(house, "key_handles"):
            values = {} if form == "one key" else {"all": {"ticked": ["all"]}}
            sent = house.mara.submit(house.mara.modal, values)
            assert sent is not None
            assert sent.answer is not None
            assert sent.answer["response_action"] == "update"
            told = "Something went wrong in the bot."
            house.slack.wait_for(lambda: told in house.mara.modal.visible_text, what="what went wrong")
    assert house.requests.in_state(*RequestState) == []


def test_an_approval_does_not_wait_for_people_who_look(house: House) -> None:
    house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        before = len(house.mara.ephemerals)
        house.aws.faults.slow(HANGS, action="kms:ListKeyRotations")
        for _ in range(20):
            house.mara.slash(f"/kms-rotation key {KEY}", channel=CHANNEL)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "Rotation is on")
        assert len(house.mara.ephemerals) == before
        house.aws.faults.clear()


def test_an_approval_while_the_bot_stops_is_not_taken_and_the_person_is_told(house: House) -> None:
    arn = house.key(KEY)
    with house.running() as process:
        message = house.ask(house.mara, KEY)
        process.crews.drain(5)
        told = house.whisper(house.jonas, lambda: house.press(house.jonas, message, "Approve"))
        assert told == STOPPING
    assert house.request().state is RequestState.PENDING
    assert not house.rotates(arn)


def test_a_scan_that_is_stopped_says_so_in_its_message(house: House) -> None:
    house.key(KEY)
    with house.running():
        house.aws.faults.slow(HANGS, action="kms:DescribeKey")
        house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
        house.slack.wait_for(lambda: house.channel.roots, what="the scan's message")
    assert "Scan ended early. It was stopped" in shown(house.channel.roots[0])


def test_a_scan_that_cannot_be_written_down_says_so_in_its_message(house: House) -> None:
    house.key(KEY)
    with house.running():
        house.aws.faults.slow(HANGS, action="kms:DescribeKey")
        house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
        house.slack.wait_for(lambda: house.channel.roots, what="the scan's message")
        with without(house, "findings"):
            house.aws.faults.clear()
            house.until_shown(house.channel.roots[0], "Scan ended early.")
        eventually(lambda: house.command(house.jonas, "status"), "an answer")
