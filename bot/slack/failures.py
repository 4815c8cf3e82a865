"""From what the Slack SDK raises to a failure with a kind."""

from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPException

from slack_sdk.errors import SlackApiError, SlackClientError

SLACK_ERRORS = (SlackClientError, OSError, HTTPException)
"""All that a call to Slack can raise: its own answers, and everything that kept it from answering."""


class SlackFailureKind(StrEnum):
    """What to do about a failed call: wait, ask a person, or give up."""

    UNAVAILABLE = "UNAVAILABLE"
    CHANNEL = "CHANNEL"
    MESSAGE_GONE = "MESSAGE_GONE"
    TOKEN = "TOKEN"  # noqa: S105 - a kind of failure, not a token
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class SlackFailure:
    """A failed call: Slack's error code and what else it said, which holds no secret."""

    kind: SlackFailureKind
    code: str
    detail: str = ""

    @property
    def sentence(self) -> str:
        return _SENTENCES[self.kind].format(code=self.code)


_SENTENCES = {
    SlackFailureKind.UNAVAILABLE: "Slack does not answer as it should ({code}).",
    SlackFailureKind.CHANNEL: "The bot cannot write into that channel ({code}): invite it, or unarchive the channel.",
    SlackFailureKind.MESSAGE_GONE: "The message is not there any more ({code}).",
    SlackFailureKind.TOKEN: "Slack does not accept the bot's token ({code}): install the app again and set its token.",
    SlackFailureKind.REFUSED: "Slack refuses the message ({code}).",
}

_KINDS = {
    **dict.fromkeys(
        ("channel_not_found", "not_in_channel", "is_archived", "restricted_action", "user_not_in_channel"),
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


def failure_of(error: Exception) -> SlackFailure:
    """Classify what a call raised. Codes: https://docs.slack.dev/reference/methods/chat.postMessage#errors."""
    if not isinstance(error, SlackApiError):
        return SlackFailure(SlackFailureKind.UNAVAILABLE, type(error).__name__)
    answer = error.response
    if isinstance(answer, dict):  # what the SDK makes of an answer that is not JSON
        status, body = int(answer["status"]), {}
    else:
        status, body = int(answer.status_code), answer.data if isinstance(answer.data, dict) else {}
    code = str(body.get("error", f"HTTP {status}"))
    if code not in _KINDS and status >= _SERVER_ERROR:
        return SlackFailure(SlackFailureKind.UNAVAILABLE, code)
    messages = body.get("response_metadata", {}).get("messages", ())
    return SlackFailure(_KINDS.get(code, SlackFailureKind.REFUSED), code, "; ".join(map(str, messages)))
