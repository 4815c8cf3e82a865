"""AWS's protocols: how a request says what it asks, and how answers and errors are written.

JSON (KMS, Organizations, tagging), REST with JSON (account) and the query protocol with XML (STS, IAM, EC2), as
https://smithy.io/2.0/aws/protocols/index.html describes them.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from tests.benchmarks.fake_aws.answers import Call, NoSuchOperationError, RefusedError
from tests.benchmarks.fake_aws.sts import ROLE_PREFIX, account_of

_CREDENTIAL = re.compile(rb"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")
_TARGET = re.compile(rb"(?i)x-amz-target: \w+\.(\w+)")
_PATH = re.compile(rb"[A-Z]+ /(\w+)")
_QUERY_SERVICES = frozenset({"sts", "iam", "ec2"})


@dataclass(frozen=True, slots=True)
class Response:
    """Status, content type and content."""

    status: int
    kind: bytes
    content: bytes


def read(head: bytes, body: bytes) -> Call:
    """Read a signed request. Raises ValueError for one that is none of AWS's."""
    credential = _CREDENTIAL.search(head)
    if credential is None:
        raise ValueError("the request is not signed")
    key, region, service = (part.decode() for part in credential.groups())
    if service in _QUERY_SERVICES:
        parameters: dict[str, Any] = dict(parse_qsl(body.decode()))
        operation = str(parameters.pop("Action"))
    else:
        target = _TARGET.search(head)
        parameters = json.loads(body or b"{}")
        operation = target[1].decode() if target else _operation_of_path(head)
    return Call(account_of(key), region, service, operation, parameters, key.startswith(ROLE_PREFIX))


def answered(call: Call, answer: dict[str, Any]) -> Response:
    if call.service not in _QUERY_SERVICES:
        return Response(200, _json_kind(call), json.dumps(answer).encode())
    inner = "".join(_xml(answer))
    name = call.operation
    if call.service != "ec2":
        inner = f"<{name}Result>{inner}</{name}Result>"
    return Response(200, b"text/xml", f"<{name}Response>{inner}</{name}Response>".encode())


def refused(call: Call, refusal: RefusedError) -> Response:
    if call.service not in _QUERY_SERVICES:
        content = json.dumps({"__type": refusal.code, "message": str(refusal)}).encode()
        return Response(refusal.status, _json_kind(call), content)
    error = f"<Error><Code>{refusal.code}</Code><Message>{escape(str(refusal))}</Message></Error>"
    wrapped = f"<Response><Errors>{error}</Errors></Response>" if call.service == "ec2" else f"<E>{error}</E>"
    return Response(refusal.status, b"text/xml", wrapped.encode())


def unknown(call: Call, error: NoSuchOperationError) -> Response:
    code = "InvalidAction" if call.service in _QUERY_SERVICES else "UnknownOperationException"
    return refused(call, RefusedError(code, f"There is no {error} here."))


def _operation_of_path(head: bytes) -> str:
    """The account API names its operations in the path: POST /listRegions."""
    found = _PATH.match(head)
    if found is None:
        raise ValueError("the request names no operation")
    name = found[1].decode()
    return name[0].upper() + name[1:]


def _json_kind(call: Call) -> bytes:
    return b"application/json" if call.service == "account" else b"application/x-amz-json-1.1"


def _xml(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"<{name}>{''.join(_xml(inner))}</{name}>"
    elif isinstance(value, list):
        for inner in value:
            yield f"<item>{''.join(_xml(inner))}</item>"
    else:
        yield escape(str(value))
