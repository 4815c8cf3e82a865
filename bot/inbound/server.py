"""Gunicorn around HTTP mode: one master, which is `python -m bot run`, and one process with threads that does the work.

The master holds nothing but the address: it passes signals on, waits for the worker to drain, and ends it where that
takes too long. https://docs.gunicorn.org/en/stable/custom.html
"""

import logging
import os
import signal
import socket
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from bot.errors import UserError

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

THREADS = 64
"""Each request holds one from its first byte until a listener has acked; those who watch take one as well.

A body that comes byte by byte is cut off (patience.py). Heads are not: in front stands a proxy that ends TLS, which
Slack demands, and passes whole heads on. https://docs.gunicorn.org/en/stable/deploy.html
"""

BACKLOG = 2048

KEEP_ALIVE_SECONDS = 75
"""Longer than load balancers keep a connection: where the bot closed it first, a click could run into that."""

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a file without a name, held by its descriptor alone

log = logging.getLogger(__name__)


class Served(Protocol):
    """What runs behind the server. `end` drains it and returns the exit status; it may be called once only."""

    @property
    def wsgi(self) -> "WSGIApplication": ...

    def end(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Serving:
    """`begin` builds and starts what is served, in the worker; it is handed a way to have the server end.

    Where it cannot, it says why and returns the exit status. `drain_seconds` is what all of the end may take, and
    `crashed` the exit status of a server that failed.
    """

    host: str
    port: int
    begin: Callable[[Callable[[], None]], "Served | int"]
    drain_seconds: float
    crashed: int


def serve(serving: Serving) -> int:
    """Serve until a signal, or until what is served ends by itself, and return the exit status.

    Raises UserError where nobody can listen at the address.
    """
    master = _Master(_Application(serving, _listen(serving.host, serving.port)))
    try:
        master.run()
    except SystemExit as ended:
        return master.status if master.status is not None else (serving.crashed if ended.code else 0)
    return serving.crashed


def _listen(host: str, port: int) -> int:
    """Take the address here, and hand its descriptor on: gunicorn would try for five seconds and end in its own way.

    Without a host it is every network, by IPv4 and IPv6: some hosts that choose a port come by the one, some by the
    other. https://devcenter.heroku.com/articles/dyno-startup-behavior#port-binding-of-web-dynos
    """
    is_both = not host and socket.has_dualstack_ipv6()
    where = host or ("::" if is_both else "0.0.0.0")  # noqa: S104 - every network is meant
    try:
        family, *_, address = socket.getaddrinfo(where, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG, dualstack_ipv6=is_both).detach()
    except OSError as error:
        why = os.strerror(error.errno) if isinstance(error.errno, int) and error.errno > 0 else str(error.strerror)
        raise UserError(
            f"web.listen: Nobody can listen at {host or 'all addresses'}, port {port}: {why}. "
            "Write an address of this machine that is free; where PORT is set, its port counts."
        ) from error


class _Application(BaseApplication):
    """Gunicorn's settings, and what its worker serves."""

    def __init__(self, serving: Serving, listener: int) -> None:
        self.serving = serving
        self.report, self._told = os.pipe()
        self._listener = listener
        self._served: Served | None = None
        self._ending = Lock()
        super().__init__()

    def load_config(self) -> None:
        chosen = {
            "bind": f"fd://{self._listener}",
            "workers": 1,
            "worker_class": _Worker,
            "threads": THREADS,
            "timeout": 0,  # a start may take longer than any; /healthz tells of a bot that hangs
            "graceful_timeout": round(self.serving.drain_seconds),
            "keepalive": KEEP_ALIVE_SECONDS,
            "worker_tmp_dir": str(SHARED_MEMORY) if os.access(SHARED_MEMORY, os.W_OK) else tempfile.gettempdir(),
            "control_socket_disable": True,
            "logger_class": _Log,
            "proc_name": "kms-rotation-bot",
            "child_exit": _ended,
            "worker_exit": self._leave,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:  # noqa: ANN401 - a WSGI application, of which gunicorn has a type of its own
        """Begin, in the worker. A start that fails has said why, and is not tried again."""
        served = self.serving.begin(lambda: os.kill(os.getpid(), signal.SIGTERM))
        if isinstance(served, int):
            self._tell(served)
            os._exit(0)
        self._served = served
        return served.wsgi

    def end(self) -> None:
        """Drain what is served, once, and leave its status to the master. Whoever comes second waits for it."""
        with self._ending:
            served, self._served = self._served, None
            if served is not None:
                self._tell(served.end())

    def _leave(self, _arbiter: Arbiter, worker: Any) -> None:  # noqa: ANN401 - gunicorn has no name for it
        """End the worker now. Python would wait for every thread, and AWS may keep one for minutes."""
        if worker.pid == os.getpid():  # the master calls this as well, of a worker that is gone
            self.end()
            logging.shutdown()
            os._exit(0)

    def _tell(self, status: int) -> None:
        os.write(self._told, bytes([status]))


class _Master(Arbiter):
    """Ends when its worker has told a status; a worker that was killed is started again."""

    SIGNALS = [signal.SIGTERM, signal.SIGINT]  # noqa: RUF012 - gunicorn's; nothing else is its business here

    def __init__(self, app: _Application) -> None:
        self.status: int | None = None
        self._is_stopping = False
        self._report = app.report
        os.set_blocking(app.report, False)
        super().__init__(app)

    def signal(self, sig: int, frame: FrameType | None) -> None:
        """Drain at the first signal, whichever it is, and end at once at the second."""
        if self._is_stopping:
            self.kill_workers(signal.SIGKILL)
            os._exit(128 + sig)
        self._is_stopping = True
        super().signal(signal.SIGTERM, frame)

    def heed(self) -> None:
        """Read whether the worker that is gone has told a status."""
        with suppress(BlockingIOError):
            for status in os.read(self._report, 1):
                self.status = status
        if self.status is not None and self.LISTENERS:
            raise StopIteration  # how gunicorn's own handlers end it


def _ended(master: _Master, _worker: Any) -> None:  # noqa: ANN401 - gunicorn is published without types
    master.heed()


class _Worker(ThreadWorker):
    """Goes on to answer while it drains: that nobody is here, and that the process is alive."""

    def init_signals(self) -> None:
        super().init_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches everybody; the master says what it means

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.cfg.set("keepalive", 0)  # who is answered now is told to come back over another connection
        Thread(target=self._end, args=(sig, frame), name="ending", daemon=True).start()

    def _end(self, sig: int, frame: FrameType | None) -> None:
        try:
            if isinstance(self.app, _Application):
                self.app.end()
        finally:
            super().handle_exit(sig, frame)


class _Log(Logger):
    """Writes into the bot's own log."""

    def setup(self, cfg: Any) -> None:  # noqa: ANN401 - gunicorn is published without types
        super().setup(cfg)
        for each in (self.error_log, self.access_log):
            each.handlers.clear()
            each.propagate = True
        self.error_log.setLevel(logging.WARNING)
