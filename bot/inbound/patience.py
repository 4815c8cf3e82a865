"""For how long a request's body is waited for: whoever sends slower than Slack holds one of few threads meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import SHUT_RD, socket
from threading import Timer

READ_SECONDS = 10.0
"""Slack itself gives up after three."""


@contextmanager
def cut_off(connection: socket | None) -> Iterator[None]:
    """Read from a connection while the block runs, for so long at most; what is read after that is at its end.

    gunicorn hands over the connection as `gunicorn.socket`; without one there is no limit.
    """
    if connection is None:
        yield
        return
    timer = Timer(READ_SECONDS, _end, (connection,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _end(connection: socket) -> None:
    with suppress(OSError):  # it is gone already
        connection.shutdown(SHUT_RD)
