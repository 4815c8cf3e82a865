"""Counts what AWS answers, and after how long: every attempt of every client that a botocore session makes."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from threading import Lock, local
from time import perf_counter
from typing import Any

from botocore.session import Session

from bot.aws.failures import is_throttling
from bot.models.watch import AwsAnswer

OnAnswer = Callable[[AwsAnswer, float], None]
"""Is told what came of an attempt, and after how many seconds, without what it waited for the budget of calls."""

_CLIENT_ERROR = 300


def count_answers(session: Session, on_answer: OnAnswer) -> None:
    """Have all clients that a session makes from now on tell of each answer, and of each attempt that got none."""
    attempt = local()

    def begin(**_event: Any) -> None:  # noqa: ANN401 - as below
        attempt.began = perf_counter()

    def note(**event: Any) -> None:  # noqa: ANN401 - botocore's signature
        _, service, operation = event["event_name"].split(".", 2)
        code = _code(event["response_dict"], event["parsed_response"], event["exception"])
        on_answer(AwsAnswer(service, operation, code, is_throttling(code)), perf_counter() - attempt.began)

    # Handlers of a longer name, such as the budget's for KMS, come first; an attempt has one thread from begin to end.
    session.register("before-send", begin)
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
        self._told: defaultdict[AwsAnswer, list[float]] = defaultdict(list)

    def note(self, answer: AwsAnswer, seconds: float) -> None:
        with self._lock:
            self._told[answer].append(seconds)

    def take(self) -> dict[AwsAnswer, Sequence[float]]:
        """Return what was told since the last time: how long each answer of a kind took."""
        with self._lock:
            told, self._told = self._told, defaultdict(list)
        return dict(told)
