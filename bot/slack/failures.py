"""From what the Slack SDK raises to a failure with a kind."""

import re
from collections.abc import Mapping
from datetime import timedelta
from http.client import HTTPException
from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.models.slack import SlackFailure, SlackFailureKind

SLACK_ERRORS = (SlackClientError, OSError, HTTPException)
"""All that a call to Slack can raise: its own answers, and everything that kept it from answering."""


_KINDS = {
    **dict.fromkeys(
        (
            "channel_not_found",
            "not_in_channel",
            "is_archived",
            "restricted_action",
            "restricted_action_read_only_channel",
            "restricted_action_thread_only_channel",
            "restricted_action_non_threadable_channel",
            "messages_tab_disabled",
            "user_not_in_channel",
        ),
        SlackFailureKind.CHANNEL,
    ),
    **dict.fromkeys(
        ("message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"),
        SlackFailureKind.MESSAGE_GONE,
    ),
    **dict.fromkeys(
        ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"),
        SlackFailureKind.TOKEN,
    ),
    "missing_scope": SlackFailureKind.SCOPE,
    **dict.fromkeys(
        (
            "ratelimited",
            "rate_limited",
            "message_limit_exceeded",
            "internal_error",
            "fatal_error",
            "service_unavailable",
            "request_timeout",
            "team_added_to_org",
        ),
        SlackFailureKind.UNAVAILABLE,
    ),
}
_SERVER_ERROR = 500
_NO_SUCH_PICTURE = "slack_file"
"""Stands in what Slack says of blocks with a picture that it does not have, or that it still looks at."""
_CODE = re.compile(r"[a-z][a-z0-9_]*")


def failure_of(error: Exception) -> SlackFailure:
    """Classify what a call raised. Codes: https://docs.slack.dev/reference/methods/chat.postMessage#errors."""
    if not isinstance(error, SlackApiError):
        return SlackFailure(SlackFailureKind.UNAVAILABLE, type(error).__name__)
    answer = error.response
    if isinstance(answer, dict):  # what the SDK makes of an answer that is not JSON
        status, body, headers = int(answer["status"]), {}, answer.get("headers") or {}
    else:
        status, headers = int(answer.status_code), answer.headers
        body = answer.data if isinstance(answer.data, dict) else {}
    code = str(body.get("error", ""))
    pause = _retry_after(headers)
    if not _CODE.fullmatch(code):  # not Slack's words, but a proxy's
        return SlackFailure(SlackFailureKind.UNAVAILABLE, f"HTTP {status}", retry_after=pause)
    if code not in _KINDS and status >= _SERVER_ERROR:
        return SlackFailure(SlackFailureKind.UNAVAILABLE, code, retry_after=pause)
    messages = body.get("response_metadata", {}).get("messages", ())
    detail = "; ".join(map(str, messages)) or str(body.get("needed", ""))
    if code == "invalid_blocks" and _NO_SUCH_PICTURE in detail:
        return SlackFailure(SlackFailureKind.PICTURE, code, detail)
    return SlackFailure(_KINDS.get(code, SlackFailureKind.REFUSED), code, detail, pause)


def _retry_after(headers: Mapping[str, Any]) -> timedelta | None:
    """How long Slack wants to be left alone. https://docs.slack.dev/apis/web-api/rate-limits#headers."""
    for name, value in headers.items():
        if name.lower() == "retry-after":
            seconds = str(value[0] if isinstance(value, list | tuple) and value else value)
            return timedelta(seconds=int(seconds)) if seconds.isdecimal() else None
    return None
