"""What a tampered client sends: nothing is acted on that the person could not have done, and nothing breaks."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from bot.models.requests import RequestState
from tests.app.house import CONFIGURATION, House, eventually, house, shown

__all__ = ["house"]

KEY = "payments/card-vault"
Payload = dict[str, Any]


def submitted(house: House) -> Payload:
    """The submission of Mara's form, once it has made its request and she is told so."""
    house.press_enable(house.mara, KEY)
    sent = house.mara.submit(house.mara.modal, {})
    assert sent is not None
    house.slack.wait_for(house.request_messages, what="the request's message")
    house.slack.wait_for(lambda: "on its way" in house.mara.modal.visible_text, what="the answer")
    return sent.payload


def requests(house: House) -> int:
    return len(house.requests.in_state(*RequestState))


def test_a_form_that_is_sent_twice_asks_once(house: House) -> None:
    house.key(KEY)
    with house.running():
        payload = submitted(house)
        payload["view"]["hash"] = house.mara.modal.hash
        house.mara.replay(payload)
        house.slack.wait_for(lambda: "asked for this key already" in house.mara.modal.visible_text, what="the answer")
    assert requests(house) == 1


def test_a_form_sent_by_somebody_else_asks_in_their_name_and_by_their_rights(house: House) -> None:
    house.key(KEY)
    with house.running():
        payload = submitted(house)
        message = house.request_messages()[0]
        house.press(house.mara, message, "Withdraw")
        house.until_shown(message, "who withdrew it")
        theirs = deepcopy(payload)
        theirs["user"] |= {"id": "U0GUEST"}
        house.mara.replay(theirs)
        eventually(lambda: [each for each in house.trail.newest(5) if each.act == "REFUSED"], "the refusal")
        theirs["user"] |= {"id": "U0AIKO"}
        house.mara.replay(theirs)
        eventually(lambda: house.requests.in_state(RequestState.PENDING), "the request")
    (asked,) = house.requests.in_state(RequestState.PENDING)
    assert asked.requester == "U0AIKO"


@pytest.mark.parametrize("handle", ["", "k0000000000000000", "arn:aws:kms:eu-central-1:111111111111:key/x", "x" * 3000])
def test_a_form_for_a_key_that_nobody_offered_asks_for_nothing(house: House, handle: str) -> None:
    house.key(KEY)
    with house.running():
        forged = deepcopy(submitted(house))
        forged["view"] |= {"private_metadata": handle, "hash": house.mara.modal.hash}
        house.mara.replay(forged)
        house.slack.wait_for(lambda: "does not know this key" in house.mara.modal.visible_text, what="the answer")
    assert requests(house) == 1


@pytest.mark.parametrize("days", ["", "1e3", "-365", "３６５０", "9" * 5000, "365.5"])
def test_a_forged_period_is_refused_in_the_form(house: House, days: str) -> None:
    house.key(KEY)
    with house.running():
        payload = submitted(house)
        payload["view"]["state"]["values"]["period"]["days"]["value"] = days
        before = len(house.slack.acks)
        house.mara.replay(payload)
        assert "Enter a whole number of days" in str(house.slack.acks[before:])
    assert requests(house) == 1


@pytest.mark.parametrize(
    "value",
    [
        "",
        "null",
        "[]",
        '{"scope":"","page":"2"}',
        '{"scope":"acount=1","page":1}',
        '{"scope":null,"page":1}',
        "[" * 1999,
        '{"scope":"team=\\"open","page":1}',
    ],
)
def test_a_forged_page_is_called_an_old_button(house: House, value: str) -> None:
    for number in range(11):
        house.key(f"batch/{number}")
    with house.running():
        house.command(house.mara, "list")
        listed = house.mara.ephemerals[-1]
        told = house.whisper(house.mara, lambda: house.mara.click(listed, text="Next ▶", forged_value=value))
    assert "older message" in told


@pytest.mark.parametrize("page", [-1, 0, 10**30])
def test_a_page_out_of_range_is_the_nearest_one(house: House, page: int) -> None:
    for number in range(11):
        house.key(f"batch/{number:02}")
    with house.running():
        house.command(house.mara, "list")
        listed = house.mara.ephemerals[-1]
        house.mara.click(listed, text="Next ▶", forged_value=json.dumps({"scope": "", "page": page}))
        nearest = "page 2 of 2" if page > 0 else "page 1 of 2"
        house.slack.wait_for(lambda: nearest in shown(house.mara.ephemerals[-1]), what=nearest)


def without_actions(payload: Payload) -> None:
    del payload["actions"][0]["value"]


def without_channel(payload: Payload) -> None:
    payload["channel"] = None


def without_response_url(payload: Payload) -> None:
    del payload["response_url"]


@pytest.mark.parametrize("break_it", [without_actions, without_channel, without_response_url])
def test_a_click_with_parts_missing_is_answered_and_decides_by_what_is_there(
    house: House, break_it: Callable[[Payload], None]
) -> None:
    arn = house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        house.whisper(house.mara, lambda: house.press(house.mara, message, "Approve"))
        broken = deepcopy(house.slack.acks[-1].payload)
        break_it(broken)
        before = len(house.mara.ephemerals) + len(house.mara.direct_messages)
        house.mara.replay(broken)
        house.slack.wait_for(
            lambda: len(house.mara.ephemerals) + len(house.mara.direct_messages) > before, what="an answer"
        )
    assert house.request().state is RequestState.PENDING
    assert not house.rotates(arn)


def test_a_rule_that_wants_more_approvals_by_now_is_what_the_message_says(house: House) -> None:
    arn = house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
    house.configure(CONFIGURATION.replace('accounts = ["two-*"]', 'accounts = ["prod-*"]'))
    with house.running():
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "1 of 2 approvals")
        told = house.whisper(house.jonas, lambda: house.press(house.jonas, message, "Approve"))
        assert told == "You have approved this already; it waits for somebody else."
        house.press(house.aiko, message, "Approve")
        house.until_shown(message, "Rotation is on")
    assert house.rotates(arn)
