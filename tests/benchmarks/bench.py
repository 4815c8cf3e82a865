"""One run of the benchmarks: what was measured already, and the figures that are wanted of it."""

import json
import subprocess
import sys
from dataclasses import dataclass

from tests.benchmarks.fake_aws.serving import Recipe, serving
from tests.benchmarks.measuring import Measurement, Way, extrapolated, measure
from tests.benchmarks.worlds import Setting


@dataclass(frozen=True, slots=True)
class Wanted:
    """A figure that is wanted, what was measured, and whether it is reached."""

    what: str
    wanted: str
    measured: str
    is_reached: bool


class Bench:
    """Measures each way in each world once in a run, however many sections ask for it."""

    def __init__(self, *, with_peers: bool) -> None:
        self.with_peers = with_peers
        self.wanted: list[Wanted] = []
        self.answers_a_second = 0.0
        self.busiest_second = 0.0
        self._measured: dict[tuple[str, tuple[object, ...], int], Measurement] = {}

    def load_the_fake(self) -> tuple[float, float]:
        """Measure how many calls a second the fake AWS answers without latency, and its CPU seconds for each."""
        with serving(Recipe({"keys_a_place": 2000})) as server:
            command = [sys.executable, "-m", "tests.benchmarks.fake_aws.load", str(server.port)]
            told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        self.answers_a_second = float(json.loads(told)["calls_a_second"])
        return self.answers_a_second, server.counts.cpu / server.counts.calls.total()

    def whole(self, way: Way, setting: Setting) -> Measurement:
        return self.fastest((way,), setting, rounds=1)[0]

    def fastest(self, ways: tuple[Way, ...], setting: Setting, rounds: int) -> list[Measurement]:
        """Run the ways in turn; the fastest run of each counts, since other processes only ever slow one."""
        missing = [way for way in ways if (way.name, setting.key, 1) not in self._measured]
        for _ in range(rounds):
            for way in missing:
                made = self._watched(measure(way, setting, start_up=self._start_up(way, setting)))
                best = self._measured.get((way.name, setting.key, 1))
                if best is None or made.audit < best.audit:
                    self._measured[way.name, setting.key, 1] = made
        return [self._measured[way.name, setting.key, 1] for way in ways]

    def part(self, way: Way, setting: Setting, divisor: int, *, starts_each_account: bool = False) -> Measurement:
        """Measure a part, and extrapolate linearly. A start-up is multiplied only where each account has its own."""
        key = (way.name, setting.key, divisor)
        if key not in self._measured:
            start_up = None if starts_each_account else self._start_up(way, setting)
            made = self._watched(measure(way, setting.part(divisor), start_up=start_up))
            before = 0.0 if starts_each_account else made.wall - made.audit
            before_cpu = 0.0 if starts_each_account else made.cpu - made.audit_cpu
            self._measured[key] = extrapolated(made, divisor, setting, before, before_cpu)
        return self._measured[key]

    def want(self, what: str, wanted: str, measured: str, is_reached: bool) -> None:
        self.wanted.append(Wanted(what, wanted, measured, is_reached))

    def _start_up(self, way: Way, setting: Setting) -> Measurement | None:
        """Run a way over nothing, unless it tells itself what its audit took."""
        if way.tells_its_time:
            return None
        key = (way.name, setting.empty().key, 1)
        if key not in self._measured:
            self._measured[key] = measure(way, setting.empty())
        return self._measured[key]

    def _watched(self, made: Measurement) -> Measurement:
        self.busiest_second = max(self.busiest_second, made.calls_a_second)
        return made
