"""Who calls: the sandbox's own credentials, and the sessions that AssumeRole gave out."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from deploy.sandbox.aws.wire import AwsError, Request

STS_CODES = {"ExpiredTokenException": "ExpiredToken", "UnrecognizedClientException": "InvalidClientTokenId"}


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller. `role` is set for a session of an assumed role, `policies` for a user; neither means administrator."""

    account: str
    arn: str
    access_key: str
    secret_key: str
    policies: tuple[Mapping[str, Any], ...] | None = None
    token: str = ""
    role: str | None = None
    session_name: str | None = None
    session_policy: Mapping[str, Any] | None = None
    source_identity: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    expires: datetime | None = None


class Identities:
    """Which access key belongs to whom."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_access_key: dict[str, Principal] = {}

    def add(self, principal: Principal) -> Principal:
        with self._lock:
            self._by_access_key[principal.access_key] = principal
        return principal

    def caller(self, request: Request) -> Principal:
        """Errors: an unknown access key, a token that is not its own, a session that is over."""
        with self._lock:
            principal = self._by_access_key.get(request.access_key)
        if principal is None or principal.token != request.session_token:
            raise invalid_token(request.service)
        if principal.expires is not None and principal.expires <= datetime.now(UTC):
            raise _token_error(
                request.service, "ExpiredTokenException", "The security token included in the request is expired"
            )
        return principal

    def expire_sessions(self) -> None:
        """End every session now."""
        now = datetime.now(UTC)
        with self._lock:
            for access_key, principal in self._by_access_key.items():
                if principal.token:
                    self._by_access_key[access_key] = _ended(principal, now)


def _ended(principal: Principal, at: datetime) -> Principal:
    values = {name: getattr(principal, name) for name in Principal.__slots__}
    return Principal(**(values | {"expires": at}))


def invalid_token(service: str) -> AwsError:
    return _token_error(
        service, "UnrecognizedClientException", "The security token included in the request is invalid."
    )


def _token_error(service: str, code: str, message: str) -> AwsError:
    if service == "sts":
        return AwsError(STS_CODES[code], message, 403)
    return AwsError(code, message)


def new_session_keys() -> tuple[str, str, str]:
    """Access key id, secret and session token in the shapes that AWS gives them."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    access_key = "ASIA" + "".join(secrets.choice(alphabet) for _ in range(16))
    return access_key, secrets.token_urlsafe(30), "IQoJb3JpZ2luX2VjE" + secrets.token_urlsafe(120)
