"""A branch of a scan: a process of its own, which reads the targets that it is handed.

A Python interpreter keeps one core busy, however many threads wait for AWS. Two branches on two cores read an
organisation about 1.7 times as fast as one interpreter does, and leave the bot's own to the people who click
(`make bench`). One account in one Region is not divided: there AWS's quota is the nearer limit.
"""

import logging
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from threading import Event, Lock
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from bot.models.owners import OwnerRules
from bot.models.watch import AwsAnswer
from bot.rules.verdict import Policy
from bot.scan.account_tags import AccountTags
from bot.scan.crew import Crew
from bot.scan.gateways import AccountTagReader, KeyMemory, KeyReader, Reading
from bot.scan.memory import Learning
from bot.scan.reading import KeyAudit
from bot.scan.target import TargetReading
from bot.tracing import about

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from bot.models.scans import Target

BATCH = 200
BATCH_SECONDS = 0.2
"""So many readings are sent together, or as many as there are after so long."""


class Equipment(NamedTuple):
    """What a process of a scan works with. `calls` returns what was asked of AWS since the last time."""

    reader: KeyReader
    memory: KeyMemory
    organization: AccountTagReader
    calls: Callable[[], Mapping[AwsAnswer, Sequence[float]]] = dict


Equip = Callable[[], Equipment]
"""Connects a process to AWS and to what is remembered. It can be pickled."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A branch has nothing to begin any more: it wants targets."""


@dataclass(frozen=True, slots=True)
class Done:
    """A branch has read all that it was handed; `failure` says why where it could not."""

    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Called:
    """What a branch has asked of AWS since it last told so, and how many seconds each answer took."""

    calls: Mapping[AwsAnswer, Sequence[float]]


Message = Wanted | Called | Done | list[Reading]


@dataclass(frozen=True, slots=True)
class Errand:
    """What every branch of a scan is to know; `subjects` is what its log is about."""

    policy: Policy
    places: frozenset[tuple[str, str]]
    workers: int
    clock: Callable[[], datetime]
    owners: OwnerRules = field(default_factory=OwnerRules)
    subjects: Mapping[str, str] = field(default_factory=dict)

    def audit(self, reader: KeyReader, learning: Learning, organization: AccountTagReader) -> KeyAudit:
        account_tags = AccountTags(organization.tags_of) if self.owners.account_tags else None
        return KeyAudit(reader, learning, self.policy, self.places, self.clock, self.owners, account_tags)


def serve(line: "Connection[Message, Sequence[Target]]", equip: Equip, errand: Errand) -> None:
    """Connect, read what is handed out over the line until nothing is, and end quietly where the other end is gone."""
    branch = _Branch(line, errand)
    try:
        with about(**errand.subjects):
            branch.run(equip())
        branch.send(Done())
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except Exception as error:
        log.exception("A process of the scan failed.")
        branch.send(Done(f"{type(error).__name__}: {error}"))


class _Branch:
    def __init__(self, line: "Connection[Message, Sequence[Target]]", errand: Errand) -> None:
        self._line = line
        self._turn = Lock()
        self._errand = errand
        self._crew: Crew[Reading] = Crew(errand.workers, Event())

    def run(self, equipment: Equipment) -> None:
        learning = Learning(equipment.memory)
        audit = self._errand.audit(equipment.reader, learning, equipment.organization)
        self._crew.add([lambda: self._fetch(equipment.reader, audit)])
        try:
            for batch in _in_batches(self._crew.results()):
                self.send(batch)
                self.send(Called(equipment.calls()))
        finally:
            learning.flush()
        self.send(Called(equipment.calls()))

    def send(self, message: Message) -> None:
        with self._turn:
            self._line.send(message)

    def _fetch(self, reader: KeyReader, audit: KeyAudit) -> None:
        """Ask for targets and put them on the agenda, and amid them the next asking: nobody is to wait for it."""
        self.send(Wanted())
        targets = self._line.recv()
        if targets:
            tasks = [TargetReading(self._crew, reader, audit, target).open for target in targets]
            half = len(tasks) // 2
            self._crew.add(chain(tasks[:half], [lambda: self._fetch(reader, audit)], tasks[half:]))


def _in_batches(readings: Iterable[Reading]) -> Generator[list[Reading]]:
    batch: list[Reading] = []
    begun = monotonic()
    for reading in readings:
        batch.append(reading)
        if len(batch) == BATCH or monotonic() - begun > BATCH_SECONDS:
            yield batch
            batch, begun = [], monotonic()
    if batch:
        yield batch
