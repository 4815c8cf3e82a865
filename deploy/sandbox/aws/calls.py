"""Every API call that was made, as CloudTrail would tell it."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any

KEPT = 200_000


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call. `account` is the caller's; `error` is AWS's code, None for success, "ConnectionClosed" if cut off."""

    time: datetime
    account: str
    region: str
    service: str
    action: str
    principal: str
    session_name: str | None
    source_identity: str | None
    session_tags: Mapping[str, str]
    key: str | None
    parameters: Mapping[str, Any]
    error: str | None
    request_id: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"time": self.time.astimezone(UTC).isoformat()}


class Calls:
    """The calls in the order they were answered; the oldest are forgotten past `KEPT`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: deque[RecordedCall] = deque(maxlen=KEPT)

    def add(self, call: RecordedCall) -> None:
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()

    def all(self) -> list[RecordedCall]:
        with self._lock:
            return list(self._calls)

    def named(self, action: str) -> list[RecordedCall]:
        """The calls of one operation, "EnableKeyRotation"."""
        return [call for call in self.all() if call.action == action]

    def __iter__(self) -> Iterator[RecordedCall]:
        return iter(self.all())

    def __len__(self) -> int:
        with self._lock:
            return len(self._calls)
