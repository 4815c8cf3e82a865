"""A real Bolt app over Socket Mode: what it is sent, and what becomes of its acks."""

from threading import Event
from typing import Any

import pytest

from deploy.sandbox.slack import CannotDoThatError, SlackServer
from deploy.sandbox.slack.delivery import Outcome
from tests.sandbox.slack_bot import (
    CHANNEL,
    Given,
    actions,
    bolt,
    button,
    connected,
    modal,
    section,
    slack,
    text_input,
    web,
)

__all__ = ["slack"]


def test_a_command_reaches_the_bot_whole_and_its_answer_only_the_person(slack: SlackServer) -> None:
    app, seen = bolt(slack), []

    def answer(ack: Given, command: Given) -> None:
        seen.append(command)
        ack(f"you said {command['text']}")

    app.command("/kms-rotation")(answer)

    with connected(slack, app):
        delivery = slack.person("U0MARA").slash("/kms-rotation status account=1", channel=CHANNEL)
    assert delivery.outcome is Outcome.ACKED
    assert delivery.seconds is not None
    assert delivery.seconds < slack.sockets.ack_seconds
    assert [message.text for message in slack.person("U0MARA").ephemerals] == ["you said status account=1"]
    assert slack.person("U0JONAS").ephemerals == []
    assert slack.channel(CHANNEL).messages == []
    assert (
        seen[0].items()
        >= {
            "command": "/kms-rotation",
            "text": "status account=1",
            "user_id": "U0MARA",
            "user_name": "mara",
            "team_id": "T0OURS",
            "team_domain": "northwind",
            "channel_id": CHANNEL,
            "channel_name": "security-keys",
            "api_app_id": "A0KMS",
            "is_enterprise_install": "false",
        }.items()
    )
    assert {"trigger_id", "response_url", "token"} <= set(seen[0])


def test_a_click_carries_the_message_the_button_and_the_person(slack: SlackServer) -> None:
    app, seen = bolt(slack), []

    def clicked(ack: Given, body: Given) -> None:
        ack()
        seen.append(body)

    app.action("go")(clicked)

    ts = web(slack).chat_postMessage(channel=CHANNEL, text="Hello", blocks=[section("*Hi*"), actions(button())])["ts"]
    with connected(slack, app):
        slack.person("U0ELSE").click(ts, action_id="go")
        slack.wait_for(lambda: seen, what="the click")
    body = seen[0]
    assert body["user"] == {"id": "U0ELSE", "username": "eve", "name": "eve", "team_id": "T0OTHER"}
    assert body["team"] == {"id": "T0OTHER", "domain": "elsewhere"}
    assert body["container"] == {"type": "message", "message_ts": ts, "channel_id": CHANNEL, "is_ephemeral": False}
    assert body["channel"] == {"id": CHANNEL, "name": "security-keys"}
    assert body["message"]["ts"] == ts
    assert body["message"]["blocks"][1]["block_id"] == "row"
    action = dict(body["actions"][0])
    assert action.pop("action_ts")
    label = {"type": "plain_text", "text": "Go", "emoji": True}
    assert action == {"action_id": "go", "block_id": "row", "type": "button", "value": "1", "text": label}


def test_a_click_opens_a_modal_whose_errors_keep_it_open_until_it_is_right(slack: SlackServer) -> None:
    app = bolt(slack)
    submitted: list[dict[str, Any]] = []

    def clicked(ack: Given, body: Given, client: Given) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal(text_input(), private_metadata="m-1"))

    app.action("go")(clicked)

    def submit(ack: Given, view: Given) -> None:
        if view["state"]["values"]["reason"]["text"]["value"] == "no":
            ack(response_action="errors", errors={"reason": "Say why"})
            return
        ack()
        submitted.append(view)

    app.view("ask")(submit)

    mara = slack.person("U0MARA")
    ts = web(slack).chat_postMessage(channel=CHANNEL, text="Hello", blocks=[actions(button())])["ts"]
    with connected(slack, app):
        mara.click(ts, text="Go")
        slack.wait_for(lambda: mara.modals, what="the modal")
        assert mara.submit(mara.modal) is None
        assert mara.modal.errors == {"reason": "Please complete this required field."}
        mara.submit(mara.modal, {"reason": {"text": "no"}})
        assert mara.modal.errors == {"reason": "Say why"}
        mara.submit(mara.modal, {"reason": {"text": "Because"}})
        assert mara.modals == []
    assert slack.person("U0JONAS").modals == []
    assert submitted[0]["private_metadata"] == "m-1"
    assert submitted[0]["state"]["values"] == {"reason": {"text": {"type": "plain_text_input", "value": "Because"}}}


@pytest.mark.parametrize(("step", "titles"), [("update", ["Next"]), ("push", ["Ask", "Next"]), ("clear", [])])
def test_a_submission_may_update_push_or_clear(slack: SlackServer, step: str, titles: list[str]) -> None:
    app = bolt(slack)

    def start(ack: Given, command: Given, client: Given) -> None:
        client.views_open(trigger_id=command["trigger_id"], view=modal(text_input()))
        ack()

    app.command("/kms-rotation")(start)

    def submit(ack: Given) -> None:
        view = modal(section("Done"), title={"type": "plain_text", "text": "Next"})
        ack(response_action="clear") if step == "clear" else ack(response_action=step, view=view)

    app.view("ask")(submit)

    mara = slack.person("U0MARA")
    with connected(slack, app):
        mara.slash("/kms-rotation", channel=CHANNEL)
        mara.submit(mara.modal, {"reason": {"text": "x"}})
    assert [view.title for view in mara.modals] == titles


def test_home_is_published_for_the_person_who_opens_it(slack: SlackServer) -> None:
    app = bolt(slack)

    def opened(event: Given, client: Given) -> None:
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section("Your keys")]})

    app.event("app_home_opened")(opened)

    with connected(slack, app):
        slack.person("U0AIKO").open_home()
        home = slack.wait_for(lambda: slack.person("U0AIKO").home, what="the Home tab")
    assert home.visible_text == "Your keys"
    assert slack.person("U0MARA").home is None


def test_a_listener_that_never_acks_costs_the_person_an_error(slack: SlackServer) -> None:
    app, go_on = bolt(slack), Event()
    slack.sockets.ack_seconds = 0.2

    def slow(ack: Given) -> None:
        go_on.wait(20)
        ack()

    app.command("/kms-rotation")(slow)

    with connected(slack, app):
        delivery = slack.person("U0MARA").slash("/kms-rotation scan", channel=CHANNEL)
        go_on.set()
        assert delivery.outcome is Outcome.TIMED_OUT
        assert delivery.seconds is None
        assert [notice.code for notice in slack.person("U0MARA").notices] == ["operation_timeout"]


def test_without_the_bot_a_command_fails_at_once(slack: SlackServer) -> None:
    delivery = slack.person("U0MARA").slash("/kms-rotation", channel=CHANNEL)
    assert delivery.outcome is Outcome.NOBODY_THERE
    assert slack.person("U0MARA").notices[0].text == "/kms-rotation failed with the error “dispatch_failed”"


def test_nobody_clicks_what_is_not_there(slack: SlackServer) -> None:
    client, mara = web(slack), slack.person("U0MARA")
    ts = str(client.chat_postMessage(channel=CHANNEL, text="Hello", blocks=[actions(button())])["ts"])
    before = slack.channel(CHANNEL).message(ts)
    with pytest.raises(CannotDoThatError, match="button go 'Go' 1"):
        mara.click(ts, text="Stop")
    client.chat_update(channel=CHANNEL, ts=ts, text="Done")
    with pytest.raises(CannotDoThatError, match="nothing to act on"):
        mara.click(ts, action_id="go")
    with pytest.raises(CannotDoThatError, match="sees no message"):
        slack.person("U0LEFT").click(ts, action_id="go")
    stale = mara.click_stale(before, action_id="go")
    assert stale.payload["actions"][0]["value"] == "1"


def test_a_confirm_dialog_answered_with_no_sends_nothing(slack: SlackServer) -> None:
    asks = {name: {"type": "plain_text", "text": name} for name in ("title", "text", "confirm", "deny")}
    blocks = [actions(button(confirm=asks))]
    ts = web(slack).chat_postMessage(channel=CHANNEL, text="Hello", blocks=blocks)["ts"]
    mara = slack.person("U0MARA")
    assert mara.click(ts, action_id="go", deny=True) is None
    assert slack.acks == []
    clicked = mara.click(ts, action_id="go")
    assert clicked is not None
    assert clicked.confirm == asks
