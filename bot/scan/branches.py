"""Begins the branches of a long scan, hands them their work and passes on what they read: see `bot.scan.branch`.

A process costs about a second to begin, and how many keys there are is known only once they are listed. So every scan
begins in this process, and only one that turns out to be longer branches.
"""

import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from bot.models.keys import Finding
from bot.models.watch import AwsAnswer
from bot.rules.progress import Place
from bot.scan.branch import Called, Done, Equip, Errand, Message, ShareQuota, Wanted, serve, unshared
from bot.scan.crew import Crew, Lane
from bot.scan.gateways import Reading
from bot.scan.spread import Portion, Spread
from bot.scan.tally import KeyRead
from bot.scan.target import Keys
from bot.tracing import following

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    Line = Connection[Portion, Message]


class Length(NamedTuple):
    """How long a scan must be for something to pay: it has taken so many seconds, and will take so many more."""

    trial_seconds: float
    worth_seconds: float


MIDDLING = Length(0.3, 1.5)
"""Other processes read beside this one, one for each other core."""

LONG = Length(3.0, 6.0)
"""One more begins, and this process begins nothing itself any more: it is there for the people who click."""

LOOK_SECONDS = 0.1
"""So often it is looked whether branches pay."""

MOMENT_SECONDS = 0.05
"""So long a branch that is to be handed something waits until it is looked again whether there is anything."""

LISTING_SECONDS = 1.0
"""So long a branch may take to list targets; it is not to stand idle where some of them do not answer."""

LEAVE_SECONDS = 5.0


OnCalls = Callable[[Mapping[AwsAnswer, Sequence[float]]], None]
"""Is told what the processes of a scan asked of AWS."""


def unheard(_calls: Mapping[AwsAnswer, Sequence[float]]) -> None:
    """Let nobody know: there is nobody who counts."""


class BranchError(Exception):
    """A process of the scan ended before its work did. Its text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Branching:
    """How a scan may branch: over so many processes, each connected by `equip`. One is this process alone.

    `share_quota` leaves this process its part of the quota of a place in which several read.
    """

    count: int
    equip: Equip
    middling: Length = MIDDLING
    long: Length = LONG
    on_calls: OnCalls = unheard
    share_quota: ShareQuota = unshared


class Branches:
    """The processes of one scan, and what is lent to them."""

    def __init__(self, branching: Branching | None, spread: Spread, errand: Errand, crew: Crew[Reading]) -> None:
        self._branching = branching
        self._share_quota = branching.share_quota if branching else unshared
        self._spread = spread
        self._errand = errand
        self._crew = crew
        self._begun_at = monotonic()
        self._look_at = 0.0
        self._looking = Lock()
        self._lock = Lock()
        self._wanted = 0
        self._processes: list[BaseProcess] = []
        self._parts: dict[Place, tuple[int, float]] = {}
        self._closed = Event()

    def open(self) -> None:
        """Look now and then whether branches pay, until closed."""
        if self._branching is not None and self._branching.count > 1:
            Thread(target=following(self._look_now_and_then), name="scan-branching", daemon=True).start()

    def look(self) -> None:
        """Begin branches where they pay by now. It may be called from many threads."""
        branching = self._branching
        if branching is None or branching.count == 1 or monotonic() < self._look_at:
            return
        if not self._looking.acquire(blocking=False):
            return
        try:
            self._look(branching)
        finally:
            self._looking.release()

    def close(self) -> None:
        """End the branches, whatever they are at."""
        with self._lock:
            self._closed.set()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(LEAVE_SECONDS)
        with self._lock:
            for account, region in self._parts:
                self._share_quota(account, region, 1, 0.0)

    def _look_now_and_then(self) -> None:
        while not self._closed.wait(LOOK_SECONDS):
            self.look()

    def _look(self, branching: Branching) -> None:
        now = monotonic()
        self._look_at = now + LOOK_SECONDS
        elapsed, wanted = now - self._begun_at, 0
        if _pays(branching.middling, elapsed, self._spread):
            wanted = branching.count - 1
        if _pays(branching.long, elapsed, self._spread):
            wanted = branching.count
            self._spread.leave_to_others()
        while self._wanted < wanted:
            self._wanted += 1
            self._crew.add([partial(self._attend_to_a_branch, branching)], Lane())  # in a lane of its own, so at once

    def _attend_to_a_branch(self, branching: Branching) -> None:
        """Begin a branch, hand work to it and pass on what it reads, until it is done."""
        begun = self._begin(branching.equip)
        if begun is None:
            return
        line, process = begun
        with line:
            if not self._comes_in_time(line):
                process.terminate()
                return
            try:
                failure = self._attend(line, branching)
            except (EOFError, ConnectionResetError, BrokenPipeError) as error:
                if self._closed.is_set():
                    return
                raise BranchError(
                    "A process of the scan was ended from outside, for want of memory perhaps. "
                    "Scan again, or set scan.processes = 1."
                ) from error
        if failure is not None:
            raise BranchError(f"A process of the scan failed: {failure}")

    def _attend(self, line: "Line", branching: Branching) -> str | None:
        """Answer a branch until it is done, and return what it failed of, if it did.

        Where there is nothing to hand out yet, it waits and is listened to all the same. So it does for a while with
        targets that it has not even listed: whoever is idle for the moment would take more than are read in time.
        """
        is_waiting, unlisted, patient_until = False, set[Place](), 0.0
        while True:
            has_enough = self._spread.is_enough(len(unlisted)) and monotonic() < patient_until
            if is_waiting and not has_enough and (portion := self._portion(unlisted)) is not None:
                line.send(portion)
                is_waiting, patient_until = False, monotonic() + LISTING_SECONDS
            if is_waiting and not line.poll(MOMENT_SECONDS):
                continue
            message = line.recv()
            if isinstance(message, Done):
                return message.failure
            if isinstance(message, Wanted):
                is_waiting = True
            elif isinstance(message, Called):
                branching.on_calls(message.calls)
            else:
                self._pass_on(message, unlisted)

    def _begin(self, equip: Equip) -> "tuple[Line, BaseProcess] | None":
        context = get_context("spawn")  # a fork would inherit locks that threads hold
        ours, theirs = context.Pipe()
        with self._lock, theirs:  # closed here, so that the end of the process is the end of the line
            if self._closed.is_set():
                return None
            name = f"scan-{len(self._processes) + 1}"
            process = context.Process(target=serve, args=(theirs, equip, self._errand), name=name, daemon=True)
            # Ctrl-C reaches every process of a terminal, and the first one decides: a branch inherits this deafness.
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
            process.start()
            self._processes.append(process)
        return ours, process

    def _comes_in_time(self, line: "Line") -> bool:
        """Wait until a branch is there; False where everything is begun by then."""
        while not line.poll(MOMENT_SECONDS):
            if self._spread.is_begun():
                return False
        return True

    def _portion(self, unlisted: set[Place]) -> Portion | None:
        """Find something for a branch to begin. Of the quota of an account that several read, each has its part.

        Where one more joins, the others hear of their smaller part with their next keys.
        """
        portion = self._spread.hand_out(1 + self._wanted)
        if not isinstance(portion, Keys):
            unlisted.update((target.account.id, target.region) for target in portion or ())
            return portion
        with self._lock:
            if self._closed.is_set():
                return ()
            processes, after = self._parts.get(portion.place, (1, 0.0))
            if processes != portion.processes:
                after = self._share_quota(*portion.place, portion.processes, 0.0)
                self._parts[portion.place] = portion.processes, after
        return replace(portion, after=after)

    def _pass_on(self, readings: Iterable[Reading | KeyRead], unlisted: set[Place]) -> None:
        for reading in readings:
            if isinstance(reading, KeyRead):
                self._spread.take(reading)
                continue
            if not isinstance(reading, Finding):
                unlisted.discard((reading.account, reading.region))
            self._crew.emit(reading)


def _pays(length: Length, elapsed: float, spread: Spread) -> bool:
    return elapsed >= length.trial_seconds and spread.seconds_left(elapsed) >= length.worth_seconds
