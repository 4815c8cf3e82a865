"""Slack's rate limits, where a test wants them. Source: docs.slack.dev/apis/web-api/rate-limits."""

from collections import deque
from math import ceil

from deploy.sandbox.slack.api import Method
from deploy.sandbox.slack.clock import Clock
from deploy.sandbox.slack.things import Json

MINUTE = 60.0
POST_SECONDS = 1.0


class Rates:
    """Counts calls by method, and posts by channel."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: dict[str, deque[float]] = {}
        self._last_post: dict[str, float] = {}

    def seconds_to_wait(self, name: str, method: Method, args: Json) -> int:
        """0 where the call may pass, which counts it; else the whole seconds of `Retry-After`."""
        now = self._clock.now()
        if name == "chat.postMessage":
            return self._wait_to_post(str(args.get("channel")), now)
        if method.per_minute is None:
            return 0
        calls = self._calls.setdefault(name, deque())
        while calls and calls[0] <= now - MINUTE:
            calls.popleft()
        if len(calls) >= method.per_minute:
            return max(1, ceil(calls[0] + MINUTE - now))
        calls.append(now)
        return 0

    def _wait_to_post(self, channel: str, now: float) -> int:
        if now - self._last_post.get(channel, 0.0) < POST_SECONDS:
            return 1
        self._last_post[channel] = now
        return 0
