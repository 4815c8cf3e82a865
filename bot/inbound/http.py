"""HTTP mode: the one address that Slack sends to, as a WSGI application. Everything else is the pages' own.

Bolt verifies the signature of each request on its raw body, and that it is no older than five minutes:
https://docs.slack.dev/authentication/verifying-requests-from-slack/
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from io import BytesIO
from threading import Lock
from time import monotonic, perf_counter, time
from typing import TYPE_CHECKING, Any

from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_bolt.request.internals import parse_body
from slack_sdk.signature import SignatureVerifier

from bot.inbound.patience import cut_off
from bot.inbound.payloads import Answer, OnAck, answering, unheard

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/slack/events"
MOST_BYTES = 1024 * 1024
"""Of one request. Slack's largest payloads, a modal with all that was entered, stay far below."""

OLDEST_SECONDS = 300
MOST_DIGITS = 12
"""Of a time in seconds. Python does not read thousands of them, which anybody can send.
https://docs.python.org/3/library/stdtypes.html#integer-string-conversion-length-limitation"""

TELL_SECONDS = 60.0
"""The log tells of refused requests at most so often: anybody can send any number of them."""

log = logging.getLogger(__name__)


class HttpMode:
    """The way in over HTTP: a WSGI application that a server calls, from `open` to `close`."""

    is_open = False
    tells_of_removal = False

    def __init__(
        self,
        app: Any,  # noqa: ANN401 - Bolt is published without types
        signing_secret: str,
        pages: "WSGIApplication",
        clock: Callable[[], float] = time,
        on_ack: OnAck = unheard,
    ) -> None:
        self._bolt = SlackRequestHandler(app, path=PATH)
        self._verifier = SignatureVerifier(signing_secret)
        self._pages = pages
        self._clock = clock
        self._on_ack = on_ack
        self._refusals = Refusals()

    def open(self) -> None:
        self.is_open = True

    def close(self) -> None:
        """From now on Slack is told that nobody is here. The server ends once all that came in is answered."""
        self.is_open = False

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        came = perf_counter()
        if environ.get("PATH_INFO") != PATH:
            return self._pages(environ, start_response)
        if environ["REQUEST_METHOD"] != "POST":
            return _refuse(start_response, HTTPStatus.METHOD_NOT_ALLOWED, ("Allow", "POST"))
        if not self.is_open:
            return _refuse(start_response, HTTPStatus.SERVICE_UNAVAILABLE, ("Retry-After", "1"))
        length = environ.get("CONTENT_LENGTH") or ""
        if not (length.isascii() and length.isdigit()):
            return _refuse(start_response, HTTPStatus.LENGTH_REQUIRED)
        if int(length) > MOST_BYTES:
            return _refuse(start_response, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            with cut_off(environ.get("gunicorn.socket")):
                body = environ["wsgi.input"].read(int(length))
        except OSError:
            return _refuse(start_response, HTTPStatus.REQUEST_TIMEOUT)
        if len(body) < int(length):
            return _refuse(start_response, HTTPStatus.BAD_REQUEST)
        if objection := self._objection(environ, body):
            self._refusals.tell(objection)
            return _refuse(start_response, HTTPStatus.UNAUTHORIZED)
        with answering(_payload(body, environ.get("CONTENT_TYPE")), came, self._on_ack) as answer:
            return self._answered({**environ, "wsgi.input": BytesIO(body)}, start_response, answer)

    def _answered(self, environ: "WSGIEnvironment", start_response: "StartResponse", answer: Answer) -> Iterable[bytes]:
        def heed(status: str, *rest: Any) -> Any:  # noqa: ANN401 - WSGI's
            answer.is_acked = status.startswith(f"{HTTPStatus.OK.value} ")
            return start_response(status, *rest)

        return self._bolt(environ, heed)

    def _objection(self, environ: "WSGIEnvironment", body: bytes) -> str:
        """What is wrong with a request that Bolt would refuse, or stumble over; empty for a good one."""
        timestamp = environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", "")
        signature = environ.get("HTTP_X_SLACK_SIGNATURE", "")
        is_time = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= MOST_DIGITS
        if not (is_time and signature.isascii() and signature):
            return "it is not signed, so it did not come from Slack"
        if abs(self._clock() - int(timestamp)) > OLDEST_SECONDS:
            return (
                "its time is more than five minutes from ours: either somebody sent it again, or this machine's clock "
                "is wrong"
            )
        try:
            is_valid = self._verifier.is_valid(body, timestamp, signature)
        except UnicodeDecodeError:
            is_valid = False
        return "" if is_valid else (
            "its signature is not right: either it did not come from Slack, or SLACK_SIGNING_SECRET is not the signing "
            "secret that the app's settings show under “Basic Information”"
        )  # fmt: skip


class Refusals:
    """Tells the log of refused requests, the first at once and then now and again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._untold = 0
        self._told_at = -TELL_SECONDS

    def tell(self, objection: str) -> None:
        with self._lock:
            self._untold += 1
            if monotonic() - self._told_at < TELL_SECONDS:
                return
            count, self._untold, self._told_at = self._untold, 0, monotonic()
        more = f" ({count} refused since the last such line)" if count > 1 else ""
        log.warning("A request to %s was refused, and nothing was done: %s%s.", PATH, objection, more)


def _payload(body: bytes, content_type: str | None) -> Mapping[str, Any]:
    """Read what Slack sent, as Bolt will; where nobody can, Bolt says so."""
    try:
        found: object = parse_body(body.decode(), content_type)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _refuse(start_response: "StartResponse", status: HTTPStatus, *headers: tuple[str, str]) -> list[bytes]:
    body = f"{status.phrase}\n".encode()
    usual = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", [*usual, *headers])
    return [body]
