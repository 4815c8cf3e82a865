"""Triggers, view stacks, hashes, and response_urls."""

from typing import Any

import pytest
from slack_sdk.webhook import WebhookClient

from deploy.sandbox.slack import CannotDoThatError, SlackServer
from deploy.sandbox.slack.state import TRIGGER_SECONDS
from tests.sandbox.slack_bot import CHANNEL, actions, button, code, modal, refusal, section, slack, text_input, web

__all__ = ["slack"]


def trigger(slack: SlackServer, user: str = "U0MARA") -> str:
    with slack.state.lock:
        return slack.state.new_trigger(user)


def opened(slack: SlackServer, *blocks: dict[str, Any], **more: object) -> dict[str, Any]:
    view = modal(*(blocks or (section("Hello"),)), **more)
    return dict(web(slack).views_open(trigger_id=trigger(slack), view=view)["view"])


def test_a_trigger_opens_one_modal_within_three_seconds(slack: SlackServer) -> None:
    client, view = web(slack), modal(section("Hello"))
    name = trigger(slack)
    client.views_open(trigger_id=name, view=view)
    slack.state.trigger_seconds = TRIGGER_SECONDS
    assert code(client.views_open, trigger_id=name, view=view) == "exchanged_trigger_id"
    late = trigger(slack)
    slack.clock.advance(3.1)
    assert code(client.views_open, trigger_id=late, view=view) == "expired_trigger_id"
    assert code(client.views_open, trigger_id="1.2.3", view=view) == "invalid_trigger_id"


def test_a_stack_holds_three_views(slack: SlackServer) -> None:
    client, mara = web(slack), slack.person("U0MARA")
    opened(slack)
    for _ in range(2):
        client.views_push(trigger_id=trigger(slack), view=modal(section("More")))
    assert code(client.views_push, trigger_id=trigger(slack), view=modal(section("More"))) == "push_limit_reached"
    root, second, third = mara.modals
    assert (second.previous_view_id, third.root_view_id) == (root.id, root.id)
    with pytest.raises(CannotDoThatError):
        mara.close(root)
    mara.close(third)
    assert mara.modals == [root, second]


def test_an_update_with_an_old_hash_is_refused(slack: SlackServer) -> None:
    client = web(slack)
    view = opened(slack)
    client.views_update(view_id=view["id"], hash=view["hash"], view=modal(section("New")))
    assert slack.person("U0MARA").modal.visible_text == "Ask\nNew"
    again = modal(section("Late"))
    assert code(client.views_update, view_id=view["id"], hash=view["hash"], view=again) == "hash_conflict"
    slack.person("U0MARA").close(view["id"])
    assert code(client.views_update, view_id=view["id"], view=again) == "not_found"


def test_home_is_republished_only_over_the_version_that_was_seen(slack: SlackServer) -> None:
    client = web(slack)
    home: dict[str, Any] = {"type": "home", "blocks": [section("One")]}
    first = client.views_publish(user_id="U0MARA", view=home)["view"]
    client.views_publish(user_id="U0MARA", view=home, hash=first["hash"])
    assert code(client.views_publish, user_id="U0MARA", view=home, hash=first["hash"]) == "hash_conflict"
    assert code(client.views_publish, user_id="U0NOBODY", view=home) == "user_not_found"


def test_what_was_entered_survives_an_update_that_keeps_its_names(slack: SlackServer) -> None:
    options = [{"text": {"type": "plain_text", "text": f"{days} days"}, "value": str(days)} for days in (90, 365)]
    select = {"type": "static_select", "action_id": "days", "options": options}
    dispatched = {
        "type": "input",
        "block_id": "period",
        "dispatch_action": True,
        "label": {"type": "plain_text", "text": "Period"},
        "element": select,
    }
    view = opened(slack, text_input(), dispatched)
    mara = slack.person("U0MARA")
    assert mara.choose(view["id"], "90 days", action_id="days", wait=False) is not None
    web(slack).views_update(view_id=view["id"], view=modal(text_input(), dispatched, section("90 it is")))
    assert mara.modal.values["period"]["days"]["selected_option"]["value"] == "90"
    with pytest.raises(CannotDoThatError, match="no option '30 days'"):
        mara.choose(view["id"], "30 days", action_id="days")


@pytest.mark.parametrize(
    ("element", "value", "complaint"),
    [
        ({"type": "plain_text_input", "min_length": 5}, "abc", "Please enter at least 5 characters."),
        ({"type": "plain_text_input", "max_length": 2}, "abc", "Please enter at most 2 characters."),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5", "Please enter a whole number."),
        ({"type": "number_input", "is_decimal_allowed": False, "min_value": "90"}, 89, "Please enter 90 or more."),
        ({"type": "number_input", "is_decimal_allowed": True}, "many", "Please enter a number."),
        ({"type": "email_text_input"}, "nobody", "Please enter an email address."),
    ],
)
def test_slacks_client_keeps_what_breaks_an_inputs_own_rules(
    slack: SlackServer, element: dict[str, Any], value: object, complaint: str
) -> None:
    block = text_input()
    opened(slack, {**block, "element": {"action_id": "text", **element}})
    mara = slack.person("U0MARA")
    assert mara.submit(mara.modal, {"reason": {"text": value}}) is None
    assert mara.modal.errors == {"reason": complaint}
    assert slack.acks == []


def test_closing_tells_the_bot_only_where_it_asked(slack: SlackServer) -> None:
    mara = slack.person("U0MARA")
    opened(slack)
    assert mara.close(mara.modal) is None
    opened(slack, notify_on_close=True)
    closed = mara.close(mara.modal, wait=False)
    assert closed is not None
    assert closed.payload["type"] == "view_closed"
    assert mara.modals == []


def test_a_view_that_breaks_a_rule_is_refused_with_its_place(slack: SlackServer) -> None:
    answer = refusal(web(slack).views_open, trigger_id=trigger(slack), view=modal(section("")))
    assert answer["error"] == "invalid_arguments"
    expected = "[ERROR] must be more than 0 characters [json-pointer:/view/blocks/0/text/text]"
    assert expected in answer["response_metadata"]["messages"]


def test_a_response_url_answers_five_times_in_half_an_hour(slack: SlackServer) -> None:
    url = slack.person("U0MARA").slash("/kms-rotation", channel=CHANNEL).payload["response_url"]
    hook = WebhookClient(url)
    assert hook.send(text="to you").status_code == 200
    assert hook.send(text="to all", response_type="in_channel").status_code == 200
    assert hook.send(text="to you, better", replace_original=True).status_code == 200
    assert [message.text for message in slack.person("U0MARA").ephemerals] == ["to you, better"]
    assert [message.text for message in slack.channel(CHANNEL).messages] == ["to all"]
    assert [hook.send(text="again").status_code for _ in range(3)] == [200, 200, 404]
    late = slack.person("U0MARA").slash("/kms-rotation", channel=CHANNEL).payload["response_url"]
    slack.clock.advance(30 * 60 + 1)
    answer = WebhookClient(late).send(text="too late")
    assert (answer.status_code, "expired_url" in answer.body) == (404, True)


def test_a_response_url_replaces_or_deletes_the_message_that_was_clicked(slack: SlackServer) -> None:
    ts = web(slack).chat_postEphemeral(channel=CHANNEL, user="U0MARA", text="Sure?", blocks=[actions(button())])
    click = slack.person("U0MARA").click(str(ts["message_ts"]), action_id="go")
    assert click is not None
    assert click.payload["container"]["is_ephemeral"] is True
    assert "message" not in click.payload
    hook = WebhookClient(click.payload["response_url"])
    hook.send(text="Yes", replace_original=True)
    assert [message.text for message in slack.person("U0MARA").ephemerals] == ["Yes"]
    hook.send(delete_original=True)
    assert slack.person("U0MARA").ephemerals == []
