"""The address of the server behind which HTTP mode runs."""

import socket
from contextlib import closing

import pytest

from bot.inbound import server
from bot.settings.web import EVERY_NETWORK

IPV4, IPV6 = "127.0.0.1", "::1"


def listening() -> socket.socket:
    return socket.socket(fileno=server._listen(EVERY_NETWORK, 0))


def is_reached(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=20).close()
    except OSError:
        return False
    return True


def has_ipv6() -> bool:
    try:
        with closing(socket.socket(socket.AF_INET6)) as free:
            free.bind((IPV6, 0))
    except OSError:
        return False
    return True


def test_without_a_host_it_is_every_network_by_both_protocols() -> None:
    with listening() as made:
        port = made.getsockname()[1]
        assert is_reached(IPV4, port)
        assert is_reached(IPV6, port) == has_ipv6()


def test_on_a_machine_without_ipv6_it_is_every_network_by_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    with listening() as made:
        assert made.family is socket.AF_INET
        assert is_reached(IPV4, made.getsockname()[1])
