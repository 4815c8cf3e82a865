"""Slack's clock, which a test can move."""

from time import time


class Clock:
    """Seconds since 1970, plus whatever was added with `advance`."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds
