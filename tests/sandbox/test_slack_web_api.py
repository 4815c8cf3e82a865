"""The Web API as slack_sdk calls it: tokens, scopes, channels, messages, people, files."""

from dataclasses import replace
from typing import Any

import pytest

from deploy.sandbox.slack import SlackServer, default_workspace
from deploy.sandbox.slack.people import BOT_USER, Channel, Person
from deploy.sandbox.slack.workspace import APP_TOKEN, BOT_SCOPES
from tests.sandbox.slack_bot import CHANNEL, actions, button, code, refusal, section, slack, web

__all__ = ["slack"]


def test_tokens_are_checked_for_being_there_being_right_and_being_of_the_right_kind(slack: SlackServer) -> None:
    assert code(web(slack, None).auth_test) == "not_authed"
    assert code(web(slack, "xoxb-other").auth_test) == "invalid_auth"
    assert code(web(slack, APP_TOKEN).auth_test) == "not_allowed_token_type"
    assert code(web(slack).apps_connections_open, app_token="xoxb-sandbox-token") == "not_allowed_token_type"
    assert web(slack).apps_connections_open(app_token=APP_TOKEN)["url"].startswith("ws://127.0.0.1:")


def test_the_bot_learns_who_it_is_and_what_it_may(slack: SlackServer) -> None:
    answer = web(slack).auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T0OURS", BOT_USER, "B0KMS")
    assert set(answer.headers["X-OAuth-Scopes"].split(",")) == BOT_SCOPES


def test_a_scope_that_was_not_granted_is_named() -> None:
    workspace = default_workspace()
    with SlackServer(replace(workspace, app=replace(workspace.app, scopes=BOT_SCOPES - {"chat:write"}))) as slack:
        answer = refusal(web(slack).chat_postMessage, channel=CHANNEL, text="x")
    assert answer["error"] == "missing_scope"
    assert answer["needed"] == "chat:write"
    assert answer["provided"] == ",".join(sorted(BOT_SCOPES - {"chat:write"}))


def test_an_unknown_method_is_refused(slack: SlackServer) -> None:
    assert code(web(slack).api_call, "chat.shout") == "unknown_method"


@pytest.mark.parametrize(
    ("channel", "error"),
    [("C0NOWHERE", "channel_not_found"), ("C0GENERAL", "not_in_channel"), ("C0OLD", "is_archived")],
)
def test_a_channel_that_cannot_be_posted_to_says_why(channel: str, error: str) -> None:
    workspace = default_workspace()
    old = Channel("C0OLD", "old", frozenset({BOT_USER}), is_archived=True)
    with SlackServer(replace(workspace, channels=(*workspace.channels, old))) as slack:
        assert code(web(slack).chat_postMessage, channel=channel, text="x") == error
        assert slack.channel(channel).messages == []


def test_a_private_channel_without_the_bot_does_not_exist_for_it() -> None:
    workspace = default_workspace()
    secret = Channel("C0SECRET", "secret", frozenset({"U0JONAS"}), is_private=True)
    with SlackServer(replace(workspace, channels=(*workspace.channels, secret))) as slack:
        assert code(web(slack).conversations_info, channel="C0SECRET") == "channel_not_found"


def test_a_message_without_text_and_blocks_is_refused(slack: SlackServer) -> None:
    assert code(web(slack).chat_postMessage, channel=CHANNEL, text="") == "no_text"


def test_a_long_text_is_cut_when_posted_and_refused_when_updated(slack: SlackServer) -> None:
    client = web(slack)
    ts = client.chat_postMessage(channel=CHANNEL, text="x" * 40_001)["ts"]
    assert len(slack.channel(CHANNEL).message(str(ts)).text) == 40_000
    assert code(client.chat_update, channel=CHANNEL, ts=ts, text="x" * 4001) == "msg_too_long"


def test_an_update_with_text_alone_takes_the_blocks_away(slack: SlackServer) -> None:
    client = web(slack)
    ts = str(client.chat_postMessage(channel=CHANNEL, text="Hello", blocks=[actions(button())])["ts"])
    assert slack.channel(CHANNEL).message(ts).blocks
    client.chat_update(channel=CHANNEL, ts=ts, text="Done")
    message = slack.channel(CHANNEL).message(ts)
    assert (message.text, message.blocks) == ("Done", ())
    assert message.edited


def test_a_ts_that_went_through_a_float_finds_nothing(slack: SlackServer) -> None:
    client = web(slack)
    ts = str(client.chat_postMessage(channel=CHANNEL, text="Hello")["ts"])
    assert code(client.chat_update, channel=CHANNEL, ts=str(float(ts)), text="x") == "message_not_found"


def test_only_its_own_lasting_messages_can_be_changed(slack: SlackServer) -> None:
    client = web(slack)
    ephemeral = client.chat_postEphemeral(channel=CHANNEL, user="U0MARA", text="psst")["message_ts"]
    assert code(client.chat_update, channel=CHANNEL, ts=ephemeral, text="x") == "message_not_found"
    assert code(client.chat_delete, channel=CHANNEL, ts=ephemeral) == "message_not_found"
    posted = str(client.chat_postMessage(channel=CHANNEL, text="mine")["ts"])
    slack.state.put_message(replace(slack.channel(CHANNEL).message(posted), bot_id=None, user="U0MARA"))
    assert code(client.chat_update, channel=CHANNEL, ts=posted, text="x") == "cant_update_message"
    assert code(client.chat_delete, channel=CHANNEL, ts=posted) == "cant_delete_message"


def test_a_deleted_message_is_gone(slack: SlackServer) -> None:
    client = web(slack)
    ts = client.chat_postMessage(channel=CHANNEL, text="Hello")["ts"]
    client.chat_delete(channel=CHANNEL, ts=ts)
    assert slack.channel(CHANNEL).messages == []
    assert code(client.chat_delete, channel=CHANNEL, ts=ts) == "message_not_found"


def test_replies_stand_in_the_thread_of_the_first_message(slack: SlackServer) -> None:
    client = web(slack)
    root = str(client.chat_postMessage(channel=CHANNEL, text="root")["ts"])
    reply = client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=root)["ts"]
    client.chat_postMessage(channel=CHANNEL, text="reply to the reply", thread_ts=reply)
    assert [message.text for message in slack.channel(CHANNEL).thread(root)] == ["reply", "reply to the reply"]
    assert [message.text for message in slack.channel(CHANNEL).roots] == ["root"]
    assert code(client.chat_postMessage, channel=CHANNEL, text="x", thread_ts="1.000100") == "thread_not_found"


def test_an_ephemeral_message_is_seen_by_one_member(slack: SlackServer) -> None:
    client = web(slack)
    client.chat_postEphemeral(channel=CHANNEL, user="U0MARA", text="psst")
    assert [message.text for message in slack.person("U0MARA").ephemerals] == ["psst"]
    assert slack.channel(CHANNEL).messages == []
    assert code(client.chat_postEphemeral, channel="C0PAYMENTS", user="U0GUEST", text="x") == "user_not_in_channel"


def test_a_person_can_be_written_to_directly(slack: SlackServer) -> None:
    client = web(slack)
    channel = client.conversations_open(users="U0JONAS")["channel"]["id"]
    client.chat_postMessage(channel=channel, text="one")
    client.chat_postMessage(channel="U0JONAS", text="two")
    assert [message.text for message in slack.person("U0JONAS").direct_messages] == ["one", "two"]
    assert code(client.conversations_open, users="U0LEFT") == "user_disabled"
    assert code(client.conversations_open, users="U0NOBODY") == "user_not_found"


def test_people_are_marked_as_slack_marks_them(slack: SlackServer) -> None:
    def told(user: str) -> dict[str, Any]:
        return dict(web(slack).users_info(user=user)["user"])

    assert (
        told("U0MARA").items()
        >= {
            "team_id": "T0OURS",
            "deleted": False,
            "is_bot": False,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "real_name": "Mara Lindqvist",
            "tz": "Europe/Berlin",
        }.items()
    )
    assert told("U0MARA")["tz_offset"] in (3600, 7200)
    assert told("U0AIKO")["tz_offset"] == 9 * 3600
    assert told("U0GUEST")["is_ultra_restricted"] is True
    assert told("U0ELSE")["is_stranger"] is True
    assert told("U0ELSE")["team_id"] == "T0OTHER"
    assert told("U0LEFT")["deleted"] is True
    assert told(BOT_USER)["is_bot"] is True
    assert code(web(slack).users_info, user="U0NOBODY") == "user_not_found"


def test_email_addresses_need_their_own_scope(slack: SlackServer) -> None:
    assert web(slack).users_info(user="U0MARA")["user"]["profile"]["email"] == "mara@example.com"
    assert web(slack).users_lookupByEmail(email="mara@example.com")["user"]["id"] == "U0MARA"
    workspace = default_workspace()
    with SlackServer(replace(workspace, app=replace(workspace.app, scopes=BOT_SCOPES - {"users:read.email"}))) as other:
        assert "email" not in web(other).users_info(user="U0MARA")["user"]["profile"]
        assert code(web(other).users_lookupByEmail, email="mara@example.com") == "missing_scope"


@pytest.mark.parametrize("name", ["lena", "eve", "kms_rotation", "nobody"])
def test_who_left_is_of_another_workspace_or_is_an_app_is_not_found_by_an_address(
    slack: SlackServer, name: str
) -> None:
    assert code(web(slack).users_lookupByEmail, email=f"{name}@example.com") == "users_not_found"


def test_addresses_ignore_case(slack: SlackServer) -> None:
    assert web(slack).users_lookupByEmail(email="Mara@Example.com")["user"]["id"] == "U0MARA"


def test_lists_come_in_pages_that_leave_nobody_out() -> None:
    workspace = default_workspace()
    crowd = tuple(Person(f"U0{number:04d}", f"Person {number}", f"p{number}") for number in range(250))
    with SlackServer(replace(workspace, people=workspace.people + crowd)) as slack:
        pages = [page["members"] for page in web(slack).users_list(limit=100)]
        assert [len(members) for members in pages] == [100, 100, 58]
        assert {member["id"] for page in pages for member in page} == set(slack.state.people)
        assert code(web(slack).users_list, limit=0) == "invalid_limit"
        assert code(web(slack).users_list, cursor="elsewhere") == "invalid_cursor"


def test_user_groups_tell_their_members_where_the_plan_has_them(slack: SlackServer) -> None:
    client = web(slack)
    assert client.usergroups_users_list(usergroup="S0KEYADMINS")["users"] == ["U0JONAS", "U0AIKO"]
    assert client.usergroups_users_list(usergroup="S0EMPTY")["users"] == []
    assert code(client.usergroups_users_list, usergroup="S0NOBODY") == "no_such_subteam"
    assert {group["handle"] for group in client.usergroups_list()["usergroups"]} == {"key-admins", "on-call", "nobody"}
    slack.free_plan = True
    assert code(client.usergroups_users_list, usergroup="S0KEYADMINS") == "plan_upgrade_required"


def test_channels_are_described_and_listed(slack: SlackServer) -> None:
    client = web(slack)
    assert client.conversations_info(channel=CHANNEL)["channel"]["is_ext_shared"] is True
    assert client.conversations_info(channel="C0GENERAL")["channel"]["is_member"] is False
    assert len(client.conversations_list()["channels"]) == 3
    assert BOT_USER in client.conversations_members(channel=CHANNEL)["members"]
    assert code(client.conversations_list, types="im") == "missing_scope"


def test_a_file_is_uploaded_and_shared_in_a_thread(slack: SlackServer) -> None:
    client = web(slack)
    root = str(client.chat_postMessage(channel=CHANNEL, text="Report")["ts"])
    client.files_upload_v2(
        channel=CHANNEL, thread_ts=root, content="a,b\n1,2\n", filename="keys.csv", title="Keys", initial_comment="Here"
    )
    (reply,) = slack.channel(CHANNEL).thread(root)
    assert reply.text == "Here"
    (file,) = reply.files
    assert (file["name"], file["title"], file["size"]) == ("keys.csv", "Keys", 8)
    assert slack.state.files[file["id"]].content == b"a,b\n1,2\n"
    assert code(client.files_completeUploadExternal, files=[{"id": "F0"}], channel_id=CHANNEL) == "file_not_found"


def test_a_permalink_names_channel_and_message(slack: SlackServer) -> None:
    client = web(slack)
    ts = str(client.chat_postMessage(channel=CHANNEL, text="Hello")["ts"])
    link = client.chat_getPermalink(channel=CHANNEL, message_ts=ts)["permalink"]
    assert link == f"https://northwind.slack.com/archives/{CHANNEL}/p{ts.replace('.', '')}"


def test_json_and_form_mean_the_same(slack: SlackServer) -> None:
    client = web(slack)
    client.api_call("chat.postMessage", json={"channel": CHANNEL, "blocks": [section("json")], "text": "t"})
    client.api_call("chat.postMessage", params={"channel": CHANNEL, "blocks": '[{"type": "divider"}]', "text": "t"})
    assert [message.blocks[0]["type"] for message in slack.channel(CHANNEL).messages] == ["section", "divider"]


def test_every_call_is_kept_without_its_token(slack: SlackServer) -> None:
    web(slack).chat_postMessage(channel=CHANNEL, text="Hello")
    (call,) = slack.calls
    assert (call.method, call.status, call.answer["ok"]) == ("chat.postMessage", 200, True)
    assert call.args["text"] == "Hello"
    assert "xoxb" not in str(call.args)


def test_metadata_is_kept_and_checked(slack: SlackServer) -> None:
    client = web(slack)
    metadata = {"event_type": "digest", "event_payload": {"scan": "1"}}
    ts = str(client.chat_postMessage(channel=CHANNEL, text="x", metadata=metadata)["ts"])
    assert slack.channel(CHANNEL).message(ts).metadata == metadata
    wrong = {"event_type": "digest"}
    assert code(client.chat_postMessage, channel=CHANNEL, text="x", metadata=wrong) == "invalid_metadata_format"


def test_a_disabled_group_is_shown_to_whoever_asks_for_such_and_has_no_members_otherwise(
    slack: SlackServer,
) -> None:
    """https://docs.slack.dev/reference/methods/usergroups.list."""
    client = web(slack)
    slack.state.disable_group("S0KEYADMINS")
    assert "S0KEYADMINS" not in {group["id"] for group in client.usergroups_list()["usergroups"]}
    told = {group["id"]: group for group in client.usergroups_list(include_disabled=True)["usergroups"]}
    assert told["S0KEYADMINS"]["date_delete"] > 0
    assert told["S0EMPTY"]["date_delete"] == 0
    assert code(client.usergroups_users_list, usergroup="S0KEYADMINS") == "no_such_subteam"
    assert client.usergroups_users_list(usergroup="S0KEYADMINS", include_disabled=True)["users"]


def test_the_manifest_is_told_to_a_configuration_token_alone(slack: SlackServer) -> None:
    app = slack.workspace.app
    manifest = web(slack, app.config_token).apps_manifest_export(app_id=app.id)["manifest"]
    assert [each["command"] for each in manifest["features"]["slash_commands"]] == ["/kms-rotation"]
    assert code(web(slack).apps_manifest_export, app_id=app.id) == "not_allowed_token_type"
    assert code(web(slack, app.config_token).auth_test) == "not_allowed_token_type"
    assert code(web(slack, app.config_token).apps_manifest_export, app_id="A0OTHER") == "app_not_found"


def test_a_read_only_channel_says_so_and_takes_no_message(slack: SlackServer) -> None:
    slack.state.change_channel(CHANNEL, is_read_only=True)
    assert web(slack).conversations_info(channel=CHANNEL)["channel"]["is_read_only"] is True
    assert code(web(slack).chat_postMessage, channel=CHANNEL, text="x") == "restricted_action_read_only_channel"
