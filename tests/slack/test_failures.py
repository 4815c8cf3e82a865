"""Of which kind a failure of Slack's is: that decides whether the bot waits, tells somebody, does without, or ends."""

from datetime import timedelta
from http.client import RemoteDisconnected
from typing import Any
from urllib.error import URLError

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web import SlackResponse

from bot.models.slack import SlackFailure
from bot.models.slack import SlackFailureKind as Kind
from bot.slack.failures import failure_of


def answered(body: dict[str, Any], status: int = 200, headers: dict[str, Any] | None = None) -> SlackApiError:
    response = SlackResponse(
        client=WebClient(),
        http_verb="POST",
        api_url="",
        req_args={},
        data=body,
        headers=headers or {},
        status_code=status,
    )
    return api_error(response)


def api_error(response: SlackResponse | dict[str, Any]) -> SlackApiError:
    return SlackApiError("refused", response)  # type: ignore[no-untyped-call]  # published half typed


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("channel_not_found", Kind.CHANNEL),
        ("not_in_channel", Kind.CHANNEL),
        ("is_archived", Kind.CHANNEL),
        ("restricted_action_read_only_channel", Kind.CHANNEL),
        ("messages_tab_disabled", Kind.CHANNEL),
        ("message_not_found", Kind.MESSAGE_GONE),
        ("token_revoked", Kind.TOKEN),
        ("invalid_auth", Kind.TOKEN),
        ("account_inactive", Kind.TOKEN),
        ("token_expired", Kind.TOKEN),
        ("not_authed", Kind.TOKEN),
        ("missing_scope", Kind.SCOPE),
        ("ratelimited", Kind.UNAVAILABLE),
        ("internal_error", Kind.UNAVAILABLE),
        ("msg_too_long", Kind.REFUSED),
        ("invalid_blocks", Kind.REFUSED),
        ("a_word_of_tomorrow", Kind.REFUSED),
    ],
)
def test_each_word_of_slacks_has_its_kind(code: str, kind: Kind) -> None:
    failure = failure_of(answered({"ok": False, "error": code}))
    assert (failure.kind, failure.code) == (kind, code)
    assert code in failure.sentence


def test_blocks_with_a_picture_that_slack_does_not_have_are_told_from_blocks_that_are_wrong() -> None:
    def refused(what: str) -> Kind:
        messages = [f"[ERROR] {what} [json-pointer:/blocks/2/slack_file]"]
        return failure_of(answered({"error": "invalid_blocks", "response_metadata": {"messages": messages}})).kind

    assert refused("invalid slack file") is Kind.PICTURE
    other = {"messages": ["[ERROR] missing required field: text [json-pointer:/blocks/2]"]}
    assert failure_of(answered({"error": "invalid_blocks", "response_metadata": other})).kind is Kind.REFUSED


def test_a_missing_permission_is_named() -> None:
    failure = failure_of(answered({"error": "missing_scope", "needed": "files:write", "provided": "chat:write"}))
    assert "(missing_scope: files:write)" in failure.sentence


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry-After": "30"}, timedelta(seconds=30)),
        ({"retry-after": ["7"]}, timedelta(seconds=7)),
        ({"Retry-After": "soon"}, None),
        ({"retry-after": []}, None),
        ({}, None),
    ],
)
def test_how_long_slack_wants_to_be_left_alone_is_read(headers: dict[str, Any], pause: timedelta | None) -> None:
    failure = failure_of(answered({"error": "ratelimited"}, 429, headers))
    assert (failure.kind, failure.retry_after) == (Kind.UNAVAILABLE, pause)


@pytest.mark.parametrize(
    "error", [URLError("refused"), RemoteDisconnected("gone"), TimeoutError(), SlackRequestError("no")]
)
def test_what_kept_slack_from_answering_passes(error: Exception) -> None:
    assert failure_of(error) == SlackFailure(Kind.UNAVAILABLE, type(error).__name__)


def test_the_words_of_a_proxy_are_not_taken_for_slacks() -> None:
    proxy = api_error({"status": 403, "headers": {"Retry-After": "5"}, "body": "<html>denied</html>"})
    assert failure_of(proxy) == SlackFailure(Kind.UNAVAILABLE, "HTTP 403", retry_after=timedelta(seconds=5))
