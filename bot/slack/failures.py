"""From what the Slack SDK raises to a failure with a kind."""

import re
from http.client import HTTPException

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
            "user_not_in_channel",
        ),
        SlackFailureKind.CHANNEL,
    ),
    **dict.fromkeys(
        ("message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"),
        SlackFailureKind.MESSAGE_GONE,
    ),
    **dict.fromkeys(
        ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "missing_scope"),
        SlackFailureKind.TOKEN,
    ),
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
_CODE = re.compile(r"[a-z][a-z0-9_]*")


def failure_of(error: Exception) -> SlackFailure:
    """Classify what a call raised. Codes: https://docs.slack.dev/reference/methods/chat.postMessage#errors."""
    if not isinstance(error, SlackApiError):
        return SlackFailure(SlackFailureKind.UNAVAILABLE, type(error).__name__)
    answer = error.response
    if isinstance(answer, dict):  # what the SDK makes of an answer that is not JSON
        status, body = int(answer["status"]), {}
    else:
        status, body = int(answer.status_code), answer.data if isinstance(answer.data, dict) else {}
    code = str(body.get("error", ""))
    if not _CODE.fullmatch(code):  # not Slack's words, but a proxy's
        return SlackFailure(SlackFailureKind.UNAVAILABLE, f"HTTP {status}")
    if code not in _KINDS and status >= _SERVER_ERROR:
        return SlackFailure(SlackFailureKind.UNAVAILABLE, code)
    messages = body.get("response_metadata", {}).get("messages", ())
    return SlackFailure(_KINDS.get(code, SlackFailureKind.REFUSED), code, "; ".join(map(str, messages)))
