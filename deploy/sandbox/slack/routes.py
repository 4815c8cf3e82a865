"""Every address of the server."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import web

from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.page.routes import Page
from deploy.sandbox.slack.pictures import image_type
from deploy.sandbox.slack.response_urls import respond

if TYPE_CHECKING:
    from deploy.sandbox.slack.server import SlackServer

MOST_BYTES = 50 * 1024 * 1024


def application(server: SlackServer) -> web.Application:
    app = web.Application(client_max_size=MOST_BYTES)
    outside = Outside(server)
    app.router.add_route("*", "/api/{method}", server.gate.handle)
    app.router.add_get("/link/", server.sockets.accept)
    app.router.add_post("/response/{token}", outside.response_url)
    app.router.add_route("*", "/upload/{file}", outside.upload)
    app.router.add_get("/files/{file}/{name}", outside.download)
    app.router.add_get("/sandbox/faults", outside.faults)
    app.router.add_post("/sandbox/faults", outside.pull_lever)
    app.router.add_routes(Page(server).routes())
    return app


class Outside:
    """The addresses beside the Web API: response_url, uploads, and the levers."""

    def __init__(self, server: SlackServer) -> None:
        self._server = server
        self._state = server.state

    async def response_url(self, request: web.Request) -> web.Response:
        if self._server.faults.is_down:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=503)
        try:
            body = dict(json.loads(await request.text()))
            respond(self._state, request.match_info["token"], body)
        except (TypeError, ValueError):
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        except SlackError as error:
            status = 404 if error.code in {"expired_url", "used_url"} else 400
            return web.json_response(error.answer(), status=status)
        return web.Response(text="ok")

    async def upload(self, request: web.Request) -> web.Response:
        file = self._state.files.get(request.match_info["file"])
        if file is None:
            return web.Response(status=404)
        content = await _uploaded_bytes(request)
        if len(content) != file.length:
            return web.Response(status=400, text=f"expected {file.length} bytes and got {len(content)}")
        with self._state.change():
            self._state.files[file.id] = replace(file, content=content)
        return web.Response(text=f"OK - {len(content)}")

    async def download(self, request: web.Request) -> web.Response:
        file = self._state.files.get(request.match_info["file"])
        if file is None or file.content is None:
            return web.Response(status=404)
        picture = image_type(file.content)
        shown = "inline" if picture else "attachment"
        headers = {"Content-Disposition": shown, "X-Content-Type-Options": "nosniff"}
        return web.Response(body=file.content, content_type=picture or "application/octet-stream", headers=headers)

    async def faults(self, _request: web.Request) -> web.Response:
        return web.json_response(self._server.faults.as_json())

    async def pull_lever(self, request: web.Request) -> web.Response:
        """`{"lever": "down", "is_down": true}`. JSON only, which no foreign page can send here."""
        if request.content_type != "application/json":
            return web.json_response({"error": "send application/json"}, status=415)
        try:
            arguments = dict(await request.json())
            self._server.faults.apply(str(arguments.pop("lever", "")), arguments)
        except (TypeError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(self._server.faults.as_json())


async def _uploaded_bytes(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    for part in (await request.post()).values():
        if isinstance(part, web.FileField):
            return part.file.read()
    return b""
