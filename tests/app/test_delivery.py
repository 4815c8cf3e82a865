"""Slack fails in every way it has; what is stored stays true, and messages come to tell it."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.models.requests import RequestState
from bot.store.tables import digests
from tests.app.house import CHANNEL, House, eventually, house, shown

__all__ = ["house"]

KEY = "payments/card-vault"


def ask_unseen(house: House) -> None:
    """Ask for a key, without waiting for the message."""
    house.press_enable(house.mara, KEY)
    house.mara.submit(house.mara.modal, {})
    eventually(lambda: house.requests.in_state(RequestState.PENDING), "the request")


@pytest.mark.parametrize(
    "fault",
    [
        lambda faults: faults.rate_limit_next("chat.postMessage", retry_after=1),
        lambda faults: faults.fail_next("chat.postMessage", times=4, status=503),
        lambda faults: faults.close_next("chat.postMessage", times=3),
        lambda faults: faults.fail_next("chat.postMessage", times=1, status=403),
        lambda faults: faults.error_next("chat.postMessage", "internal_error", times=2),
    ],
    ids=["429", "503", "closed", "a proxy's 403", "internal_error"],
)
def test_a_message_is_posted_once_slack_can(house: House, fault: object) -> None:
    assert callable(fault)
    house.key(KEY)
    with house.running():
        fault(house.slack.faults)
        ask_unseen(house)
        house.in_time(house.request_messages, "the request's message")
        assert len(house.request_messages()) == 1


@pytest.mark.parametrize("fields", [{"is_archived": True}, {"members": frozenset({"U0MARA", "U0JONAS"})}])
def test_a_message_waits_for_its_channel(house: House, fields: dict[str, object]) -> None:
    house.key(KEY)
    before = house.slack.state.channels[CHANNEL]
    with house.running():
        house.press_enable(house.mara, KEY)
        house.slack.state.change_channel(CHANNEL, **fields)
        house.mara.submit(house.mara.modal, {})
        eventually(lambda: house.requests.in_state(RequestState.PENDING), "the request")
        eventually(lambda: [call for call in house.slack.calls if not call.answer.get("ok")], "a refusal")
        house.slack.state.change_channel(CHANNEL, is_archived=before.is_archived, members=before.members)
        house.in_time(house.request_messages, "the request's message")


def test_a_request_whose_message_was_deleted_is_posted_anew(house: House) -> None:
    house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        house.slack.state.drop_message(CHANNEL, message.ts)
        old = house.whisper(house.mara, lambda: house.mara.click_stale(message, text="Approve"))
        assert "somebody else has to approve" in old
        house.jonas.click_stale(message, text="Approve")
        house.slack.wait_for(house.request_messages, what="the new message")
        (again,) = house.request_messages()
        assert again.ts != message.ts
        house.until_shown(again, "Rotation is on")


def test_a_digest_that_was_deleted_is_given_up_and_that_is_recorded(house: House) -> None:
    house.key(KEY)
    with house.running():
        house.command(house.jonas, "digest")
        house.slack.wait_for(lambda: house.channel.roots, what="the digest")
        digest = house.channel.roots[0]
        house.slack.state.drop_message(CHANNEL, digest.ts)
        house.ask(house.mara, KEY)
        eventually(lambda: [each for each in house.trail.newest(20) if each.act == "MESSAGE_LOST"], "the record")


def test_a_message_that_cannot_be_made_keeps_no_other_from_being_shown(house: House) -> None:
    house.key(KEY)
    with house.running():
        house.command(house.jonas, "digest")
        house.slack.wait_for(lambda: house.channel.roots, what="the digest")
        with house.database.write() as connection:
            connection.execute(digests.update().values(content={"of": "another version"}))
        house.ask(house.mara, KEY)


def used_up(house: House, payload: dict[str, Any]) -> str:
    """Send a command whose response_url takes nothing any more, and read the answer."""
    for url in house.slack.state.response_urls.values():
        url.uses = 5
    return house.whisper(house.mara, lambda: house.mara.replay(payload, kind="slash_commands"))


def test_an_answer_reaches_the_person_when_its_response_url_is_used_up(house: House) -> None:
    house.key(KEY)
    with house.running():
        sent = house.mara.slash("/kms-rotation list", channel=CHANNEL)
        house.slack.wait_for(lambda: house.mara.ephemerals, what="the list")
        house.slack.state.drop_message(CHANNEL, house.mara.ephemerals[0].ts)
        assert "open key" in used_up(house, sent.payload)
        assert [call.method for call in house.slack.calls][-1] == "chat.postEphemeral"


def test_an_answer_without_any_response_url_is_whispered_too(house: House) -> None:
    house.key(KEY)
    with house.running():
        sent = house.mara.slash("/kms-rotation help", channel=CHANNEL)
        house.slack.wait_for(lambda: house.mara.ephemerals, what="the help")
        bare = {name: value for name, value in sent.payload.items() if name != "response_url"}
        told = house.whisper(house.mara, lambda: house.mara.replay(bare, kind="slash_commands"))
    assert "/kms-rotation status" in told


def test_a_dropped_socket_is_replaced_and_then_clicks_arrive_again(house: House) -> None:
    house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        [dropped] = house.slack.sockets.connections
        house.slack.faults.drop_sockets()
        house.slack.wait_for(lambda: set(house.slack.sockets.connections) - {dropped}, what="another socket")
        house.press(house.jonas, message, "Approve")
        assert "Rotation is on" in house.until_shown(message, "Rotation is on")


def test_hostile_names_and_reasons_stay_what_they_are(house: House) -> None:
    hostile = "<!channel> <@U0JONAS> *bold* `code` & <https://evil.example|click>"
    house.aws.world.account("111111111111", "<!here> prod & *co*")
    house.key(KEY, description=hostile)
    with house.running():
        message = house.ask(house.mara, KEY, {"reason": {"text": hostile}})
        assert hostile in shown(message)
        house.command(house.mara, "key payments/card-vault")
        for each in (message, house.mara.ephemerals[-1]):
            assert "<!" not in each.text
            assert not any("<!channel>" in text or "<!here>" in text for text in mrkdwn_of(each.blocks))


def mrkdwn_of(thing: object) -> Iterator[str]:
    """Every text that Slack would interpret."""
    if isinstance(thing, dict):
        if thing.get("type") == "mrkdwn":
            yield thing["text"]
        thing = tuple(thing.values())
    if isinstance(thing, list | tuple):
        for inner in thing:
            yield from mrkdwn_of(inner)
