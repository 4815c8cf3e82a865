"""Pictures that are files of the workspace: who may show them, when, and how they are served."""

import zlib
from dataclasses import replace
from struct import pack
from typing import Any
from urllib.request import urlopen

import pytest
from slack_sdk import WebClient

from deploy.sandbox.slack import SlackServer
from deploy.sandbox.slack.workspace import SlackApp, default_workspace
from tests.sandbox.slack_bot import CHANNEL, code, refusal, web


def png(width: int = 3, height: int = 2) -> bytes:
    """The smallest picture there is: every dot red."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))

    lines = zlib.compress((b"\0" + b"\xff\0\0" * width) * height)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", lines)
        + chunk(b"IEND", b"")
    )


def upload(client: WebClient, content: bytes = b"", name: str = "trend.png") -> str:
    return str(client.files_upload_v2(filename=name, content=content or png())["files"][0]["id"])


def shows(**file: str) -> list[dict[str, Any]]:
    return [{"type": "image", "slack_file": file, "alt_text": "A red picture"}]


def post(slack: SlackServer, **file: str) -> list[str]:
    """What Slack has against a message with this picture."""
    answer = refusal(web(slack).chat_postMessage, channel=CHANNEL, text="t", blocks=shows(**file))
    assert answer["error"] == "invalid_blocks"
    messages: list[str] = answer["response_metadata"]["messages"]
    return messages


NOT_THERE = ["[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]"]


def test_a_picture_that_was_uploaded_without_a_channel_stands_in_a_message_and_is_served(slack: SlackServer) -> None:
    client = web(slack)
    file = upload(client)
    assert slack.channel(CHANNEL).messages == []
    client.chat_postMessage(channel=CHANNEL, text="t", blocks=shows(id=file))
    with urlopen(f"{slack.url}/files/{file}/trend.png") as answer:  # noqa: S310 - our own server
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.read() == png()
    client.chat_postMessage(channel=CHANNEL, text="t", blocks=shows(url=f"{slack.url}/files/{file}/trend.png"))


def test_a_file_that_is_not_there_or_not_whole_is_refused(slack: SlackServer) -> None:
    assert post(slack, id="F0NOWHERE1") == NOT_THERE
    asked = web(slack).files_getUploadURLExternal(filename="trend.png", length=10)
    assert post(slack, id=str(asked["file_id"])) == NOT_THERE


def test_an_id_that_is_none_is_told_apart(slack: SlackServer) -> None:
    (message,) = post(slack, id="trend.png")
    assert message == "[ERROR] input must match regex pattern: ^[F][A-Z0-9]{8,}$ [json-pointer:/blocks/0/slack_file/id]"


def test_what_is_no_picture_is_refused(slack: SlackServer) -> None:
    assert post(slack, id=upload(web(slack), b"a,b\n1,2\n", "keys.csv")) == NOT_THERE


def test_the_file_of_another_app_is_refused(slack: SlackServer) -> None:
    file = upload(web(slack))
    with slack.state.change():
        slack.state.files[file] = replace(slack.state.files[file], owner="U0OTHERBOT")
    assert post(slack, id=file) == NOT_THERE


def test_a_file_is_refused_while_slack_looks_it_through(slack: SlackServer) -> None:
    slack.faults.slow_files(30)
    file = upload(web(slack))
    assert post(slack, id=file) == NOT_THERE
    slack.clock.advance(31)
    assert web(slack).chat_postMessage(channel=CHANNEL, text="t", blocks=shows(id=file))["ok"]


def test_a_message_that_is_changed_and_a_view_are_looked_at_too(slack: SlackServer) -> None:
    client = web(slack)
    ts = str(client.chat_postMessage(channel=CHANNEL, text="t")["ts"])
    assert code(client.chat_update, channel=CHANNEL, ts=ts, text="t", blocks=shows(id="F0NOWHERE1")) == "invalid_blocks"
    home = {"type": "home", "blocks": shows(id="F0NOWHERE1")}
    assert code(client.views_publish, user_id="U0MARA", view=home) == "invalid_arguments"


def test_uploading_needs_its_scope_and_a_size_that_slack_takes() -> None:
    without = SlackApp(scopes=SlackApp().scopes - {"files:write"})
    with SlackServer(replace(default_workspace(), app=without)) as slack:
        answer = refusal(web(slack).files_getUploadURLExternal, filename="trend.png", length=10)
        assert (answer["error"], answer["needed"]) == ("missing_scope", "files:write")
    with SlackServer() as slack:
        assert code(web(slack).files_getUploadURLExternal, filename="a.png", length=2**31) == "file_too_large"


@pytest.mark.parametrize("is_revoked", [True, False])
def test_an_app_that_was_removed_has_no_tokens(slack: SlackServer, is_revoked: bool) -> None:
    slack.faults.revoke(is_revoked)
    if is_revoked:
        assert code(web(slack).auth_test) == "token_revoked"
    else:
        assert web(slack).auth_test()["ok"]
