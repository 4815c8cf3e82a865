"""A local Slack on 127.0.0.1."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from threading import Thread, get_ident
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from deploy.sandbox.slack import answers
from deploy.sandbox.slack.clock import Clock
from deploy.sandbox.slack.delivery import Delivery
from deploy.sandbox.slack.driver import Actor, Room
from deploy.sandbox.slack.dump import dump
from deploy.sandbox.slack.faults import Faults
from deploy.sandbox.slack.gate import Gate
from deploy.sandbox.slack.requests import Requests
from deploy.sandbox.slack.routes import application
from deploy.sandbox.slack.sockets import Sockets
from deploy.sandbox.slack.state import ApiCall, State
from deploy.sandbox.slack.workspace import Workspace, default_workspace

if TYPE_CHECKING:
    from deploy.sandbox.slack.page.beside import Beside

HOST = "127.0.0.1"
PATIENCE_SECONDS = 60.0


class SlackServer:
    """Slack for tests and the demo: `with SlackServer() as slack: App(client=WebClient(base_url=slack.api_url, …))`.

    `port` 0 takes a free one. `clock` is Slack's own: moving it makes trigger ids and response_urls expire.
    `beside` is what the page shows beside Slack, if anything.
    """

    def __init__(self, workspace: Workspace | None = None, port: int = 0, clock: Clock | None = None) -> None:
        self.workspace = workspace or default_workspace()
        self.clock = clock or Clock()
        self.state = State(self.workspace, self.clock)
        self.sockets = Sockets(self.state, partial(answers.settle, self.state))
        self.requests = Requests(self.workspace.app.signing_secret, self.clock, self.sockets.finish)
        self.faults = Faults(self.state, self.sockets, self._on_loop)
        self.gate = Gate(self.state, self.faults)
        self.beside: Beside | None = None
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, name="slack", daemon=True)
        self._started: Future[None] = Future()
        self._stopping = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://{self.state.address}"

    @property
    def api_url(self) -> str:
        """What `SLACK_API_URL` and `WebClient(base_url=…)` take."""
        return f"{self.url}/api/"

    @property
    def enforce_rates(self) -> bool:
        """Whether Slack's rate limits are enforced: the tiers, and one message a second in a channel."""
        return self.gate.enforce_rates

    @enforce_rates.setter
    def enforce_rates(self, value: bool) -> None:
        self.gate.enforce_rates = value

    @property
    def free_plan(self) -> bool:
        """Whether the workspace is on the free plan, which has no user groups."""
        return self.state.free_plan

    @free_plan.setter
    def free_plan(self, value: bool) -> None:
        self.state.free_plan = value

    def give_time(self, seconds: float) -> None:
        """Wait so long for an ack, and as long for a form to be opened: for tests, on a machine that is busy."""
        self.sockets.ack_seconds = self.requests.ack_seconds = self.state.trigger_seconds = seconds

    @property
    def calls(self) -> list[ApiCall]:
        """Every Web API call so far."""
        with self.state.lock:
            return list(self.state.calls)

    @property
    def acks(self) -> list[Delivery]:
        """Every payload that was sent to the bot and has been acked or given up."""
        with self.state.lock:
            return list(self.sockets.deliveries)

    @property
    def connections(self) -> int:
        """How many Socket Mode connections are open."""
        return len(self.sockets.connections)

    def environment(self) -> dict[str, str]:
        """What points a bot here."""
        app = self.workspace.app
        return {
            "SLACK_API_URL": self.api_url,
            "SLACK_BOT_TOKEN": app.bot_token,
            "SLACK_APP_TOKEN": app.app_token,
            "SLACK_SIGNING_SECRET": app.signing_secret,
        }

    def person(self, user: str) -> Actor:
        """Errors: KeyError for an unknown id."""
        return Actor(self.state, user, self.send)

    def channel(self, channel: str) -> Room:
        return Room(self.state, channel)

    def wait_for(self, predicate: Callable[[], object], timeout: float = PATIENCE_SECONDS, what: str = "it") -> Any:  # noqa: ANN401 - what the predicate found
        """The predicate's first true answer. Looked for at once and after every change; `timeout` is in seconds.

        Errors: AssertionError with the state in words.
        """
        return self.state.wait_for(predicate, timeout, what, lambda: dump(self.state, self.sockets))

    def look_for(self, predicate: Callable[[], object], timeout: float) -> bool:
        """Whether the predicate came true in `timeout` seconds. Looked for as in `wait_for`."""
        return bool(self.state.wakeup.look_for(predicate, timeout))

    def look_again(self) -> None:
        """Make whoever waits look once more, for what is outside of Slack. Can be called from a signal handler."""
        self._loop.call_soon_threadsafe(self.state.wakeup.pulse)

    def wait_for_bot(self, timeout: float = PATIENCE_SECONDS) -> None:
        self.wait_for(lambda: self.sockets.connections, timeout, "the bot's connection")

    def send(self, delivery: Delivery, wait: bool = True) -> Delivery:  # noqa: FBT001, FBT002 - handed to the people
        """Send a payload to the bot; with `wait`, until it is acked or given up."""
        way = self.sockets if self.requests.url is None else self.requests
        self._on_loop(lambda: way.send(delivery))
        if wait:
            self.wait_for(lambda: delivery.settled, way.ack_seconds + PATIENCE_SECONDS, "the ack")
        return delivery

    def start(self) -> None:
        """Errors: OSError where the port is taken."""
        self._thread.start()
        self._started.result()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _on_loop(self, act: Callable[[], None]) -> None:
        if get_ident() == self._thread.ident:
            act()
            return
        done: Future[None] = Future()

        def run() -> None:
            try:
                act()
            except Exception as error:  # noqa: BLE001 - handed to the caller, in whose thread it is raised
                done.set_exception(error)
            else:
                done.set_result(None)

        self._loop.call_soon_threadsafe(run)
        done.result()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        runner = web.AppRunner(application(self), access_log=None, shutdown_timeout=0.1)
        try:
            await runner.setup()
            site = web.TCPSite(runner, HOST, self._port)
            await site.start()
        except OSError as error:
            await runner.cleanup()
            self._started.set_exception(error)
            return
        self.state.address = f"{HOST}:{runner.addresses[0][1]}"
        self._started.set_result(None)
        await self._stopping.wait()
        self.sockets.drop()
        await runner.cleanup()
