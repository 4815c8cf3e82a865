"""One WebSocket of Slack's Socket Mode, from its hello to its end."""

import json
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread
from time import monotonic

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

SOCKET_ERRORS = (WebSocketException, OSError, ValueError)
"""All that opening one can raise: refusals, networks, addresses and words that nobody can read."""

MOST_BYTES = 16 * 1024 * 1024
"""Of one payload. Slack's are far smaller; without any bound a broken peer could fill the memory."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what may take, in seconds. What is not over by then is given up.

    A socket is pinged every `ping`, found silent once nothing came for `silence`, and looked at every `look`; a new one
    takes `asking` for its address, `opening` for the connection and `hello` for Slack's first word.
    """

    ping: float = 3.0
    silence: float = 10.0
    look: float = 1.0
    asking: float = 5.0
    opening: float = 5.0
    hello: float = 3.0
    grace: float = 15.0
    """How long one that Slack wants replaced is still listened to. Slack closes it about ten seconds after its warning:
    https://docs.slack.dev/apis/events-api/using-socket-mode#disconnect"""
    closing: float = 2.0

    @property
    def longest_deafness(self) -> float:
        """From a socket's last word to the next socket's first, where Slack takes the next one."""
        return self.silence + self.look + self.asking + self.opening + self.hello


class NotGreetedError(Exception):
    """Slack took the connection, and did not say hello. The text is what it said instead."""


class _Heard(ClientConnection):
    """Notes when anything came: pongs, pings and payloads are all signs of life."""

    heard_at = 0.0

    def process_event(self, event: object) -> None:
        self.heard_at = monotonic()
        super().process_event(event)  # type: ignore[arg-type]  # the union of events has no public name


class Connection:
    """Reads on a thread of its own, and hands over every text in the order in which they came.

    The library reads the whole stream before it is asked for anything, however many frames one piece of it holds; a
    thousand clicks at once keep no pong waiting. Raises one of SOCKET_ERRORS, or NotGreetedError.
    """

    def __init__(
        self,
        address: str,
        patience: Patience,
        on_text: Callable[["Connection", str], None],
        on_end: Callable[["Connection"], None],
    ) -> None:
        self._on_text = on_text
        self._on_end = on_end
        self._socket = connect(
            address,
            create_connection=_Heard,
            compression=None,
            open_timeout=patience.opening,
            ping_interval=patience.ping,
            ping_timeout=None,  # who keeps the socket looks at what was heard, and can break off a blocked send
            close_timeout=patience.closing,
            max_size=MOST_BYTES,
            max_queue=None,
            legacy=True,  # one connection; by whom and when the next is opened is decided elsewhere
        )
        # No daemon: what it sets off inherits that, and whoever ends the process looks for work by its threads.
        self._reader = Thread(target=self._read, name="socket", daemon=False)
        self.has_ended = False
        try:
            _require_hello(str(self._socket.recv(patience.hello)))
        except BaseException:
            self.break_off()
            raise

    def start(self) -> None:
        """Begin to hand over what comes."""
        self._reader.start()

    @property
    def silent_for(self) -> float:
        """For how many seconds nothing came, not even a pong."""
        heard_at = self._socket.heard_at if isinstance(self._socket, _Heard) else 0.0
        return monotonic() - heard_at

    def send(self, text: str) -> None:
        """Raises ConnectionClosed."""
        self._socket.send(text)

    def close(self) -> None:
        """Say goodbye, and wait for Slack's; not for long."""
        self._socket.close()

    def break_off(self) -> None:
        """End it without a word: nobody is there. Whoever sends or reads on it is woken up."""
        try:
            self._socket.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            log.debug("The socket was closed already.")

    def _read(self) -> None:
        try:
            for text in self._socket:
                self._on_text(self, str(text))
        except ConnectionClosed as error:
            log.debug("The socket ended: %s", error)
        finally:
            self.has_ended = True
            self._on_end(self)


def _require_hello(text: str) -> None:
    said = json.loads(text)
    if said.get("type") != "hello":
        raise NotGreetedError(str(said.get("reason") or said.get("type")))
