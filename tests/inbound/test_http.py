"""HTTP mode's one address: who is let in, and what everybody else is told."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from socket import socketpair
from wsgiref.types import StartResponse, WSGIEnvironment
from wsgiref.util import setup_testing_defaults

import pytest
from pydantic import SecretStr
from slack_bolt import Ack
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from bot.inbound import http, patience
from bot.inbound.bolt import make_app, make_listeners
from bot.inbound.http import MOST_BYTES, OLDEST_SECONDS, PATH, HttpMode
from bot.slack.introduction import Introduction
from deploy.sandbox.slack import SlackServer
from tests.app.house import eventually

SECRET = "0f1e2d3c4b5a"
NOW = 1_795_800_000.0
COMMAND = b"command=%2Fkms-rotation&text=status&team_id=T1&user_id=U1"
FORM = "application/x-www-form-urlencoded"


def pages(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    start_response("418 I'm a Teapot", [])
    return [b"a page"]


@dataclass
class Door:
    way: HttpMode
    heard: list[str]
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self, body: bytes = COMMAND, *, path: str = PATH, method: str = "POST", **environ: object
    ) -> tuple[int, bytes]:
        """Send a request as WSGI servers hand it over."""
        asked: WSGIEnvironment = {
            "PATH_INFO": path, "REQUEST_METHOD": method, "SERVER_PROTOCOL": "HTTP/1.1", "CONTENT_TYPE": FORM,
            "CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body),
        } | environ  # fmt: skip
        setup_testing_defaults(asked)
        status: list[str] = []
        written: list[bytes] = []

        def start(line: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
            status.append(line)
            self.headers = dict(headers)
            return written.append

        body = b"".join(self.way(asked, start))
        return int(status[0][:3]), body

    def send(
        self, body: bytes = COMMAND, *, secret: str = SECRET, at: float = NOW, **environ: str
    ) -> tuple[int, bytes]:
        return self.ask(body, **signed(body, secret, at), **environ)


def signed(body: bytes, secret: str = SECRET, at: float = NOW) -> dict[str, str]:
    timestamp = str(int(at))
    signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    return {"HTTP_X_SLACK_REQUEST_TIMESTAMP": timestamp, "HTTP_X_SLACK_SIGNATURE": str(signature)}


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    monkeypatch.setattr("slack_sdk.signature.Clock.now", lambda _clock: NOW)
    heard: list[str] = []
    listeners = make_listeners()
    with SlackServer() as slack:
        client = WebClient(slack.workspace.app.bot_token, base_url=slack.api_url)
        app = make_app(Introduction("T1", "U1", "B1"), client, listeners, SecretStr(SECRET))

        def hear(ack: Ack, command: dict[str, str]) -> None:
            ack()
            heard.append(command["text"])

        app.command("/kms-rotation")(hear)

        way = HttpMode(app, SECRET, pages, clock=lambda: NOW)
        way.open()
        yield Door(way, heard)
        listeners.shutdown()


def test_what_slack_signed_is_heard_and_acked(door: Door) -> None:
    assert door.send() == (200, b"")
    eventually(lambda: door.heard == ["status"], "the command")


def test_slack_may_prove_the_address_by_its_challenge(door: Door) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB"}).encode()
    status, answer = door.send(body, CONTENT_TYPE="application/json")
    assert (status, json.loads(answer)) == (200, {"challenge": "3eZbrw1aB"})


WRONG_SECRET = signed(COMMAND, secret="somebody-elses")
REFUSED: list[tuple[str, bytes, dict[str, str], str]] = [
    ("another secret", COMMAND, WRONG_SECRET, "SLACK_SIGNING_SECRET is not the signing secret"),
    ("an altered body", COMMAND.replace(b"U1", b"U2"), signed(COMMAND), "its signature is not right"),
    ("sent again later", COMMAND, signed(COMMAND, at=NOW - OLDEST_SECONDS - 1), "more than five minutes from ours"),
    ("from the future", COMMAND, signed(COMMAND, at=NOW + OLDEST_SECONDS + 1), "this machine's clock is wrong"),
    ("no signature", COMMAND, {}, "it is not signed"),
    ("no time", COMMAND, signed(COMMAND) | {"HTTP_X_SLACK_REQUEST_TIMESTAMP": ""}, "it is not signed"),
    ("no number", COMMAND, signed(COMMAND) | {"HTTP_X_SLACK_REQUEST_TIMESTAMP": "soon"}, "it is not signed"),
    ("no such time", COMMAND, signed(COMMAND) | {"HTTP_X_SLACK_REQUEST_TIMESTAMP": "9" * 5000}, "it is not signed"),
    ("no ASCII", COMMAND, signed(COMMAND) | {"HTTP_X_SLACK_SIGNATURE": "v0=ä"}, "it is not signed"),
    ("no UTF-8", b"\xff\xfe", signed(b""), "its signature is not right"),
    ("broken JSON", b"{", signed(b""), "its signature is not right"),
    ("a probe of certificates", b"ssl_check=1&token=x", {}, "it is not signed"),
]


@pytest.mark.parametrize(
    ("body", "headers", "words"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_nobody_else_is_heard_and_the_log_says_where_to_look(
    door: Door, caplog: pytest.LogCaptureFixture, body: bytes, headers: dict[str, str], words: str
) -> None:
    with caplog.at_level(logging.WARNING):
        assert door.ask(body, **headers) == (401, b"Unauthorized\n")
    assert door.heard == []
    [line] = caplog.messages
    assert line.startswith("A request to /slack/events was refused, and nothing was done: ")
    assert words in line
    assert SECRET not in line
    assert "status" not in line


def test_the_last_moment_of_five_minutes_still_counts(door: Door) -> None:
    assert door.send(at=NOW - OLDEST_SECONDS)[0] == 200


def test_many_refusals_are_few_lines(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(50):
        assert door.ask()[0] == 401
    assert len(caplog.messages) == 1


def test_a_refusal_long_after_the_last_tells_how_many_there_were(
    door: Door, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([100.0, 100.0, 130.0, 161.0, 161.0])
    monkeypatch.setattr(http, "monotonic", lambda: next(times))
    for _ in range(3):
        door.ask()
    assert "(2 refused since the last such line)" in caplog.messages[-1]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_slacks_address_takes_posts_alone(door: Door, method: str) -> None:
    assert door.send(method=method)[0] == 405
    assert door.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    ("length", "status"), [("", 411), ("-1", 411), ("many", 411), ("1²", 411), (str(MOST_BYTES + 1), 413)]
)
def test_a_body_has_a_length_and_a_bound(door: Door, length: str, status: int) -> None:
    assert door.send(CONTENT_LENGTH=length)[0] == status
    assert door.heard == []


@pytest.mark.parametrize("path", ["/", "/healthz", "/slack", "/slack/events/", "/slack/events/more", "/slack/install"])
def test_every_other_address_is_the_pages(door: Door, path: str) -> None:
    assert door.send(path=path) == (418, b"a page")


def test_a_body_that_does_not_come_is_not_waited_for(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "READ_SECONDS", 0.05)
    ours, theirs = socketpair()
    with ours, theirs, ours.makefile("rb") as stream:
        theirs.sendall(COMMAND[:5])
        served: WSGIEnvironment = {"wsgi.input": stream, "gunicorn.socket": ours}
        status, _ = door.ask(COMMAND, **served)
    assert (status, door.heard) == (400, [])


def test_while_it_drains_slack_is_told_that_nobody_is_here_and_the_pages_answer(door: Door) -> None:
    door.way.close()
    assert not door.way.is_open
    assert door.send()[0] == 503
    assert door.ask(path="/healthz", method="GET")[0] == 418
    assert door.heard == []
