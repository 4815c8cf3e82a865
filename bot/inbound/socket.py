"""Socket Mode: keeps a socket to Slack open, and answers what comes over it.

A socket that broke, fell silent or is to be left is replaced, the new one first where Slack gives the time.
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from threading import Condition, Thread, Timer
from time import perf_counter, sleep, time
from typing import Any

from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from websockets.exceptions import ConnectionClosed

from bot.errors import UserError
from bot.inbound.connection import SOCKET_ERRORS, Connection, NotGreetedError, Patience
from bot.inbound.payloads import OnAck, answering, unheard
from bot.models.slack import SlackFailureKind
from bot.slack.failures import SLACK_ERRORS, failure_of

ANSWERING_THREADS = 10
"""Each waits until a listener has acked."""

ACK_SECONDS = 3.0
"""https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response"""

PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Between attempts, the last one again and again, unless Slack wants a longer one."""

OPENING_ERRORS = (*SLACK_ERRORS, *SOCKET_ERRORS, NotGreetedError)
"""All that asking for a socket and opening it can raise."""

SWITCHED_OFF = "link_disabled"

log = logging.getLogger(__name__)


class SocketMode:
    """`ask` gets the address of a new socket from Slack; `replaced` is told why one was replaced, `on_ack` of acks."""

    tells_of_removal = True

    def __init__(
        self,
        app: Any,  # noqa: ANN401 - Bolt is published without types
        ask: Callable[[], str],
        replaced: Callable[[str], object] = lambda _why: None,
        patience: Patience | None = None,
        on_ack: OnAck = unheard,
    ) -> None:
        self._app = app
        self._ask = ask
        self._replaced = replaced
        self._on_ack = on_ack
        self._patience = patience or Patience()
        self._changed = Condition()
        self._current: Connection | None = None
        self._alive: set[Connection] = set()
        self._why = ""
        self._in_hand = 0
        self._too_late = 0
        self._is_closing = False
        self._answering = ThreadPoolExecutor(ANSWERING_THREADS, thread_name_prefix="answering")
        self._keeper = Thread(target=self._keep, name="watchdog", daemon=True)

    @property
    def is_open(self) -> bool:
        current = self._current
        return current is not None and not current.has_ended and not self._is_closing

    def open(self) -> None:
        """Open the first one, and keep one open from then on. Raises UserError where Slack refuses, or twice fails."""
        try:
            self._open_first()
        except OPENING_ERRORS as error:
            raise UserError(f"Slack's socket cannot be opened ({_code(error)}). Start again in a minute.") from error
        self._keeper.start()

    def _open_first(self) -> None:
        try:
            self._connect()
        except OPENING_ERRORS as error:
            if not _may_pass_soon(error):
                raise
            log.warning("There is no socket to Slack yet: %s. Tried once more in %.0f s.", _code(error), PAUSES[0])
            sleep(PAUSES[0])
            self._connect()

    def close(self) -> None:
        """Answer what is in hand, then say goodbye. What comes after that is left to Slack, which tells the person."""
        with self._changed:
            self._changed.wait_for(lambda: not self._in_hand, ACK_SECONDS)
            self._is_closing = True
            self._changed.notify_all()
            alive = list(self._alive)
        goodbyes = [Thread(target=each.close, name="goodbye", daemon=True) for each in alive]
        for goodbye in goodbyes:
            goodbye.start()
        for goodbye in goodbyes:
            goodbye.join(self._patience.closing + 1.0)
        self._answering.shutdown(wait=False, cancel_futures=True)
        if self._too_late:
            log.warning("%d payloads came while the socket closed; Slack tells those who sent them.", self._too_late)

    def _keep(self) -> None:
        failures = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_closing or bool(self._why), self._patience.look)
                current, why = self._current, self._why
            if self._is_closing:
                return
            if not why and current is not None and current.silent_for > self._patience.silence:
                why = "silent"
                current.break_off()
            if not why:
                continue
            pause = self._replace(why, failures)
            failures = failures + 1 if pause else 0
            if pause and self._closes_within(pause):
                return

    def _replace(self, why: str, failures: int) -> float:
        """Open another one. Returns how long to wait before the next attempt; 0 where it succeeded."""
        self._why = why
        try:
            self._connect()
        except Exception as error:  # noqa: BLE001 - told in the log; whatever it was, the next attempt is made
            asked_for = failure_of(error).retry_after
            pause = max(PAUSES[min(failures, len(PAUSES) - 1)], asked_for.total_seconds() if asked_for else 0.0)
            log.warning("There is no socket to Slack (%s): %s. Tried again in %.0f s.", why, _code(error), pause)
            return pause
        log.info("The socket to Slack was replaced (%s).", why)
        self._replaced(why)
        return 0.0

    def _connect(self) -> None:
        new = Connection(self._ask(), self._patience, self._take, self._ended)
        with self._changed:
            old, self._current, self._why = self._current, new, ""
            self._alive.add(new)
            is_closing = self._is_closing
            self._changed.notify_all()
        new.start()
        if is_closing:
            new.close()
        if old is not None and not old.has_ended:  # what Slack sent before it knew of the new one is still read
            leaving = Timer(self._patience.grace, old.close)
            leaving.daemon = True
            leaving.start()

    def _closes_within(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._is_closing, seconds)

    def _ended(self, connection: Connection) -> None:
        with self._changed:
            self._alive.discard(connection)
            if connection is self._current:
                self._why = self._why or "dropped"
            self._changed.notify_all()

    def _take(self, connection: Connection, text: str) -> None:
        try:
            said = json.loads(text)
        except ValueError:
            log.warning("Slack sent something over the socket that is not JSON; it is left out.")
            return
        if said.get("type") == "disconnect":
            self._leave(connection, str(said.get("reason") or "disconnect"))
            return
        request = SocketModeRequest.from_dict(said)
        if request is None:
            return
        with self._changed:
            if self._is_closing:
                self._too_late += 1
                return
            self._in_hand += 1
        self._answering.submit(self._answer, connection, request, perf_counter())

    def _leave(self, connection: Connection, reason: str) -> None:
        if reason == SWITCHED_OFF:
            log.error(
                "Socket Mode was switched off for the app, and nothing reaches the bot. Switch it on again under "
                "“Socket Mode” of the app's settings."
            )
        with self._changed:
            if connection is self._current:
                self._why = self._why or reason
            self._changed.notify_all()

    def _answer(self, connection: Connection, request: SocketModeRequest, came: float) -> None:
        try:
            with answering(request.payload, came, self._on_ack, request.envelope_id) as answer:
                answer.is_acked = self._is_acked(connection, request)
        finally:
            with self._changed:
                self._in_hand -= 1
                self._changed.notify_all()

    def _is_acked(self, connection: Connection, request: SocketModeRequest) -> bool:
        try:
            response = run_bolt_app(self._app, request)
            send_response(_Answers(self, connection), request, response, time())
        except ConnectionClosed:
            log.warning("An ack did not reach Slack: the socket broke. What was asked for is done all the same.")
            return False
        except Exception:  # the next payload is answered all the same
            log.exception("A payload could not be answered.")
            return False
        return bool(response.status == HTTPStatus.OK)  # or nothing was sent

    def send(self, connection: Connection, text: str) -> None:
        """Send over the socket that the payload came by; where that is gone, over the one after it.

        Slack's own SDK does the same. Raises ConnectionClosed.
        """
        try:
            connection.send(text)
        except ConnectionClosed:
            another = self._another_than(connection)
            if another is None:
                raise
            another.send(text)

    def _another_than(self, connection: Connection) -> Connection | None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_closing or self._current is not connection, ACK_SECONDS)
            return self._current if self._current is not connection else None


class _Answers(BaseSocketModeClient):
    """Where Bolt leaves its answer to a payload."""

    def __init__(self, socket: SocketMode, connection: Connection) -> None:
        self.logger = log
        self._socket = socket
        self._connection = connection

    def send_message(self, message: str) -> None:
        self._socket.send(self._connection, message)


def _may_pass_soon(error: Exception) -> bool:
    failure = failure_of(error)
    return failure.kind is SlackFailureKind.UNAVAILABLE and failure.retry_after is None


def _code(error: Exception) -> str:
    if isinstance(error, NotGreetedError):
        return str(error)
    return failure_of(error).code
