"""A wire between a process and its PostgreSQL that a test can cut and mend."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, Thread

from sqlalchemy.engine import make_url

CHUNK = 65536


class Wire:
    """Hands on what a client and the server say to each other; nothing while it is cut, and nobody gets through."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._server = str(Path(str(parsed.query["host"])) / f".s.PGSQL.{parsed.port or 5432}")
        self._listener = socket.create_server(("127.0.0.1", 0))
        here = parsed.set(host="127.0.0.1", port=self._listener.getsockname()[1], query={})
        self.url = here.render_as_string(hide_password=False)
        self._lock = Lock()
        self._ends: set[socket.socket] = set()
        self.is_cut = False
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Drop every connection, and let no other through."""
        with self._lock:
            self.is_cut = True
            self._drop()

    def mend(self) -> None:
        with self._lock:
            self.is_cut = False

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _drop(self) -> None:
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._ends.clear()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with self._lock:
                    if self.is_cut:
                        client.close()
                        continue
                    server = socket.socket(socket.AF_UNIX)
                    server.connect(self._server)
                    self._ends |= {client, server}
                for ends in ((client, server), (server, client)):
                    Thread(target=_hand_on, args=ends, daemon=True).start()


def _hand_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while said := one.recv(CHUNK):
            other.sendall(said)
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire_to(url: str) -> Iterator[Wire]:
    wire = Wire(url)
    try:
        yield wire
    finally:
        wire.close()
