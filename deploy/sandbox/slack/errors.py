"""What Slack refuses, and what its client refuses."""

from collections.abc import Sequence
from typing import Any


class SlackError(Exception):
    """An answer with `"ok": false`; `code` is Slack's own name for it."""

    def __init__(self, code: str, messages: Sequence[str] = (), **extra: object) -> None:
        super().__init__(code, *messages)
        self.code = code
        self.messages = tuple(messages)
        self.extra = extra

    def answer(self) -> dict[str, Any]:
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            body["response_metadata"] = {"messages": list(self.messages)}
        return body


class CannotDoThatError(Exception):
    """Slack's client would not let this person do this: there is no such button, no such channel, no such option."""
