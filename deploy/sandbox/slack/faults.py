"""Levers that break things on purpose."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from deploy.sandbox.slack.sockets import Sockets
from deploy.sandbox.slack.state import State


@dataclass
class Fault:
    """What the next `times` calls of a method (a shell wildcard) get instead of an answer."""

    method: str
    times: int
    status: int = 200
    error: str | None = None
    retry_after: int | None = None
    close: bool = False
    after_the_change: bool = False
    seconds: float = 0.0


class Faults:
    """`on_loop` runs what belongs to the server's event loop there, and waits for it."""

    def __init__(self, state: State, sockets: Sockets, on_loop: Callable[[Callable[[], None]], None]) -> None:
        self._state = state
        self._sockets = sockets
        self._on_loop = on_loop
        self._faults: list[Fault] = []
        self.is_down = False

    def fail_next(self, method: str = "*", times: int = 1, status: int = 500) -> None:
        """Answer with this HTTP status and no JSON."""
        self._add(Fault(method, times, status=status))

    def rate_limit_next(self, method: str = "*", times: int = 1, retry_after: int = 1) -> None:
        """Answer 429 `ratelimited`; `retry_after` is in seconds."""
        self._add(Fault(method, times, status=429, error="ratelimited", retry_after=retry_after))

    def error_next(self, method: str, error: str, times: int = 1) -> None:
        """Answer `{"ok": false, "error": …}`."""
        self._add(Fault(method, times, error=error))

    def close_next(self, method: str = "*", times: int = 1, *, after_the_change: bool = False) -> None:
        """Close the connection without an answer, before anything happened or after all of it has."""
        self._add(Fault(method, times, close=True, after_the_change=after_the_change))

    def hang_next(self, method: str = "*", times: int = 1, seconds: float = 60.0) -> None:
        """Answer with HTTP 500, and not before so many seconds."""
        self._add(Fault(method, times, status=500, seconds=seconds))

    def revoke(self, is_revoked: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as `revoke(False)`
        """The app was removed from the workspace: its tokens are good for nothing, and its sockets break."""
        with self._state.change():
            self._state.is_revoked = is_revoked
        if is_revoked:
            self.drop_sockets()

    def slow_files(self, seconds: float) -> None:
        """Let Slack take so long to look through what is uploaded from now on."""
        with self._state.change():
            self._state.file_seconds = seconds

    def drop_sockets(self) -> None:
        """Break every Socket Mode connection."""
        self._on_loop(self._sockets.drop)

    def go_silent(self) -> None:
        """Leave the present connections open and say nothing more on them."""
        self._on_loop(self._sockets.go_silent)

    def request_refresh(self) -> None:
        """Ask every client to reconnect."""
        self.disconnect("refresh_requested")

    def disconnect(self, reason: str, seconds: float = 0.0) -> None:
        """Ask every client to reconnect, for a reason such as `warning`, and close so much later."""
        self._on_loop(lambda: self._sockets.disconnect(reason, seconds))

    def refuse_connections(self, times: int) -> None:
        """Refuse the next so many WebSockets."""
        with self._state.change():
            self._sockets.refusals = times

    def down(self, is_down: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as `down(True)`
        """Slack is gone: every call's connection is closed, and every socket with it."""
        with self._state.change():
            self.is_down = is_down
        if is_down:
            self.drop_sockets()

    def clear(self) -> None:
        with self._state.change():
            self._faults.clear()
            self._state.file_seconds = 0.0
            self._state.is_revoked = False
            self.is_down = False
            self._sockets.refusals = 0

    def strike(self, method: str) -> Fault | None:
        """The fault that hits this call, counted."""
        with self._state.lock:
            for fault in self._faults:
                if fault.times > 0 and fnmatchcase(method, fault.method):
                    fault.times -= 1
                    return fault
        return None

    def apply(self, lever: str, arguments: Mapping[str, Any]) -> None:
        """A lever by its name, for HTTP. Errors: ValueError for an unknown one, TypeError for wrong arguments."""
        if lever not in LEVERS:
            raise ValueError(f"no such lever: {lever!r}; there are {', '.join(LEVERS)}")
        getattr(self, lever)(**arguments)

    def as_json(self) -> dict[str, Any]:
        with self._state.lock:
            waiting = [asdict(fault) for fault in self._faults if fault.times > 0]
            return {"down": self.is_down, "refusals": self._sockets.refusals, "faults": waiting}

    def _add(self, fault: Fault) -> None:
        with self._state.change():
            self._faults.append(fault)


LEVERS = (
    "fail_next", "rate_limit_next", "error_next", "close_next", "hang_next", "drop_sockets", "go_silent",
    "request_refresh", "disconnect", "refuse_connections", "slow_files", "revoke",
    "down", "clear",
)  # fmt: skip
