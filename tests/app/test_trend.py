"""The trend's picture in the digest: drawn, uploaded, shown once; and the digest goes out whatever becomes of it."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk import WebClient

import bot.wiring.parts
from bot.models.posture import PosturePoint
from bot.models.scans import Summary
from bot.models.trend import Trend
from bot.store.digests import DigestStore
from bot.store.history import note_point
from bot.store.schema import upgrade
from deploy.sandbox.slack.pictures import image_type
from deploy.sandbox.slack.things import File, Message
from tests.app.house import CONFIGURATION, House, eventually, house, shown

__all__ = ["house"]

KEY = "payments/card-vault"


def remember(house: House, days: int = 10) -> None:
    """Let there have been a digest on each of so many days before today."""
    upgrade(house.database)
    for day in range(1, days + 1):
        point = PosturePoint(house.clock() - timedelta(days=day), Summary(90, 10 + day))
        with house.database.write() as connection:
            note_point(connection, "default", point.at, point.summary)


def digest(house: House, number: int = 1) -> Message:
    """Ask for a digest, and wait for it while the bot's time goes by."""
    house.command(house.jonas, "digest")
    eventually(lambda: len(house.channel.roots) >= number or time_goes_by(house), "the digest")
    return house.channel.roots[number - 1]


def time_goes_by(house: House) -> bool:
    """Let a second pass for the bot, while somebody waits for something else."""
    house.clock.ahead += timedelta(seconds=1)
    return False


def image(message: Message) -> dict[str, Any] | None:
    return next((block for block in message.blocks if block["type"] == "image"), None)


def picture(house: House, message: Message) -> File:
    block = image(message)
    assert block is not None
    return house.slack.state.files[block["slack_file"]["id"]]


def uploads(house: House) -> int:
    return sum(call.method == "files.getUploadURLExternal" for call in house.slack.calls)


def test_a_digest_shows_its_trend_as_a_picture_which_stays_when_a_row_moves(house: House) -> None:
    house.key(KEY)
    remember(house)
    with house.running():
        message = digest(house)
        file = picture(house, message)
        assert image_type(file.content or b"") == "image/png"
        block = image(message)
        assert block is not None
        assert "Open keys: 20 at first, 1 at last" in block["alt_text"]
        assert "% at first" in block["alt_text"]
        house.ask(house.mara, KEY)
        eventually(lambda: "Waiting" in shown(house.now(message)) or house.now(message).edited, "the row to move")
        assert picture(house, house.now(message)) == file
        assert uploads(house) == 1


def test_before_there_are_three_days_a_sentence_says_so_and_nothing_is_uploaded(house: House) -> None:
    house.key(KEY)
    house.configure(CONFIGURATION.replace("[digest]", '[digest]\ntimezone = "Asia/Tokyo"'))
    remember(house, 1)
    with house.running():
        told = shown(digest(house))
    made = DigestStore(house.database).latest("default")
    assert made is not None
    assert made.content.timezone == "Asia/Tokyo", "whose days those are"
    assert "The trend is shown once 3 days have had a digest; so far there are 2." in told
    assert uploads(house) == 0


def in_words(message: Message) -> bool:
    return image(message) is None and "Trend: " in shown(message) and "10 days ago" in shown(message)


FAULTS: dict[str, Callable[[Any], None]] = {
    "no place for it": lambda faults: faults.error_next("files.getUploadURLExternal", "storage_limit_reached", 9),
    "Slack is away": lambda faults: faults.fail_next("files.getUploadURLExternal", times=9, status=503),
    "rate limit": lambda faults: faults.rate_limit_next("files.*", times=9, retry_after=600),
    "cut off": lambda faults: faults.close_next("files.completeUploadExternal", times=9, after_the_change=True),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_keeps_the_picture_away_does_not_hold_up_the_digest(house: House, fault: str) -> None:
    house.key(KEY)
    remember(house)
    with house.running():
        FAULTS[fault](house.slack.faults)
        assert in_words(digest(house))
        house.slack.faults.clear()
        before = uploads(house)
        house.ask(house.mara, KEY)
        eventually(lambda: house.channel.roots[0].edited, "the row to move")
        assert in_words(house.channel.roots[0])
        assert uploads(house) == before, "what was posted in words stays so"


def test_a_picture_that_cannot_be_drawn_does_not_hold_up_the_digest(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_trend: Trend) -> None:
        raise RuntimeError("no fonts here")

    monkeypatch.setattr(bot.wiring.parts, "draw", fail)
    house.key(KEY)
    remember(house)
    with house.running():
        assert in_words(digest(house))


def test_an_answer_to_an_upload_that_nobody_can_read_does_not_hold_up_the_digest(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy between the bot and Slack's store of files may answer with whatever it likes."""

    def fail(*_: object, **__: object) -> None:
        b"\xff".decode()

    monkeypatch.setattr(WebClient, "_upload_file", fail)
    house.key(KEY)
    remember(house)
    with house.running():
        assert in_words(digest(house))


def test_without_the_permission_to_upload_the_trend_is_told_in_words_and_the_log_says_why_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.key(KEY)
    remember(house)
    with house.running(), caplog.at_level(logging.WARNING, "bot.trend"):
        for _ in range(2):
            house.slack.faults.error_next("files.getUploadURLExternal", "missing_scope")
        assert in_words(digest(house))
        assert in_words(digest(house, 2))
    (line,) = [record.getMessage() for record in caplog.records if record.name == "bot.trend"]
    assert line.startswith("Digests tell the trend in words, without a picture. The app was not granted a permission")


def test_a_picture_that_slack_still_looks_at_is_waited_for(house: House) -> None:
    house.key(KEY)
    remember(house)
    house.slack.faults.slow_files(60)
    with house.running():
        house.command(house.jonas, "digest")
        eventually(lambda: refusals(house), "a refusal")
        house.slack.clock.advance(61)
        eventually(lambda: house.channel.roots or time_goes_by(house), "the digest")
        assert image(house.channel.roots[0]) is not None
        assert uploads(house) == 1
        assert house.trail.newest(1)[0].act != "MESSAGE_LOST"


def test_a_picture_that_slack_never_shows_is_done_without(house: House) -> None:
    house.key(KEY)
    remember(house)
    house.slack.faults.slow_files(10**6)
    with house.running():
        assert in_words(digest(house))
        assert refusals(house) == 4
        assert uploads(house) == 1


def test_a_picture_that_somebody_deletes_is_done_without_when_the_digest_is_changed(house: House) -> None:
    house.key(KEY)
    remember(house)
    with house.running():
        message = digest(house)
        del house.slack.state.files[picture(house, message).id]
        house.ask(house.mara, KEY)
        eventually(lambda: in_words(house.now(message)) or time_goes_by(house), "the digest in words")
        assert [entry.act for entry in house.trail.newest(20) if entry.act == "MESSAGE_LOST"] == []


def refusals(house: House) -> int:
    return sum("invalid slack file" in str(call.answer) for call in house.slack.calls)


def test_keys_that_are_too_many_for_messages_are_pointed_to_where_no_file_can_be_uploaded(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.rules.digest.MOST_PAGES", 0)
    house.configure(CONFIGURATION.replace("[digest]", "[digest]\ntop = 1"))
    for number in range(3):
        house.key(f"batch/key-{number}")
    with house.running():
        house.slack.faults.error_next("files.getUploadURLExternal", "missing_scope")
        message = digest(house)

        def said() -> bool:
            return any("was not granted files:write" in shown(reply) for reply in house.channel.thread(message.ts))

        house.slack.wait_for(said, what="the reply")
