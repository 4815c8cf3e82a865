"""The WSGI application in front of moto.

Every request is understood, tried by the faults, authorized, answered by a correction or by moto, and recorded.
"""

import io
import json
import socket
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from deploy.sandbox.aws.authorization import authorize
from deploy.sandbox.aws.call import Call, Emulation
from deploy.sandbox.aws.calls import Calls, RecordedCall
from deploy.sandbox.aws.control import Control
from deploy.sandbox.aws.corrections import CORRECTED
from deploy.sandbox.aws.identity import Principal
from deploy.sandbox.aws.keys import find
from deploy.sandbox.aws.watchers import Watchers
from deploy.sandbox.aws.wire import AwsError, Request, failure, parse, success

Environ = dict[str, Any]
Answer = tuple[int, Mapping[str, str], bytes]
OURS = frozenset({"content-length", "x-amzn-requestid"})
THROTTLED = {
    "kms": "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
    "sts": "Rate exceeded",
}

# The errors of KMS that are no fault of the caller, with their HTTP status.
SERVER_ERRORS = {"DependencyTimeoutException": 503, "KMSInternalException": 500, "KeyUnavailableException": 500}


class Gate:
    """`watchers` are told of each request once it is answered and recorded."""

    def __init__(self, emulation: Emulation, calls: Calls, watchers: Watchers) -> None:
        self._emulation = emulation
        self._calls = calls
        self._watchers = watchers
        self._control = Control(emulation.faults, calls)
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        if environ["PATH_INFO"].startswith("/sandbox/"):
            answer: Answer | None = self._control.answer(environ, body)
        else:
            answer = self._answer(environ, body)
        self._watchers.tell()
        if answer is None:
            return _hang_up(environ)
        status, headers, content = answer
        start_response(
            f"{status} {HTTPStatus(status).phrase}", [*headers.items(), ("Content-Length", str(len(content)))]
        )
        return [content]

    def _answer(self, environ: Environ, body: bytes) -> Answer | None:
        request_id, request, caller = str(uuid4()), None, None
        error: str | None = None
        try:
            request = parse(_headers(environ), environ["PATH_INFO"], body)
            caller = self._emulation.identities.caller(request)
            call = Call(request, caller, self._emulation, datetime.now(UTC))
            answer, error = self._admitted(call, environ, request_id)
        except AwsError as refused:
            error = refused.code
            answer = failure(request.service if request else "", refused, request_id)
        if request is not None:
            self._record(request, caller, error, request_id)
        return answer

    def _admitted(self, call: Call, environ: Environ, request_id: str) -> tuple[Answer | None, str | None]:
        """The answer, None where the line goes dead, and the error code in it."""
        if self._struck("close_before", call):
            return None, "ConnectionClosed"
        self._trouble(call)
        authorize(call)
        operation = CORRECTED.get(call.request.iam_action)
        if operation is None:
            answer, error = self._from_moto(call, environ, request_id)
        else:
            answer, error = success(call.request, operation(call), request_id), None
        if self._struck("close_after", call):
            return None, "ConnectionClosed"
        return answer, error

    def _trouble(self, call: Call) -> None:
        service = call.request.service
        if delay := self._struck("slow", call):
            delay.over.wait(delay.seconds)
        if self._struck("throttle", call):
            code = {"kms": "ThrottlingException", "sts": "Throttling"}.get(service, "TooManyRequestsException")
            raise AwsError(code, THROTTLED.get(service, "Too many requests"), 429 if service == "account" else 400)
        if refused := self._struck("refuse", call):
            raise AwsError(refused.code, "The request was refused on purpose.", SERVER_ERRORS.get(refused.code, 400))
        if self._struck("server_error", call):
            code = "KMSInternalException" if service == "kms" else "InternalFailure"
            raise AwsError(code, "The request processing has failed because of an unknown error.", 500)
        regions = self._emulation.world.regions.get(call.account, {})
        if service == "kms" and regions.get(call.region) == "DISABLED":
            raise AwsError("UnrecognizedClientException", "The security token included in the request is invalid.")

    def _struck(self, kind: str, call: Call) -> Any:  # noqa: ANN401 - a Fault or None
        return self._emulation.faults.struck(kind, call.account, call.region, call.request.iam_action)

    def _from_moto(self, call: Call, environ: Environ, request_id: str) -> tuple[Answer, str | None]:
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = call.account
        seen: list[tuple[str, list[tuple[str, str]]]] = []
        content = b"".join(self._moto(environ, lambda status, headers, *_: seen.append((status, headers))))
        status, moto_headers = int(seen[0][0].split()[0]), dict(seen[0][1])
        headers = {name: value for name, value in moto_headers.items() if name.lower() not in OURS}
        error = None if status < 400 else _moto_error(content)  # noqa: PLR2004 - where HTTP's errors begin
        return (status, headers | {"x-amzn-RequestId": request_id}, content), error

    def _record(self, request: Request, caller: Principal | None, error: str | None, request_id: str) -> None:
        parameters = {name: value for name, value in request.parameters.items() if name != "ExternalId"}
        self._calls.add(
            RecordedCall(
                time=datetime.now(UTC),
                account=caller.account if caller else "",
                region=request.region,
                service=request.service,
                action=request.action,
                principal=caller.arn if caller else request.access_key,
                session_name=caller.session_name if caller else None,
                source_identity=caller.source_identity if caller else None,
                session_tags=caller.tags if caller else {},
                key=_key_arn(request, caller),
                parameters=parameters,
                error=error,
                request_id=request_id,
            )
        )


def _key_arn(request: Request, caller: Principal | None) -> str | None:
    identifier = request.parameters.get("KeyId")
    if request.service != "kms" or not isinstance(identifier, str) or caller is None:
        return None
    try:
        return str(find(identifier, caller.account, request.region, aliases=True).arn)
    except AwsError:
        return identifier


def _moto_error(content: bytes) -> str:
    with suppress(ValueError):
        return str(json.loads(content).get("__type", "Unknown")).rpartition("#")[2]
    return content.partition(b"<Code>")[2].partition(b"</Code>")[0].decode() or "Unknown"


def _headers(environ: Environ) -> dict[str, str]:
    named = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    return named | {"content-type": environ.get("CONTENT_TYPE", "")}


def _hang_up(environ: Environ) -> Iterable[bytes]:
    """Cut the connection as a crashed peer does."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("the connection was closed on purpose")
