"""Counts what AWS answers, every attempt of every client that a botocore session makes."""

from collections import Counter
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from botocore.session import Session

from bot.aws.failures import is_throttling
from bot.models.watch import AwsAnswer

OnAnswer = Callable[[AwsAnswer], None]

_CLIENT_ERROR = 300


def count_answers(session: Session, on_answer: OnAnswer) -> None:
    """Have all clients that a session makes from now on tell of each answer, and of each attempt that got none."""

    def note(**event: Any) -> None:  # noqa: ANN401 - botocore's signature
        _, service, operation = event["event_name"].split(".", 2)
        code = _code(event["response_dict"], event["parsed_response"], event["exception"])
        on_answer(AwsAnswer(service, operation, code, is_throttling(code)))

    session.register("response-received", note)


def _code(response: Mapping[str, Any] | None, parsed: Mapping[str, Any] | None, exception: Exception | None) -> str:
    if exception is not None or parsed is None:
        return type(exception).__name__
    code = parsed.get("Error", {}).get("Code")
    if code:
        return str(code)
    status = 0 if response is None else int(response.get("status_code", 0))
    return f"HTTP {status}" if status >= _CLIENT_ERROR else "ok"


class Tally:
    """Counts where nobody can be told at once: in a process of a scan, which hands its counts on with what it reads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[AwsAnswer] = Counter()

    def note(self, answer: AwsAnswer) -> None:
        with self._lock:
            self._counts[answer] += 1

    def take(self) -> dict[AwsAnswer, int]:
        """Return what was counted since the last time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        return dict(counts)
