"""Two threads that take turns: one runs at a time, and hands over at gates; every order of their steps is tried."""

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Any

PATIENCE = 60
"""Seconds after which a thread counts as stuck; no test waits so long for one that is not."""

Gate = Callable[[str], None]
"""What a thread calls before each of its steps, with the step's name."""


@dataclass
class Turns:
    """One run of several threads. `choices` says who goes on, wherever more than one can; afterwards the first does.

    `taken` are the choices that were made, `steps` the steps in the order in which they were taken.
    """

    choices: Sequence[int] = ()
    taken: list[int] = field(default_factory=list)
    steps: list[tuple[int, str]] = field(default_factory=list)

    def run(self, works: Sequence[Callable[[Gate], Any]]) -> list[Any]:
        """Run each in its thread to its end, and return what they return; raise what any raises."""
        runners = [_Runner(number, work, self.steps) for number, work in enumerate(works)]
        waiting = [runner for runner in runners if runner.goes_on()]
        while waiting:
            number = 0
            if len(waiting) > 1:
                number = self.choices[len(self.taken)] if len(self.taken) < len(self.choices) else 0
                self.taken.append(number)
            if not waiting[number].goes_on():
                del waiting[number]
        for runner in runners:
            if runner.error is not None:
                raise runner.error
        return [runner.answer for runner in runners]


class _Runner:
    """A thread that stands still at its gates until it may go on."""

    def __init__(self, number: int, work: Callable[[Gate], Any], steps: list[tuple[int, str]]) -> None:
        self.answer: Any = None
        self.error: BaseException | None = None
        self._number, self._steps = number, steps
        self._may_go, self._stands = Semaphore(0), SimpleQueue[bool]()
        self._thread = Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def goes_on(self) -> bool:
        """Let it take a step, up to its next gate; False where it has come to its end."""
        self._may_go.release()
        return self._stands.get(timeout=PATIENCE)

    def _run(self, work: Callable[[Gate], Any]) -> None:
        self._may_go.acquire()
        try:
            self.answer = work(self._gate)
        except BaseException as error:  # noqa: BLE001 - raised again by whoever runs the threads
            self.error = error
        self._stands.put(False)

    def _gate(self, step: str) -> None:
        self._stands.put(True)
        self._may_go.acquire()
        self._steps.append((self._number, step))


def every_order() -> Iterator[Turns]:
    """Make a run for each order in which two threads can take their steps: depth first, by what the last run did."""
    choices: list[int] = []
    while True:
        turns = Turns(choices)
        yield turns
        choices = turns.taken
        while choices and choices[-1] == 1:
            choices.pop()
        if not choices:
            return
        choices[-1] = 1


class Gated:
    """Passes every method on, through a gate; or these alone through it."""

    def __init__(self, inner: object, gate: Gate, alone: Container[str] | None = None) -> None:
        self._inner, self._gate, self._alone = inner, gate, alone

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it is
        method = getattr(self._inner, name)

        def passed_on(*args: object, **kwargs: object) -> Any:  # noqa: ANN401 - whatever it answers
            if self._alone is None or name in self._alone:
                self._gate(name)
            return method(*args, **kwargs)

        return passed_on
