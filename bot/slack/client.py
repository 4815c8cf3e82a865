"""The client of Slack's Web API."""

from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)

from bot.slack.counting import AnswerCounter, OnAnswer, OnCall, TimedClient

TIMEOUT_SECONDS = 15


def web_client(
    token: SecretStr | None,
    api_url: str,
    *,
    waits: bool = True,
    on_answer: OnAnswer | None = None,
    on_call: OnCall | None = None,
) -> WebClient:
    """Make a client that waits out rate limits, or says so at once; by itself the SDK retries lost connections only.

    `on_answer` is told of every attempt, `on_call` of every call.
    """
    counters = [] if on_answer is None else [AnswerCounter(api_url, on_answer)]
    rate_limits = [RateLimitErrorRetryHandler(max_retry_count=3)] if waits else []
    client = TimedClient(
        token.get_secret_value() if token is not None else None,
        base_url=api_url,
        timeout=TIMEOUT_SECONDS,
        retry_handlers=[
            *counters,
            ConnectionErrorRetryHandler(),
            *rate_limits,
            ServerErrorRetryHandler(max_retry_count=2),
        ],
    )
    client.on_call = on_call
    return client
