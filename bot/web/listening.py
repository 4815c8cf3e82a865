"""Serves the pages where no other server does: a few threads, nothing but the standard library."""

import logging
import socket
from threading import BoundedSemaphore, Thread
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from bot.errors import UserError

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

AT_ONCE = 16
"""So many are answered at the same time. Whoever comes past that is hung up on, and asks again."""

SILENCE_SECONDS = 5
"""Whoever connects and says nothing for so long is hung up on."""

log = logging.getLogger(__name__)


class Listening:
    """A server of its own for the pages. Nothing listens before `start`."""

    def __init__(self, app: "WSGIApplication", host: str, port: int) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._server: _Server | None = None

    @property
    def port(self) -> int:
        """The port that it listens at, also where any free one was asked for (0)."""
        return self._port if self._server is None else self._server.server_port

    def start(self) -> None:
        """Raises UserError where nobody can listen there."""
        try:
            family, *_, address = socket.getaddrinfo(
                self._host, self._port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            self._server = _Server(family, address)
        except OSError as error:
            place = f"{self._host}, port {self._port}"
            raise UserError(
                f"web.listen: Nobody can listen at {place}: {error.strerror}. "
                "Write an address of this machine, and a port that is free."
            ) from error
        self._server.set_app(self._app)
        Thread(target=self._server.serve_forever, name="pages", daemon=True).start()
        log.info("The pages for probes and for Prometheus are at %s, port %d.", self._host, self.port)

    def close(self) -> None:
        """Answer nobody any more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


class _Server(WSGIServer):
    """A thread for each of those who ask at once, up to a bound."""

    def __init__(self, family: socket.AddressFamily, address: Any) -> None:  # noqa: ANN401 - a tuple of the family's own
        self.address_family = family
        self._seats = BoundedSemaphore(AT_ONCE)
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without asking the resolver for this machine's name, as the base class does: that may take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's signature
        if not self._seats.acquire(blocking=False):
            self.shutdown_request(request)
            return
        Thread(target=self._serve, args=(request, client_address), name="page", daemon=True).start()

    def _serve(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above
        try:
            self.finish_request(request, client_address)
        except OSError:  # whoever asked has gone, or said nothing: nobody is left to be told
            log.debug("A connection to the pages broke off.")
        finally:
            self.shutdown_request(request)
            self._seats.release()


class _Handler(WSGIRequestHandler):
    timeout = SILENCE_SECONDS

    def address_string(self) -> str:
        return str(self.client_address[0])

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the base class's names
        """Write down no probe: there is one every few seconds."""
