"""What goes over the wire: a request understood, an answer or an error in the protocol of its service."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

QUERY_SERVICES = frozenset({"sts", "iam"})
STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


class AwsError(Exception):
    """An answer of AWS that is an error; `status` is its HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One API request as it came in. `action` is the operation's name, "ListKeys"."""

    service: str
    action: str
    region: str
    access_key: str
    session_token: str
    parameters: Mapping[str, Any]

    @property
    def iam_action(self) -> str:
        return f"{self.service}:{self.action}"


def credential_scope(authorization: str) -> tuple[str, str, str]:
    """Access key, Region and service of a SigV4 `Authorization` header."""
    if "Credential=" not in authorization:
        raise AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
    scope = authorization.split("Credential=", 1)[1].split(",", 1)[0].strip()
    # An access key may hold no slash; the scope's other parts are fixed.
    access_key, _, region, service, _ = scope.split("/")
    return access_key, region, service


def parse(headers: Mapping[str, str], path: str, body: bytes) -> Request:
    """`headers` with names in lower case."""
    access_key, region, service = credential_scope(headers.get("authorization", ""))
    if target := headers.get("x-amz-target"):
        action, parameters = target.rsplit(".", 1)[1], json.loads(body or b"{}")
    elif service in QUERY_SERVICES:
        parameters = dict(parse_qsl(body.decode(), keep_blank_values=True))
        action = parameters.pop("Action", "")
    else:
        name = path.strip("/")
        action, parameters = name[:1].upper() + name[1:], _json_or_nothing(headers, body)
    return Request(service, action, region, access_key, headers.get("x-amz-security-token", ""), parameters)


def _json_or_nothing(headers: Mapping[str, str], body: bytes) -> Mapping[str, Any]:
    return json.loads(body) if body and "json" in headers.get("content-type", "application/json") else {}


def query_list(parameters: Mapping[str, Any], name: str) -> list[dict[str, str]]:
    """The structures of a query-protocol list, `Tags.member.1.Key=…`, in order."""
    found: dict[int, dict[str, str]] = {}
    for parameter, value in parameters.items():
        if parameter.startswith(f"{name}.member."):
            index, _, field = parameter.removeprefix(f"{name}.member.").partition(".")
            found.setdefault(int(index), {})[field] = value
    return [found[index] for index in sorted(found)]


def query_values(parameters: Mapping[str, Any], name: str) -> list[str]:
    """The values of a query-protocol list, `ActionNames.member.1=…`, in order."""
    places = sorted(
        (int(rest), value)
        for parameter, value in parameters.items()
        if (rest := parameter.removeprefix(f"{name}.member.")).isdigit()
    )
    return [str(value) for _, value in places]


def success(request: Request, result: Mapping[str, Any], request_id: str) -> tuple[int, dict[str, str], bytes]:
    headers = {"x-amzn-RequestId": request_id}
    if request.service in QUERY_SERVICES:
        inner = f"<{request.action}Result>{_xml(result)}</{request.action}Result>"
        document = (
            f'<{request.action}Response xmlns="{STS_NAMESPACE}">{inner}'
            f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{request.action}Response>"
        )
        return 200, headers | {"Content-Type": "text/xml"}, document.encode()
    content_type = "application/json" if request.service == "account" else "application/x-amz-json-1.1"
    return 200, headers | {"Content-Type": content_type}, json.dumps(result, default=_json_time).encode()


def failure(service: str, error: AwsError, request_id: str) -> tuple[int, dict[str, str], bytes]:
    headers = {"x-amzn-RequestId": request_id}
    if service in QUERY_SERVICES:
        kind = "Sender" if error.status < 500 else "Receiver"  # noqa: PLR2004 - where HTTP's server errors begin
        document = (
            f'<ErrorResponse xmlns="{STS_NAMESPACE}"><Error><Type>{kind}</Type><Code>{error.code}</Code>'
            f"<Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return error.status, headers | {"Content-Type": "text/xml"}, document.encode()
    if service == "s3":
        document = f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>"
        return error.status, headers | {"Content-Type": "application/xml"}, document.encode()
    body = json.dumps({"__type": error.code, "message": error.message}).encode()
    return error.status, headers | {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": error.code}, body


def _xml(value: object) -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{_xml(inner)}</{name}>" for name, inner in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_xml(each)}</member>" for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return escape(str(value))


def _json_time(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"not a value of AWS JSON: {value!r}")
