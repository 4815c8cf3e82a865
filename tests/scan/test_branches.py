"""A long scan branches into processes of its own: it finds the same, loses nothing, and leaves none of them behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from multiprocessing import active_children
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app import connect_aws, equip
from bot.cores import MOST, usual_processes
from bot.models.keys import Finding
from bot.models.scans import Account, Coverage, Target
from bot.rules.filters import Filter
from bot.rules.verdict import Policy
from bot.scan import Branching, Scanner
from bot.scan.branches import BranchError, Length
from bot.scan.crew import StoppedError
from bot.scan.gateways import Reading
from bot.scan.scanner import WORKERS
from bot.scan.spread import Spread
from bot.settings import Settings
from bot.store.engine import Database
from bot.store.key_facts import KeyFactStore
from tests.scan.audits import (
    AT_ONCE,
    DUBLIN,
    FRANKFURT,
    MEMBER,
    NEVER,
    ORGANISATION,
    PATIENCE_SECONDS,
    TOOLING,
    House,
    wait_for,
)
from tests.store.databases import MakeUrl

LATER = datetime(2030, 1, 1, tzinfo=UTC)


def readings(
    settings: Settings, branching: Branching | None, stop: Event | None = None, *, workers: int = WORKERS
) -> Iterator[Reading]:
    aws, stop = connect_aws(settings), stop or Event()
    scanner = Scanner(
        aws.discovery,
        aws.reader,
        Policy(),
        accounts="organization",
        regions="enabled",
        branching=branching,
        workers=workers,
    )
    with closing(scanner.read(scanner.plan(Filter(), stop), stop)) as read:
        yield from read


def branching(settings: Settings, *, remembers: bool = False) -> Branching:
    return Branching(2, partial(equip, settings, remembers=remembers), middling=AT_ONCE, long=AT_ONCE)


@pytest.fixture
def settings(house: House, make_url: MakeUrl) -> Settings:
    world = house.aws.world
    for number in range(10, 20):
        world.account(f"1{number:011}", f"team-{number}")
        for region in (FRANKFURT, DUBLIN):
            world.key(account=f"1{number:011}", region=region, alias=f"alias/{number}", rotation=365)
    return replace(house.settings(ORGANISATION), database_url=make_url("migrated"))


@pytest.fixture(autouse=True)
def _no_process_is_left_behind() -> Iterator[None]:
    yield
    assert active_children() == []


def test_branches_find_what_one_process_finds(house: House, settings: Settings) -> None:
    world = house.aws.world
    primary = world.key(account=MEMBER, multi_region=True)
    world.replica(primary, DUBLIN)
    denied = world.key(account=MEMBER, region=DUBLIN)
    house.aws.faults.deny(MEMBER, action="kms:DescribeKey", resource=denied)
    house.aws.faults.deny(TOOLING, FRANKFURT, "kms:*", kind="scp")
    alone = list(readings(settings, None))
    house.aws.calls.clear()
    spread = list(readings(settings, branching(settings)))
    assert len({call.session_name for call in house.aws.calls.named("ListKeys")}) == 1
    assert comparable(spread) == comparable(alone)


def comparable(read: list[Reading]) -> tuple[dict[str, Finding], set[Coverage]]:
    found = [replace(each, read_at=LATER) for each in read if isinstance(each, Finding)]
    covered = [each for each in read if isinstance(each, Coverage)]
    assert len(found) == len({each.arn for each in found})
    assert len(covered) == len(set(covered))
    return {each.arn: each for each in found}, set(covered)


def test_findings_of_a_target_come_before_its_coverage(settings: Settings) -> None:
    over: set[tuple[str, str]] = set()
    for read in readings(settings, branching(settings)):
        if isinstance(read, Finding):
            assert (read.account, read.region) not in over
        elif isinstance(read, Coverage):
            over.add((read.account, read.region))


def test_a_short_scan_stays_in_one_process(settings: Settings) -> None:
    worth = Length(0.0, PATIENCE_SECONDS)
    for _ in readings(settings, replace(branching(settings), middling=worth, long=worth)):
        assert active_children() == []


def test_beside_a_scan_that_is_not_long_there_is_one_process_fewer_and_all_of_them_read(
    house: House, settings: Settings
) -> None:
    house.aws.faults.slow(PATIENCE_SECONDS, TOOLING, FRANKFURT, "kms:ListKeys")
    together, processes = list[Reading](), 0
    for read in readings(settings, replace(branching(settings), count=3, long=NEVER)):
        if not together:
            wait_for(lambda: len(active_children()) == 2, "two branches")
            house.aws.faults.clear()
        together.append(read)
        processes = max(processes, len(active_children()))
    assert processes == 2
    assert comparable(together) == comparable(list(readings(settings, None)))


def test_a_branch_is_handed_more_where_what_it_has_does_not_answer(
    house: House, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is handed one account, and waits for no more than a moment until that is listed."""
    monkeypatch.setattr("bot.scan.spread.ENOUGH_KEYS", 1)
    silent = {(f"1{number:011}", DUBLIN) for number in range(10, 16)}
    for account, region in silent:
        house.aws.faults.slow(PATIENCE_SECONDS, account, region, "kms:ListKeys")
    covered = set[tuple[str, str]]()
    for read in readings(settings, branching(settings)):
        if isinstance(read, Coverage):
            covered.add((read.account, read.region))
        if len(covered) == 36 - len(silent):
            assert not covered & silent
            house.aws.faults.clear()
    assert len(covered) == 36


def test_a_scan_in_as_many_processes_as_there_are_workers_ends(house: House, settings: Settings) -> None:
    for number in range(40):
        house.aws.world.key(account=MEMBER, alias=f"alias/more-{number}", rotation=365)
    alone = list(readings(settings, None))
    assert comparable(list(readings(settings, branching(settings), workers=2))) == comparable(alone)


def test_what_branches_learn_is_remembered(house: House, settings: Settings) -> None:
    arns = {house.aws.world.key(account=f"1{number:011}", spec="RSA_2048") for number in range(10, 20)}
    for _ in range(2):
        house.aws.calls.clear()
        list(readings(settings, branching(settings, remembers=True)))
    memory = KeyFactStore(Database(settings.database_url))
    known = {
        arn
        for number in range(10, 20)
        for arn in memory.facts_of(Target(Account(f"1{number:011}", f"team-{number}"), FRANKFURT))
    }
    described = {call.key for call in house.aws.calls.named("DescribeKey")}
    assert known <= arns
    assert known
    assert not described & known


def test_a_branch_that_is_killed_ends_the_scan_with_its_cause(house: House, settings: Settings) -> None:
    house.aws.faults.slow(0.2, action="kms:ListKeys")

    def read_and_kill() -> None:
        for _ in readings(settings, branching(settings)):
            for process in active_children():
                process.kill()

    with pytest.raises(BranchError, match="ended from outside, for want of memory perhaps"):
        read_and_kill()


def test_a_branch_that_cannot_be_connected_ends_the_scan_with_its_cause(settings: Settings) -> None:
    broken = replace(branching(settings), equip=partial(int, "no number"))  # type: ignore[arg-type]  # whatever fails
    with pytest.raises(BranchError, match="A process of the scan failed: ValueError: invalid literal"):
        list(readings(settings, broken))


def test_branches_leave_ctrl_c_to_the_process_that_began_them(settings: Settings) -> None:
    """A terminal sends it to all of them at once; that one branch hears it while it still starts is worst."""
    covered = 0
    for read in readings(settings, branching(settings)):
        for process in active_children():
            assert process.pid is not None
            os.kill(process.pid, signal.SIGINT)
        covered += isinstance(read, Coverage)
    assert covered == 36


def test_a_scan_that_is_stopped_ends_its_branches(house: House, settings: Settings) -> None:
    house.aws.faults.slow(0.2, action="kms:ListKeys")
    stop = Event()

    def read_and_stop() -> None:
        for _ in readings(settings, branching(settings), stop):
            if active_children():
                stop.set()

    with pytest.raises(StoppedError):
        read_and_stop()


ORPHANS = """
import sys
from multiprocessing import active_children
from pathlib import Path
from tests.scan.test_branches import branching, readings
from bot.settings import load
if __name__ == "__main__":
    settings = load({"KMS_ROTATION_CONFIG": sys.argv[1]}, with_slack=False)
    for _ in readings(settings, branching(settings)):
        if len(active_children()) == 2:
            print(*(each.pid for each in active_children()), flush=True)
            sys.stdin.read()
"""


def test_branches_end_where_the_process_that_began_them_is_killed(
    house: House, settings: Settings, tmp_path: Path
) -> None:
    house.aws.faults.slow(0.1, action="kms:ListKeys")
    script = tmp_path / "orphans.py"
    script.write_text(ORPHANS, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, str(script), str(house.folder / "kms-rotation.toml")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        branches = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(branches) == 2
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in branches), "the branches to end")


@given(sizes=st.lists(st.integers(1, 90), max_size=40), branches=st.integers(2, 8))
def test_every_target_is_handed_out_once_and_accounts_stay_together(sizes: list[int], branches: int) -> None:
    targets = [
        Target(Account(f"{account:012}", "an account"), f"region-{number}")
        for account, size in enumerate(sizes)
        for number in range(size)
    ]
    spread = Spread(targets, lambda *_: pytest.fail("nothing is begun here"))
    portions = [each for each in iter(lambda: spread.hand_out(branches), ()) if isinstance(each, list)]
    assert [target for portion in portions for target in portion] == targets
    accounts = [account for portion in portions for account in {target.account for target in portion}]
    assert len(accounts) == len(set(accounts)) == len(sizes)


@pytest.mark.parametrize(
    ("limit", "most"),
    [("max 100000", MOST), ("250000 100000", 2), ("50000 100000", 1), ("nonsense", MOST), (None, MOST)],
)
def test_a_containers_limit_counts_as_its_cores(tmp_path: Path, limit: str | None, most: int) -> None:
    file = tmp_path / "cpu.max"
    if limit is not None:
        file.write_text(f"{limit}\n", encoding="ascii")
    assert usual_processes(file) == min(len(os.sched_getaffinity(0)), most)
