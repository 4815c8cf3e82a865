"""The door of the Web API: tokens, scopes, rates, faults, and the record of every call."""

import asyncio
import json
from typing import Any

from aiohttp import web

from deploy.sandbox.slack.api import METHODS, Method
from deploy.sandbox.slack.api.arguments import require_scope
from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.faults import Fault, Faults
from deploy.sandbox.slack.rates import Rates
from deploy.sandbox.slack.state import ApiCall, State
from deploy.sandbox.slack.things import Json

HIDDEN = {"token"}


class Gate:
    def __init__(self, state: State, faults: Faults) -> None:
        self._state = state
        self._faults = faults
        self._rates = Rates(state.clock)
        self.enforce_rates = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        try:
            args = await _arguments(request)
        except SlackError as error:
            return web.json_response(error.answer())
        fault = None if self._faults.is_down else self._faults.strike(name)
        closes_first = fault is not None and fault.close and not fault.after_the_change
        if self._faults.is_down or closes_first:
            return self._hang_up(request, name, args)
        if fault is not None and not fault.close:
            await asyncio.sleep(fault.seconds)
            return self._fail(fault, name, args)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or str(args.get("token") or "")
        response = self._answer(name, args, token)
        if fault is not None and request.transport is not None:
            request.transport.abort()
        return response

    def _answer(self, name: str, args: Json, token: str) -> web.Response:
        with self._state.change():
            wait = 0
            try:
                method = _method(name)
                if name != "api.test":
                    self._admit(method, token)
                wait = self._rates.seconds_to_wait(name, method, args) if self.enforce_rates else 0
                body = {"ok": False, "error": "ratelimited"} if wait else self._call(method, args)
            except SlackError as error:
                body = error.answer()
            status = 429 if wait else 200
            self._record(name, args, body, status)
        headers = {"X-OAuth-Scopes": ",".join(sorted(self._granted(token)))}
        if wait:
            headers["Retry-After"] = str(wait)
        return web.json_response(body, status=status, headers=headers)

    def _call(self, method: Method, args: Json) -> Json:
        return {"ok": True, **method.answer(self._state, args)}

    def _admit(self, method: Method, token: str) -> None:
        """Errors: `not_authed`, `invalid_auth`, `token_revoked`, `not_allowed_token_type`, `missing_scope`."""
        app = self._state.workspace.app
        if not token:
            raise SlackError("not_authed")
        if token not in (app.bot_token, app.app_token, app.config_token):
            raise SlackError("invalid_auth")
        if self._state.is_revoked:
            raise SlackError("token_revoked")
        if (token == app.app_token, token == app.config_token) != (method.app_token, method.config_token):
            raise SlackError("not_allowed_token_type")
        if method.app_token:
            if method.scope not in app.app_scopes:
                raise SlackError("missing_scope", needed=method.scope, provided=",".join(sorted(app.app_scopes)))
        elif method.scope:
            require_scope(self._state, method.scope)

    def _granted(self, token: str) -> frozenset[str]:
        app = self._state.workspace.app
        return {app.bot_token: app.scopes, app.app_token: app.app_scopes}.get(token, frozenset())

    def _fail(self, fault: Fault, name: str, args: Json) -> web.Response:
        body: Json = {"ok": False, "error": fault.error} if fault.error else {}
        headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else {}
        with self._state.change():
            self._record(name, args, body, fault.status)
        if fault.error:
            return web.json_response(body, status=fault.status, headers=headers)
        return web.Response(text="upstream connect error", status=fault.status, headers=headers)

    def _hang_up(self, request: web.Request, name: str, args: Json) -> web.Response:
        with self._state.change():
            self._record(name, args, {}, 0)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)

    def _record(self, name: str, args: Json, body: Json, status: int) -> None:
        shown = {key: value for key, value in args.items() if key not in HIDDEN}
        self._state.calls.append(ApiCall(name, shown, body, status, self._state.clock.now()))


def _method(name: str) -> Method:
    if name not in METHODS:
        raise SlackError("unknown_method", req_method=name)
    return METHODS[name]


async def _arguments(request: web.Request) -> Json:
    """A form, a query or JSON, and the JSON that a form carries in `blocks` and `view`. Errors: `invalid_json`."""
    args: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        return args | body
    args |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    for key in ("blocks", "view", "metadata", "files"):
        if isinstance(args.get(key), str):
            args[key] = _lenient_json(args[key])
    return args


def _lenient_json(value: str) -> Any:  # noqa: ANN401 - JSON
    """What is no JSON stays a string: the method itself says what is wrong with it."""
    try:
        return json.loads(value)
    except ValueError:
        return value
