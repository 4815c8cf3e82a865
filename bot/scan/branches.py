"""Spreads the targets of a long scan over processes of their own: see `bot.scan.branch`.

A process costs about a second to begin, and how many keys there are is known only once they are listed. So every scan
begins in this process, and only one that turns out to be long branches.
"""

import signal
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from bot.models.scans import Target
from bot.models.watch import AwsAnswer
from bot.scan.branch import Called, Done, Equip, Errand, Message, Wanted, serve
from bot.scan.crew import Task
from bot.scan.gateways import Reading

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    Line = Connection[Sequence[Target], Message]

TRIAL_SECONDS = 3.0
"""So long a scan is read here alone; then it is known how fast it goes."""

WORTH_SECONDS = 6.0
"""With so much still to do at that pace, branches are begun."""

MOST_AT_ONCE = 64
"""Targets that are handed out together."""

LEAVE_SECONDS = 5.0


OnCalls = Callable[[Mapping[AwsAnswer, Sequence[float]]], None]
"""Is told what the processes of a scan asked of AWS."""


def unheard(_calls: Mapping[AwsAnswer, Sequence[float]]) -> None:
    """Let nobody know: there is nobody who counts."""


class BranchError(Exception):
    """A process of the scan ended before its work did. Its text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Branching:
    """How a scan may branch: into so many processes, each connected by `equip`. One is this process alone."""

    count: int
    equip: Equip
    trial_seconds: float = TRIAL_SECONDS
    worth_seconds: float = WORTH_SECONDS
    on_calls: OnCalls = unheard


class Spread:
    """The targets that nobody has begun. Branches begin them in place of this process, once that pays."""

    def __init__(
        self,
        targets: Sequence[Target],
        open_here: Callable[[Target], Task],
        branching: Branching | None,
        errand: Errand,
        emit: Callable[[Reading], None],
    ) -> None:
        self._left = deque(targets)
        self._total = len(targets)
        self._open_here = open_here
        self._branching = branching
        self._errand = errand
        self._emit = emit
        self._lock = Lock()
        self._processes: list[BaseProcess] = []
        self._closed = False

    def tasks(self) -> Iterator[Task]:
        """Yield what a crew is to do: targets to begin here, and from some moment on branches to attend to instead."""
        begun = monotonic()
        while self._left:
            yield self._open_here(self._left.popleft())
            branching = self._branching
            if branching is not None and self._pays(branching, monotonic() - begun):
                yield from [partial(self._attend_to_a_branch, branching)] * branching.count
                return

    def close(self) -> None:
        """End the branches, whatever they are at."""
        with self._lock:
            self._closed = True
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(LEAVE_SECONDS)

    def _pays(self, branching: Branching, elapsed: float) -> bool:
        """Say whether so much is left, at the pace up to now, that other processes will be quicker."""
        left = len(self._left)
        return (
            branching.count > 1
            and elapsed >= branching.trial_seconds
            and left * elapsed >= branching.worth_seconds * (self._total - left)
        )

    def _attend_to_a_branch(self, branching: Branching) -> None:
        """Begin a branch, hand targets to it and pass on what it reads, until it is done."""
        line = self._begin(branching.equip)
        if line is None:
            return
        with line:
            while not isinstance(message := self._received(line), Done):
                if isinstance(message, Wanted):
                    line.send(self._share(branching.count))
                elif isinstance(message, Called):
                    branching.on_calls(message.calls)
                else:
                    for reading in message:
                        self._emit(reading)
        if message.failure is not None:
            raise BranchError(f"A process of the scan failed: {message.failure}")

    def _begin(self, equip: Equip) -> "Line | None":
        context = get_context("spawn")  # a fork would inherit locks that threads hold
        ours, theirs = context.Pipe()
        with self._lock, theirs:  # closed here, so that the end of the process is the end of the line
            if self._closed:
                return None
            name = f"scan-{len(self._processes) + 1}"
            process = context.Process(target=serve, args=(theirs, equip, self._errand), name=name, daemon=True)
            # Ctrl-C reaches every process of a terminal, and the first one decides: a branch inherits this deafness.
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
            process.start()
            self._processes.append(process)
        return ours

    def _received(self, line: "Line") -> Message:
        try:
            return line.recv()
        except (EOFError, ConnectionResetError) as error:
            if self._closed:
                return Done()
            raise BranchError(
                "A process of the scan was ended from outside, for want of memory perhaps. "
                "Scan again, or set scan.processes = 1."
            ) from error

    def _share(self, branches: int) -> list[Target]:
        """Hand targets out, an account together, and less at a time towards the end: all are to end at once."""
        with self._lock:
            size = min(MOST_AT_ONCE, len(self._left) // (2 * branches) + 1)
            share: list[Target] = []
            while self._left and (len(share) < size or self._left[0].account == share[-1].account):
                share.append(self._left.popleft())
            return share
