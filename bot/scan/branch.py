"""A branch of a scan: a process of its own, which reads the targets and the keys that it is handed.

A Python interpreter keeps one core busy, however many threads wait for AWS. Two branches on two cores read an
organisation about 1.7 times as fast as one interpreter does, and leave the bot's own to the people who click
(`make bench`). The keys of one account in one Region can be more than one interpreter reads at half of AWS's quota:
branches read some of them, each within its part of that.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain
from threading import Event, Lock
from typing import TYPE_CHECKING, NamedTuple

from bot.models.owners import OwnerRules
from bot.models.watch import AwsAnswer
from bot.rules.verdict import Policy
from bot.scan.account_tags import AccountTags
from bot.scan.crew import Crew, Task
from bot.scan.gateways import AccountTagReader, KeyMemory, KeyReader, Reading
from bot.scan.memory import Learning
from bot.scan.outbox import Outbox
from bot.scan.reading import KeyAudit
from bot.scan.tally import KeyRead
from bot.scan.target import Keys, TargetReading
from bot.tracing import about

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from bot.models.scans import Target

ShareQuota = Callable[[str, str, int, float], float]
"""Leaves a process its part of the quota of an account in a Region that so many processes share, from some moment on.

Returns from when on others may use theirs. Moments are those of `time.monotonic`, the same for all processes.
"""


def unshared(_account: str, _region: str, _processes: int, after: float) -> float:
    """Keep no budget: there is none."""
    return after


class Equipment(NamedTuple):
    """What a process of a scan works with. `calls` returns what was asked of AWS since the last time."""

    reader: KeyReader
    memory: KeyMemory
    organization: AccountTagReader
    calls: Callable[[], Mapping[AwsAnswer, Sequence[float]]] = dict
    share_quota: ShareQuota = unshared


Equip = Callable[[], Equipment]
"""Connects a process to AWS and to what is remembered. It can be pickled."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A branch has nothing to begin any more, or soon will not: it wants more."""


@dataclass(frozen=True, slots=True)
class Done:
    """A branch has read all that it was handed; `failure` says why where it could not."""

    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Called:
    """What a branch has asked of AWS since it last told so, and how many seconds each answer took."""

    calls: Mapping[AwsAnswer, Sequence[float]]


Message = Wanted | Called | Done | list[Reading | KeyRead]


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


def serve(line: "Connection[Message, Sequence[Target] | Keys]", equip: Equip, errand: Errand) -> None:
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
    def __init__(self, line: "Connection[Message, Sequence[Target] | Keys]", errand: Errand) -> None:
        self._line = line
        self._turn = Lock()
        self._errand = errand
        self._crew: Crew[Reading | KeyRead] = Crew(errand.workers, Event())

    def run(self, equipment: Equipment) -> None:
        learning = Learning(equipment.memory)
        audit = self._errand.audit(equipment.reader, learning, equipment.organization)
        self._crew.add([partial(self._fetch, equipment, audit)])
        outbox = Outbox(lambda batch: self._tell(batch, equipment))
        try:
            with outbox.emptied():
                for reading in self._crew.results():
                    outbox.put(reading)
        finally:
            learning.flush()
        self.send(Called(equipment.calls()))

    def _tell(self, batch: list[Reading | KeyRead], equipment: Equipment) -> None:
        self.send(batch)
        self.send(Called(equipment.calls()))

    def send(self, message: Message) -> None:
        with self._turn:
            self._line.send(message)

    def _fetch(self, equipment: Equipment, audit: KeyAudit) -> None:
        """Ask for work and put it on the agenda, and amid it the next asking: nobody is to wait for it."""
        self.send(Wanted())
        handed = self._line.recv()
        if isinstance(handed, Keys):
            equipment.share_quota(*handed.place, handed.processes, handed.after)
            tasks: list[Task] = [partial(self._read, audit, handed, arn) for arn in handed.arns]
        else:
            tasks = [TargetReading(self._crew, equipment.reader, audit, target).open for target in handed]
        if tasks:
            half = len(tasks) // 2
            self._crew.add(chain(tasks[:half], [partial(self._fetch, equipment, audit)], tasks[half:]))

    def _read(self, audit: KeyAudit, keys: Keys, arn: str) -> None:
        self._crew.emit(audit.audit(arn, keys.target, keys.aliases.get(arn, ()), keys.known.get(arn)))
