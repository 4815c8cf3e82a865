"""The session in one account's role: had once, shared by all Regions and threads, renewed in good time."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError

from bot.aws.failures import AWS_ERRORS, AssumeRoleError, AwsError

REFUSAL_SECONDS = 60.0
"""So long what kept us from a role is remembered, in place of asking again for each of the account's keys."""

RENEWED_AFTER = 3 / 4
"""A session is renewed after this part of its time: one of an hour a quarter of an hour before it ends."""


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """What AssumeRole gives out."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Session:
    """Keys, when they want renewing and when they end, in seconds since the epoch."""

    keys: ReadOnlyCredentials = field(repr=False)
    renew_at: float
    ends_at: float


class RoleSession:
    """Hands out keys that are good now; many threads that find them due renew them once.

    While the old keys are good nobody waits for new ones, and new ones that cannot be had do no harm.
    """

    __slots__ = ("_ask_again_at", "_assume", "_clock", "_doubt_again_at", "_hindrance", "_lock", "_session")

    def __init__(self, assume: Callable[[], SessionKeys], clock: Callable[[], float] = time.time) -> None:
        self._assume = assume
        self._clock = clock
        self._lock = Lock()
        self._session: _Session | None = None
        self._hindrance: AwsError | None = None
        self._ask_again_at = self._doubt_again_at = 0.0

    def keys(self) -> ReadOnlyCredentials:
        """Raises AssumeRoleError."""
        session, now = self._session, self._clock()
        if session is not None and now < session.renew_at:
            return session.keys
        may_wait = session is None or now >= session.ends_at
        if self._lock.acquire(blocking=may_wait):
            try:
                return self._renewed()
            finally:
                self._lock.release()
        assert session is not None  # noqa: S101 - for the type checker: only then nobody waits
        return session.keys

    def forget_hindrance(self) -> None:
        """Ask anew where a session is wanted: the role may be there by now."""
        self._ask_again_at = 0.0

    def doubt(self, access_key: str) -> bool:
        """Look into AWS's refusal to know this key: True where the same call may succeed, or fail with a better reason.

        A new session is had in place of one that was ended early or whose role is gone. Where AWS refuses that as
        well, the reason lies elsewhere, and it is not asked for a third one for a while.
        """
        with self._lock:
            now = self._clock()
            if self._session is None or self._session.keys.access_key != access_key:
                return True
            if now < self._doubt_again_at:
                return False
            self._doubt_again_at = now + REFUSAL_SECONDS
            self._session = None
            self._ask(now)
            return True

    def _renewed(self) -> ReadOnlyCredentials:
        now = self._clock()
        if (self._session is None or now >= self._session.renew_at) and now >= self._ask_again_at:
            self._ask(now)
        if self._session is None or now >= self._session.ends_at:
            raise AssumeRoleError(self._hindrance or NoCredentialsError())
        return self._session.keys

    def _ask(self, now: float) -> None:
        try:
            given = self._assume()
        except AWS_ERRORS as error:
            self._hindrance = error.with_traceback(None)  # its frames would be kept as long
            self._ask_again_at = now + REFUSAL_SECONDS
            return
        ends_at = given.expires_at.timestamp()
        keys = ReadOnlyCredentials(given.access_key, given.secret_key, given.token)
        self._session = _Session(keys, now + (ends_at - now) * RENEWED_AFTER, ends_at)
