"""The server for the pages, where no other one serves them."""

import socket
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from threading import Event
from typing import TYPE_CHECKING

import pytest

from bot.errors import UserError
from bot.web import listening
from bot.web.listening import AT_ONCE, Listening

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

HERE = "127.0.0.1"


class Page:
    """A page that answers at once, or where it is told to, after it was let go."""

    def __init__(self) -> None:
        self.go, self.asked = Event(), 0
        self.go.set()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        self.asked += 1
        assert self.go.wait(20)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["PATH_INFO"].encode()]


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def server(page: Page) -> Iterator[Listening]:
    made = Listening(page, HERE, 0)
    made.start()
    yield made
    page.go.set()
    made.close()


def get(port: int, path: str) -> bytes:
    with closing(HTTPConnection(HERE, port, timeout=20)) as connection:
        connection.request("GET", path)
        return connection.getresponse().read()


def test_a_page_is_served_and_after_the_end_nobody_is(server: Listening) -> None:
    assert get(server.port, "/healthz") == b"/healthz"
    server.close()
    with pytest.raises(ConnectionRefusedError):
        get(server.port, "/healthz")


def test_before_the_start_nothing_listens(page: Page) -> None:
    with closing(socket.socket()) as free:
        free.bind((HERE, 0))
        Listening(page, HERE, free.getsockname()[1]).close()
        assert page.asked == 0


def _has_ipv6() -> bool:
    with closing(socket.socket(socket.AF_INET6)) as free:
        try:
            free.bind(("::1", 0))
        except OSError:
            return False
    return True


def test_it_listens_on_the_other_protocol_too(page: Page) -> None:
    made = Listening(page, "::1", 0)
    if not _has_ipv6():
        with pytest.raises(UserError, match=r"web\.listen: Nobody can listen at ::1"):
            made.start()
        return
    made.start()
    with closing(made), closing(HTTPConnection("::1", made.port, timeout=20)) as connection:
        connection.request("GET", "/readyz")
        assert connection.getresponse().read() == b"/readyz"


@pytest.mark.parametrize("host", [HERE, "192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_no_use_is_a_sentence_with_its_remedy(page: Page, server: Listening, host: str) -> None:
    with pytest.raises(UserError, match=r"web\.listen: Nobody can listen at .*Write an address of this machine"):
        Listening(page, host, server.port).start()


def test_whoever_comes_past_the_bound_is_hung_up_on_and_the_others_are_answered(page: Page, server: Listening) -> None:
    page.go.clear()
    waiting = [socket.create_connection((HERE, server.port), timeout=20) for _ in range(AT_ONCE)]
    for each in waiting:
        each.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
    with closing(socket.create_connection((HERE, server.port), timeout=20)) as late:
        assert late.recv(1) == b""
    page.go.set()
    for each in waiting:
        with closing(each):
            assert b"200 OK" in each.makefile("rb").read()
    assert page.asked == AT_ONCE


def test_whoever_says_nothing_is_hung_up_on(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening._Handler, "timeout", 0.05)
    made = Listening(page, HERE, 0)
    made.start()
    with closing(made), closing(socket.create_connection((HERE, made.port), timeout=20)) as silent:
        silent.sendall(b"GET /rea")
        assert silent.recv(1) == b""
    assert page.asked == 0
