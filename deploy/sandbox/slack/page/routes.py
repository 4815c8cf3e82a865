"""The page's addresses: the page, its changing regions, the stream of changes, and what people do."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aiohttp import web

from deploy.sandbox.slack import acting
from deploy.sandbox.slack.errors import CannotDoThatError
from deploy.sandbox.slack.page.events import stream
from deploy.sandbox.slack.page.place import Place, place
from deploy.sandbox.slack.page.shell import page, regions
from deploy.sandbox.slack.page.unread import mark_read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deploy.sandbox.slack.page.html import Html
    from deploy.sandbox.slack.people import Person
    from deploy.sandbox.slack.server import SlackServer

STATIC = Path(__file__).parent / "static"
KINDS = {".css": "text/css", ".js": "text/javascript"}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' https: data:; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def _moment(person: Person, value: Any) -> Any:  # noqa: ANN401 - what was entered; a moment comes as {"local": …}
    """What was entered; a moment, which the browser gives in the person's own time, as seconds since 1970."""
    if not isinstance(value, dict):
        return value
    return int(datetime.fromisoformat(str(value["local"])).replace(tzinfo=ZoneInfo(person.tz)).timestamp())


def _moments(person: Person, actions: Mapping[str, Any]) -> dict[str, Any]:
    return {action: _moment(person, value) for action, value in actions.items()}


class Page:
    """`act` runs beside the event loop, since a person waits for the bot's ack."""

    def __init__(self, server: SlackServer) -> None:
        self._server = server
        self._state = server.state

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.whole),
            web.get("/page/regions", self.parts),
            web.get("/page/events", self.events),
            web.post("/page/act", self.act),
            web.get("/page/panel", self.panel),
            web.post("/page/panel/act", self.panel_act),
            web.get("/page/static/{name}", self.static),
        ]

    async def whole(self, request: web.Request) -> web.Response:
        with self._state.lock:
            where = self._place(request)
            mark_read(where)
            text = page(self._server, where)
        if where.is_home:
            await asyncio.to_thread(self._open_home, where)
        return web.Response(text=text, content_type="text/html", headers=HEADERS)

    async def parts(self, request: web.Request) -> web.Response:
        with self._state.lock:
            where = self._place(request)
            mark_read(where)
            parts: dict[str, Html] = regions(self._server, where)
        return web.json_response(parts, headers=HEADERS)

    async def static(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in {file.name for file in STATIC.iterdir()}:
            return web.Response(status=404)
        text = await asyncio.to_thread((STATIC / name).read_text, "utf-8")
        kind = KINDS[Path(name).suffix]
        return web.Response(text=text, content_type=kind, charset="utf-8", headers=HEADERS)

    async def events(self, request: web.Request) -> web.StreamResponse:
        return await stream(request, self._state, self._server.beside, HEADERS)

    async def panel(self, request: web.Request) -> web.Response:
        beside = self._server.beside
        if beside is None:
            return web.Response(status=404)
        with self._state.lock:
            reader = self._place(request).reader
        try:
            parts = await asyncio.to_thread(beside.regions, request.query, reader)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(parts, headers=HEADERS)

    async def panel_act(self, request: web.Request) -> web.Response:
        """JSON only, as for `act`."""
        beside = self._server.beside
        if beside is None or request.content_type != "application/json":
            return web.json_response({"error": "send application/json, where there is a panel"}, status=415)
        try:
            told = await asyncio.to_thread(beside.act, dict(await request.json()))
        except (TypeError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"told": told})

    async def act(self, request: web.Request) -> web.Response:
        """JSON only, which no foreign page can send here without being asked first."""
        if request.content_type != "application/json":
            return web.json_response({"error": "send application/json"}, status=415)
        try:
            body = dict(await request.json())
            await asyncio.to_thread(self._act, body)
        except (CannotDoThatError, KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"ok": True})

    def _place(self, request: web.Request) -> Place:
        query: Mapping[str, str] = request.query
        return place(self._state, query.get("person"), query.get("channel"), query.get("thread"))

    def _open_home(self, where: Place) -> None:
        try:
            self._server.person(where.reader.person.id).open_home(wait=False)
        except CannotDoThatError:
            return  # a stranger looks at an empty tab

    def _act(self, body: dict[str, Any]) -> None:
        person, where = self._server.person(str(body["person"])), str(body.get("where", ""))
        entered = {block: _moments(person.profile, actions) for block, actions in body.get("values", {}).items()}
        channel = str(body["channel"]) if body.get("channel") else None
        wanted: dict[str, Any] = {"action_id": body.get("action"), "block_id": body.get("block"), "channel": channel}
        acts: dict[str, Callable[[], object]] = {
            "click": lambda: person.click(where, **wanted),
            "choose": lambda: person.choose(where, _moment(person.profile, body["option"]), **wanted),
            "say": lambda: self._say(person.id, str(channel), str(body["text"])),
            "submit": lambda: person.submit(where, entered),
            "close": lambda: person.close(where, all_of_them=bool(body.get("all"))),
            "home": person.open_home,
            "dismiss": lambda: self._dismiss(person.id, str(channel), where),
            "unnotice": lambda: self._unnotice(int(where)),
        }
        if entered and body["act"] != "submit":
            acting.fill(self._state, person.id, where, entered)
        acts[str(body["act"])]()

    def _say(self, user: str, channel: str, text: str) -> None:
        if text.startswith("/"):
            self._server.person(user).slash(text, channel=channel)
        else:
            acting.say(self._state, user, channel, text)

    def _dismiss(self, user: str, channel: str, ts: str) -> None:
        with self._state.lock:
            message = acting.visible_message(self._state, user, ts, channel)
            if message.ephemeral_for == user:
                self._state.drop_message(channel, ts)

    def _unnotice(self, index: int) -> None:
        with self._state.change():
            self._state.notices[index] = replace(self._state.notices[index], dismissed=True)
