"""The client of Slack's Web API."""

from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)

TIMEOUT_SECONDS = 15


def web_client(token: SecretStr | None, api_url: str) -> WebClient:
    """Make a client that waits out rate limits; by itself the SDK retries lost connections only."""
    return WebClient(
        token.get_secret_value() if token is not None else None,
        base_url=api_url,
        timeout=TIMEOUT_SECONDS,
        retry_handlers=[
            ConnectionErrorRetryHandler(),
            RateLimitErrorRetryHandler(max_retry_count=3),
            ServerErrorRetryHandler(max_retry_count=2),
        ],
    )
