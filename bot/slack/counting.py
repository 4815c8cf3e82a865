"""Counts what Slack's Web API answers, every attempt, and how long each call takes."""

import json
import re
from collections.abc import Callable
from time import perf_counter
from typing import Any

from slack_sdk import WebClient
from slack_sdk.http_retry.handler import RetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web import SlackResponse

OnAnswer = Callable[[str, str], None]
"""Is told the method that was called, and `ok` or what it failed with."""

OnCall = Callable[[str, float], None]
"""Is told the method that was called, and how many seconds that took, all attempts and the waits between them."""

UPLOAD = "upload"
"""Stands for the addresses that Slack gives out for one file each."""

_METHOD = re.compile(r"[A-Za-z0-9]+(\.[A-Za-z0-9]+)+", re.ASCII)
_CODE = re.compile(r"[a-z][a-z0-9_]{0,60}", re.ASCII)
_OK = 200


class AnswerCounter(RetryHandler):
    """Asked after each attempt whether to try again, it counts, and never wants to. It must be the first of several."""

    def __init__(self, api_url: str, on_answer: OnAnswer) -> None:
        super().__init__(max_retry_count=0)
        self._api_url = api_url
        self._on_answer = on_answer

    def can_retry(
        self,
        *,
        state: RetryState,  # noqa: ARG002 - the SDK's signature
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        self._on_answer(self._method(request.url), _code(response, error))
        return False

    def _method(self, url: str) -> str:
        name = url.removeprefix(self._api_url).partition("?")[0]
        return name if url.startswith(self._api_url) and _METHOD.fullmatch(name) else UPLOAD


class TimedClient(WebClient):
    """A client that tells how long its calls take."""

    on_call: OnCall | None = None

    def api_call(self, api_method: str, **how: Any) -> SlackResponse:  # noqa: ANN401 - the SDK's signature
        began = perf_counter()
        try:
            return super().api_call(api_method, **how)
        finally:
            if self.on_call is not None:
                self.on_call(api_method, perf_counter() - began)


def _code(response: HttpResponse | None, error: Exception | None) -> str:
    if response is None:
        return type(error).__name__
    body = response.body or _parsed(response.data)
    if body.get("ok") or (response.status_code == _OK and not body):
        return "ok"
    code = str(body.get("error", ""))
    return code if _CODE.fullmatch(code) else f"http_{response.status_code}"


def _parsed(data: bytes | None) -> dict[str, object]:
    try:
        body = json.loads(data or b"")
    except ValueError:  # not Slack's words, but a proxy's
        return {}
    return body if isinstance(body, dict) else {}
