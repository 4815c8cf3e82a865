"""The pages for those who watch the bot: a WSGI application, the same whichever server it stands in.

`/healthz`: is the process to be started anew? `/readyz`: does it do its work? `/metrics`: figures for Prometheus.
A part can be left out of the second, `/readyz?exclude=scan`, as Kubernetes does it:
https://kubernetes.io/docs/reference/using-api/health-checks/
"""

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from prometheus_client import CollectorRegistry, make_wsgi_app

from bot.models.watch import Part, Readiness

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PATHS = ("/healthz", "/readyz", "/metrics")

_METHODS = ("GET", "HEAD")
_JSON = "application/json; charset=utf-8"


class Pages:
    """The three pages. Each is found out when it is asked for."""

    def __init__(
        self, alive: Callable[[], Part], readiness: Callable[[], Readiness], registry: CollectorRegistry
    ) -> None:
        self._alive = alive
        self._readiness = readiness
        self._metrics: WSGIApplication = make_wsgi_app(registry)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        if path not in PATHS:
            return _answer(start_response, method, HTTPStatus.NOT_FOUND, {"error": f"There are {', '.join(PATHS)}."})
        if method not in _METHODS:
            allow = ", ".join(_METHODS)
            return _answer(start_response, method, HTTPStatus.METHOD_NOT_ALLOWED, {"error": f"Use {allow}."}, allow)
        if path == "/metrics":
            body = list(self._metrics({**environ, "REQUEST_METHOD": "GET"}, start_response))
            return [] if method == "HEAD" else body
        if path == "/healthz":
            part = self._alive()
            return _answer(start_response, method, _status(part.is_well), {"alive": part.is_well, "says": part.says})
        excluded = parse_qs(environ.get("QUERY_STRING", "")).get("exclude", [])
        readiness = self._readiness().without(excluded)
        return _answer(start_response, method, _status(readiness.is_ready), _told(readiness))


def _told(readiness: Readiness) -> dict[str, object]:
    parts = {part.name: {"ok": part.is_well, "says": part.says} for part in readiness.parts}
    return {"ready": readiness.is_ready, "parts": parts}


def _status(is_well: bool) -> HTTPStatus:  # noqa: FBT001 - it is the whole question
    return HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE


def _answer(
    start_response: "StartResponse", method: str, status: HTTPStatus, content: dict[str, object], allow: str = ""
) -> list[bytes]:
    body = json.dumps(content, ensure_ascii=False).encode() + b"\n"
    headers = [("Content-Type", _JSON), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    start_response(f"{status.value} {status.phrase}", [*headers, ("Allow", allow)] if allow else headers)
    return [] if method == "HEAD" else [body]
