"""The socket of Socket Mode: whatever becomes of it, the next one is there, and no click that came is lost."""

import json
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

import pytest
from slack_bolt.request import BoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk import WebClient
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.sync.server import ServerConnection, serve

from bot.errors import UserError
from bot.inbound import socket as module
from bot.inbound.connection import Connection, Patience
from bot.inbound.socket import SocketMode
from deploy.sandbox.slack import SlackServer
from deploy.sandbox.slack.delivery import Outcome
from tests.app.house import PATIENCE_SECONDS, eventually

CHANNEL = "C0SECURITY"
QUICK = Patience(ping=0.05, silence=2.0, look=0.05, asking=5.0, opening=5.0, hello=5.0, grace=0.5, closing=0.5)
THOUSAND = 1000
HELLO = '{"type": "hello"}'


@dataclass
class Listener:
    """Stands in for Bolt's app: acks everything, at once or when it is let."""

    go: Event = field(default_factory=Event)
    seen: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.go.set()

    def dispatch(self, request: BoltRequest) -> BoltResponse:
        with self.lock:
            self.seen.append(str(request.body.get("text", request.body.get("number"))))
        self.go.wait(PATIENCE_SECONDS)
        return BoltResponse(status=200, body="")


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        server.give_time(PATIENCE_SECONDS)
        yield server


@contextmanager
def reached(address: Callable[[], str], patience: Patience = QUICK) -> Iterator[tuple[SocketMode, Listener, list[str]]]:
    listener = Listener()
    why: list[str] = []
    way = SocketMode(listener, address, why.append, patience)
    way.open()
    try:
        yield way, listener, why
    finally:
        listener.go.set()
        way.close()


def asking(slack: SlackServer) -> Callable[[], str]:
    token = slack.workspace.app.app_token
    client = WebClient(base_url=slack.api_url, retry_handlers=[])
    return lambda: str(client.apps_connections_open(app_token=token)["url"])


def type_something(slack: SlackServer, text: str = "status") -> Outcome:
    return slack.person("U0MARA").slash(f"/kms-rotation {text}", channel=CHANNEL).outcome


def test_what_comes_is_acked(slack: SlackServer) -> None:
    with reached(asking(slack)) as (way, listener, why):
        assert way.is_open
        assert type_something(slack) is Outcome.ACKED
        assert listener.seen == ["status"]
        assert why == []
    slack.wait_for(lambda: slack.connections == 0, what="the goodbye")


@pytest.mark.parametrize(
    ("lever", "why"),
    [("drop_sockets", "dropped"), ("go_silent", "silent"), ("request_refresh", "refresh_requested")],
)
def test_a_socket_that_is_of_no_use_any_more_is_replaced(slack: SlackServer, lever: str, why: str) -> None:
    with reached(asking(slack)) as (way, _, told):
        getattr(slack.faults, lever)()
        eventually(lambda: told, "the next one")
        assert told == [why]
        assert way.is_open
        eventually(lambda: slack.connections == 1, "the end of the old one")
        assert type_something(slack) is Outcome.ACKED


def test_with_the_bots_own_times_a_socket_is_replaced_within_thirty_seconds() -> None:
    patience = Patience()
    assert patience.longest_deafness <= 30
    assert patience.ping * 2 < patience.silence, "one late pong is no silence"
    assert patience.grace >= 10, "Slack closes a socket some ten seconds after it warned"


def test_while_a_socket_is_being_left_clicks_on_both_are_acked(slack: SlackServer) -> None:
    with reached(asking(slack), Patience(grace=60.0)) as (_, listener, why):
        slack.faults.disconnect("warning", seconds=60)
        slack.wait_for(lambda: slack.connections == 2, what="the new one beside the old one")
        assert [type_something(slack, str(number)) for number in range(4)] == [Outcome.ACKED] * 4
        assert len({delivery.connection for delivery in slack.acks}) == 2
        assert sorted(listener.seen) == ["0", "1", "2", "3"]
        eventually(lambda: why, "word of it")
        assert why == ["warning"]


def test_an_ack_whose_socket_broke_goes_over_the_next_one(slack: SlackServer) -> None:
    with reached(asking(slack)) as (_, listener, why):
        listener.go.clear()
        click = slack.person("U0MARA").slash("/kms-rotation status", channel=CHANNEL, wait=False)
        eventually(lambda: listener.seen, "the click")
        slack.faults.drop_sockets()
        eventually(lambda: why, "the next socket")
        listener.go.set()
        slack.wait_for(lambda: click.settled, what="the ack")
        assert click.outcome is Outcome.ACKED


def test_where_slack_refuses_the_next_socket_it_is_tried_again(
    slack: SlackServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "PAUSES", (0.01, 0.02))
    with reached(asking(slack)) as (way, _, why):
        slack.faults.error_next("apps.connections.open", "internal_error", times=2)
        slack.faults.refuse_connections(2)
        slack.faults.drop_sockets()
        eventually(lambda: why, "the next one")
        assert way.is_open
        assert type_something(slack) is Outcome.ACKED
    assert "There is no socket to Slack (dropped): internal_error. Tried again in" in caplog.text


def test_socket_mode_that_was_switched_off_is_told_with_its_remedy(
    slack: SlackServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "PAUSES", (0.01,))
    with reached(asking(slack)) as (way, _, why):
        slack.faults.refuse_connections(3)
        slack.faults.disconnect("link_disabled")
        eventually(lambda: not way.is_open, "the end")
        eventually(lambda: why, "the next one, once it is allowed")
    assert "Switch it on again under “Socket Mode” of the app's settings." in caplog.text


def test_a_first_socket_that_slack_does_not_give_at_once_is_asked_for_once_more(
    slack: SlackServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "PAUSES", (0.01,))
    slack.faults.refuse_connections(1)
    with reached(asking(slack)) as (way, _, why):
        assert way.is_open
        assert why == []
        assert type_something(slack) is Outcome.ACKED
    assert "There is no socket to Slack yet: " in caplog.text


@pytest.mark.parametrize(
    "first_word", ['{"type": "disconnect", "reason": "too_many_websockets"}', ""], ids=["sent away", "closed"]
)
def test_a_first_socket_that_is_not_greeted_is_left_for_another_one(
    monkeypatch: pytest.MonkeyPatch, first_word: str
) -> None:
    monkeypatch.setattr(module, "PAUSES", (0.01,))
    peers, is_left = list[ServerConnection](), Event()

    def greet_the_second(peer: ServerConnection) -> None:
        peers.append(peer)
        if peer is not peers[0]:
            peer.send(HELLO)
        elif first_word:
            peer.send(first_word)
        else:
            peer.close()
        with suppress(ConnectionClosed):
            peer.recv()
        if peer is peers[0]:
            is_left.set()

    with raw(greet_the_second) as address, reached(lambda: address) as (way, _, why):
        assert way.is_open
        assert is_left.wait(PATIENCE_SECONDS)
        assert why == []
    assert len(peers) == 2


def test_a_first_socket_that_slack_twice_does_not_give_is_told(
    slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSES", (0.01,))
    slack.faults.refuse_connections(2)
    with pytest.raises(UserError, match="Slack's socket cannot be opened"):
        SocketMode(Listener(), asking(slack), patience=QUICK).open()


@pytest.mark.parametrize("code", ["not_allowed_token_type", "ratelimited"])
def test_a_first_socket_that_slack_refuses_or_wants_to_be_asked_for_later_is_told_at_once(
    slack: SlackServer, code: str
) -> None:
    if code == "ratelimited":
        slack.faults.rate_limit_next("apps.connections.open", retry_after=30)
    else:
        slack.faults.error_next("apps.connections.open", code)
    with pytest.raises(UserError, match=f"Slack's socket cannot be opened .{code}."):
        SocketMode(Listener(), asking(slack), patience=QUICK).open()


def test_closing_acks_what_is_in_hand_and_takes_nothing_after_that(slack: SlackServer) -> None:
    with reached(asking(slack)) as (way, listener, _):
        listener.go.clear()
        click = slack.person("U0MARA").slash("/kms-rotation status", channel=CHANNEL, wait=False)
        eventually(lambda: listener.seen, "the click")
        closing = Thread(target=way.close)
        closing.start()
        listener.go.set()
        closing.join()
        slack.wait_for(lambda: click.settled, what="the ack")
        assert click.outcome is Outcome.ACKED
        assert type_something(slack, "list") is Outcome.NOBODY_THERE
        assert listener.seen == ["status"]


@contextmanager
def raw(handler: Callable[[ServerConnection], None]) -> Iterator[str]:
    """A peer that does what no well-behaved one would."""
    with serve(handler, "127.0.0.1", 0, ping_interval=None, close_timeout=0.2, compression=None) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()


def envelope(number: int, filling: int) -> bytes:
    text = json.dumps({
        "type": "interactive", "envelope_id": str(number), "payload": {"number": number, "filling": "x" * filling},
    })  # fmt: skip
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


@pytest.mark.parametrize("filling", [0, 7_000], ids=["small", "as large as Slack's"])
def test_a_thousand_clicks_in_one_piece_on_the_wire_are_all_acked(filling: int) -> None:
    acked: set[str] = set()

    def send_all(peer: ServerConnection) -> None:
        peer.send(HELLO)
        peer.socket.sendall(b"".join(envelope(number, filling) for number in range(THOUSAND)))
        for text in peer:
            acked.add(json.loads(text)["envelope_id"])

    with raw(send_all) as address, reached(lambda: address, Patience()) as (way, listener, why):
        eventually(lambda: len(acked) == THOUSAND, "all acks")
        assert way.is_open
        assert why == []
        assert len(listener.seen) == THOUSAND


def send_in_vain(line: Connection) -> None:
    with pytest.raises(ConnectionClosed):
        line.send("x" * 64_000_000)


def test_an_ack_that_nobody_reads_holds_nothing_up() -> None:
    """A half-open connection takes what is sent until its buffers are full, and then nothing: not even a ping."""
    quiet = Event()

    def read_nothing(peer: ServerConnection) -> None:
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.send(HELLO)
        peer.recv_flow_control.acquire()  # it reads no more
        quiet.wait(PATIENCE_SECONDS)
        peer.recv_flow_control.release()

    ended = Event()
    with raw(read_nothing) as address:
        line = Connection(address, QUICK, lambda _line, _text: None, lambda _line: ended.set())
        line.start()
        sending = Thread(target=send_in_vain, args=(line,))
        sending.start()
        eventually(lambda: line.silent_for > QUICK.silence, "the silence")
        line.break_off()
        sending.join(PATIENCE_SECONDS)
        assert not sending.is_alive()
        assert ended.wait(PATIENCE_SECONDS)
        quiet.set()


def test_noise_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    acked: list[str] = []

    def make_noise(peer: ServerConnection) -> None:
        for text in (HELLO, "no JSON", '{"type": "pleasantry"}'):
            peer.send(text)
        peer.socket.sendall(envelope(1, 0))
        acked.extend(json.loads(text)["envelope_id"] for text in peer)

    with caplog.at_level(logging.WARNING), raw(make_noise) as address, reached(lambda: address) as (_, listener, _why):
        eventually(lambda: listener.seen, "the click")
    eventually(lambda: acked, "the ack")
    assert "is not JSON; it is left out" in caplog.text
