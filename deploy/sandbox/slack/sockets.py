"""Socket Mode: the connections of the bot, what is sent over them, and the acks that come back.

Source: docs.slack.dev/apis/events-api/using-socket-mode. Everything here runs on the server's event loop.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from aiohttp import WSMsgType, web

from deploy.sandbox.slack.delivery import Delivery, Outcome
from deploy.sandbox.slack.state import State

MOST_CONNECTIONS = 10
PING_SECONDS = 10.0
ACK_SECONDS = 3.0


@dataclass(eq=False)
class Connection:
    id: str
    socket: web.WebSocketResponse
    request: web.Request
    silent: bool = False
    pings: int = 0
    sent: list[str] = field(default_factory=list)

    def abort(self) -> None:
        """Close as a broken network does: without a word."""
        if self.request.transport is not None:
            self.request.transport.abort()


class Sockets:
    """`settle` is told of each delivery once it is acked, late or lost."""

    def __init__(self, state: State, settle: Callable[[Delivery], None]) -> None:
        self.connections: list[Connection] = []
        self.deliveries: list[Delivery] = []
        self.ack_seconds = ACK_SECONDS
        self.refusals = 0
        self._state = state
        self._settle = settle
        self._unanswered: dict[str, Delivery] = {}
        self._late: dict[str, Delivery] = {}
        self._turn = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """The WebSocket behind the address that `apps.connections.open` gave, good for one connection."""
        ticket = request.query.get("ticket", "")
        with self._state.lock:
            if self.refusals > 0:
                self.refusals -= 1
                return web.Response(status=503, text="refused")
            if ticket not in self._state.tickets:
                return web.Response(status=404, text="no such ticket")
            self._state.tickets.remove(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        if len(self.connections) >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        await self._serve(Connection(self._state.new_id("link"), socket, request))
        return socket

    def send(self, delivery: Delivery) -> None:
        """Send to any one connection that is open."""
        if not self.connections:
            self.finish(delivery, Outcome.NOBODY_THERE)
            return
        self._turn += 1
        connection = self.connections[self._turn % len(self.connections)]
        delivery.connection = connection.id
        delivery.sent_at = monotonic()
        connection.sent.append(delivery.envelope_id)
        self._unanswered[delivery.envelope_id] = delivery
        loop = asyncio.get_running_loop()
        loop.call_later(self.ack_seconds, self._give_up, delivery)
        if not connection.silent:
            self._keep(loop.create_task(_send(connection, delivery.envelope())))

    def disconnect(self, reason: str, seconds: float) -> None:
        """Ask every client to reconnect, as Slack does every few hours, and close what is left of it so much later."""
        for connection in tuple(self.connections):
            message = {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
            self._keep(asyncio.get_running_loop().create_task(_send_and_close(connection, message, seconds)))

    def drop(self) -> None:
        for connection in tuple(self.connections):
            connection.abort()

    def go_silent(self) -> None:
        for connection in self.connections:
            connection.silent = True

    async def _serve(self, connection: Connection) -> None:
        await connection.socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self.connections) + 1,
                "connection_info": {"app_id": self._state.workspace.app.id},
                "debug_info": {"host": "sandbox", "approximate_connection_time": 18060},
            }
        )
        with self._state.change():
            self.connections.append(connection)
        pinger = asyncio.get_running_loop().create_task(_ping(connection))
        try:
            async for frame in connection.socket:
                if frame.type is WSMsgType.PING and not connection.silent:
                    await connection.socket.pong(frame.data)
                elif frame.type is WSMsgType.PONG:
                    connection.pings += 1
                elif frame.type is WSMsgType.TEXT and not connection.silent:
                    self._receive(frame.data)
        finally:
            pinger.cancel()
            with self._state.change():
                self.connections.remove(connection)

    def _keep(self, task: asyncio.Task[None]) -> None:
        """The loop itself holds no task; one that nobody holds may be collected before it is done."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _receive(self, text: str) -> None:
        try:
            ack: Any = json.loads(text)
        except ValueError:
            return  # Slack ignores what it cannot read
        if not isinstance(ack, dict) or not isinstance(ack.get("envelope_id"), str):
            return
        late = self._late.pop(ack["envelope_id"], None)
        if late is not None:
            late.late_seconds = monotonic() - late.sent_at
        delivery = self._unanswered.get(ack["envelope_id"])
        if delivery is not None:
            delivery.seconds = monotonic() - delivery.sent_at
            delivery.answer = ack.get("payload") or None
            self.finish(delivery, Outcome.ACKED)

    def _give_up(self, delivery: Delivery) -> None:
        if not delivery.settled:
            self._late[delivery.envelope_id] = delivery
            self.finish(delivery, Outcome.TIMED_OUT)

    def finish(self, delivery: Delivery, outcome: Outcome) -> None:
        """Note what became of a delivery, and tell the person."""
        with self._state.change():
            self._unanswered.pop(delivery.envelope_id, None)
            delivery.outcome = outcome
            self.deliveries.append(delivery)
            self._settle(delivery)


async def _send(connection: Connection, message: object) -> None:
    try:
        await connection.socket.send_json(message)
    except ConnectionError:
        connection.abort()  # the ack never comes, and the person is told so after 3 s


async def _send_and_close(connection: Connection, message: object, seconds: float) -> None:
    await _send(connection, message)
    await asyncio.sleep(seconds)
    await connection.socket.close()


async def _ping(connection: Connection) -> None:
    while not connection.socket.closed:
        await asyncio.sleep(PING_SECONDS)
        if not connection.silent:
            try:
                await connection.socket.ping(b"Ping from sandbox")
            except ConnectionError:
                return
