"""The stream that tells a browser when to ask again."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from deploy.sandbox.slack.page.beside import Beside
from deploy.sandbox.slack.state import State

BREATH_SECONDS = 0.05
RETRY_MILLISECONDS = 500
SLACK, PANEL = "message", "panel"


class News:
    """What has changed since a browser was last told; filled from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._kinds: set[str] = {SLACK, PANEL}
        self._there = asyncio.Event()
        self._there.set()

    def listener(self, kind: str) -> Callable[[], None]:
        return lambda: self._hear(kind)

    async def next(self) -> set[str]:
        await self._there.wait()
        self._there.clear()
        kinds, self._kinds = self._kinds, set()
        return kinds

    def _hear(self, kind: str) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._add, kind)

    def _add(self, kind: str) -> None:
        self._kinds.add(kind)
        self._there.set()


async def stream(
    request: web.Request, state: State, beside: Beside | None, headers: dict[str, str]
) -> web.StreamResponse:
    """A line at every change; the browser then asks for what it shows."""
    response = web.StreamResponse(headers={**headers, "Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(f"retry: {RETRY_MILLISECONDS}\nevent: run\ndata: {state.run}\n\n".encode())
    news = News()
    of_slack, of_panel = news.listener(SLACK), news.listener(PANEL)
    with state.lock:
        state.wakeup.listeners.append(of_slack)
    if beside is not None:
        beside.watch(of_panel)
    try:
        while True:
            for kind in sorted(await news.next()):
                await response.write(f"event: {kind}\ndata: {state.wakeup.version}\n\n".encode())
            await asyncio.sleep(BREATH_SECONDS)  # a burst of changes is one redraw
    except ConnectionError:
        return response  # the browser went away
    finally:
        with state.lock:
            state.wakeup.listeners.remove(of_slack)
        if beside is not None:
            beside.unwatch(of_panel)
