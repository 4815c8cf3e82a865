"""Measures one way of auditing one world: each in a process of its own, so that neither pays for the other."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.fake_aws.counts import Counts
from tests.benchmarks.fake_aws.serving import serving
from tests.benchmarks.fake_aws.world import World
from tests.benchmarks.processes import run
from tests.benchmarks.worlds import Setting

FINE = frozenset({0})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an audit found: how many keys should rotate and do not, and how many it says it could not read.

    `seconds` and `cpu` are what the audit alone took, for ways that tell it; the rest of the process is start-up.
    `answers` are what it says of each key, by ARN, in its own words, where that is looked at.
    """

    non_compliant: int
    unread: int | None = None
    seconds: float | None = None
    cpu: float | None = None
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Way:
    """A way of auditing: the commands for a world, run one after the other, and how their results are read."""

    name: str
    commands: Callable[[World, Path], Sequence[Sequence[str]]]
    outcome: Callable[[Path, str], Outcome]
    expected: frozenset[int] = FINE
    tells_its_time: bool = False


@dataclass(frozen=True, slots=True)
class Measurement:
    """One way in one world. Times are in seconds, memory is in MiB.

    `wall` and `cpu` are those of the whole process, `audit` and `audit_cpu` leave its start-up out. `part` is the
    divisor where only a part was run: then `wall`, `audit`, CPU, keys, calls and findings are extrapolated.
    """

    name: str
    setting: Setting
    keys: int
    wall: float
    audit: float
    cpu: float
    audit_cpu: float
    peak_memory: float
    outcome: Outcome
    counts: Counts
    calls: int
    part: int = 1

    @property
    def calls_a_second(self) -> float:
        return self.calls / self.audit


def measure(way: Way, setting: Setting, *, start_up: Measurement | None = None) -> Measurement:
    """Audit a fresh world. `start_up` is the same way's run over nothing, for ways that do not tell it themselves."""
    _say(f"{way.name}: {setting.title}, {dict(setting.arguments)}")
    world = setting.recipe.world()
    with TemporaryDirectory() as home, serving(setting.recipe) as server:
        folder = Path(home)
        environment = {**server.environment(), "PATH": os.environ["PATH"], "HOME": home}
        runs = [run(command, environment, folder, way.expected) for command in way.commands(world, folder)]
        outcome = way.outcome(folder, runs[-1].output)
    counts = server.counts
    if counts.unknown:
        raise RuntimeError(f"{way.name} called what the fake AWS does not have: {dict(counts.unknown)}")
    wall, cpu = sum(each.wall for each in runs), sum(each.cpu for each in runs)
    before, before_cpu = (start_up.wall, start_up.cpu) if start_up else (0.0, 0.0)
    return Measurement(
        name=way.name,
        setting=setting,
        keys=world.keys,
        wall=wall,
        audit=outcome.seconds if outcome.seconds is not None else wall - before,
        cpu=cpu,
        audit_cpu=outcome.cpu if outcome.cpu is not None else cpu - before_cpu,
        peak_memory=max(each.peak_memory for each in runs),
        outcome=outcome,
        counts=counts,
        calls=sum(counts.calls.values()),
    )


def extrapolated(
    measured: Measurement, divisor: int, whole: Setting, start_up: float, start_up_cpu: float
) -> Measurement:
    """Say linearly what the whole would take; a start-up that happens once is not multiplied."""
    outcome = measured.outcome
    return replace(
        measured,
        setting=whole,
        keys=measured.keys * divisor,
        wall=start_up + (measured.wall - start_up) * divisor,
        audit=measured.audit * divisor,
        cpu=start_up_cpu + (measured.cpu - start_up_cpu) * divisor,
        audit_cpu=measured.audit_cpu * divisor,
        outcome=replace(outcome, non_compliant=outcome.non_compliant * divisor),
        calls=measured.calls * divisor,
        part=divisor,
    )


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)  # noqa: T201 - who waits wants to know for what
