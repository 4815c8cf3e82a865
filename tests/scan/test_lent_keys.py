"""One large account is read by several processes: they find what one finds, within the quota that they share."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import active_children
from pathlib import Path
from threading import Event

import pytest

from bot.app import connect_aws, equip
from bot.aws.kms import KmsReader
from bot.models.keys import Finding, KeyMetadata, ReadFailure, Reason, Verdict
from bot.models.scans import Coverage, CoverageStatus, Listed, Page, Target
from bot.models.watch import AwsAnswer
from bot.rules.filters import Filter
from bot.rules.verdict import Policy
from bot.scan import Branching, Scanner
from bot.scan.branch import Equipment
from bot.scan.branches import BranchError
from bot.scan.crew import StoppedError
from bot.scan.gateways import Reading
from bot.scan.spread import FEWEST_KEYS
from bot.settings import Settings
from bot.store.engine import Database
from bot.store.key_facts import KeyFactStore
from tests.scan.audits import AT_ONCE, DUBLIN, FRANKFURT, MEMBER, ONE_PLACE, PATIENCE_SECONDS, House, wait_for
from tests.scan.test_branches import comparable
from tests.store.databases import MakeUrl

PROCESSES = 3
"""This one, and the two branches of a long scan on two cores."""


class _WaitsForABranch(KmsReader):
    """Here no key is described before a branch has described some; all is real."""

    def __init__(self, real: KmsReader, has_described: Event) -> None:
        self.__dict__.update(vars(real))
        self._has_described = has_described

    def describe(self, arn: str) -> KeyMetadata | ReadFailure:
        assert self._has_described.wait(PATIENCE_SECONDS), "no branch described a key"
        return super().describe(arn)


def told_in(settings: Settings) -> Path:
    assert settings.path is not None
    return settings.path.with_name("parts")


def told_equip(settings: Settings) -> Equipment:
    """Equip a branch that tells in a file of which place's quota it was to keep to a part."""
    real = equip(settings, remembers=True)

    def share_quota(account: str, region: str, processes: int, after: float) -> float:
        with told_in(settings).open("a", encoding="utf-8") as told:
            told.write(f"{account} {region} {processes}\n")
        return real.share_quota(account, region, processes, after)

    return real._replace(share_quota=share_quota)


@dataclass
class Large:
    """The scan of one account in one Region, and what it leaves behind where several processes read it."""

    settings: Settings
    regions: Sequence[str] = (FRANKFURT,)
    wrap: Callable[[KmsReader], KmsReader] = lambda real: real
    parts: list[tuple[str, str, int]] = field(default_factory=list)
    by_branches: Counter[str] = field(default_factory=Counter)
    has_described: Event = field(default_factory=Event)

    @property
    def told(self) -> Path:
        return told_in(self.settings)

    def alone(self) -> list[Reading]:
        return list(self._read(self.wrap(connect_aws(self.settings).reader), None, Event()))

    def together(self, stop: Event | None = None) -> Iterator[Reading]:
        reader = _WaitsForABranch(connect_aws(self.settings).reader, self.has_described)
        branching = Branching(
            PROCESSES - 1,
            partial(told_equip, self.settings),
            middling=AT_ONCE,
            long=AT_ONCE,
            on_calls=self._note,
            share_quota=self._share_quota,
        )
        return self._read(self.wrap(reader), branching, stop or Event())

    def _read(self, reader: KmsReader, branching: Branching | None, stop: Event) -> Iterator[Reading]:
        with closing(Database(self.settings.database_url)) as database:
            scanner = Scanner(
                connect_aws(self.settings).discovery,
                reader,
                Policy(),
                accounts=[MEMBER],
                regions=self.regions,
                owners=self.settings.owner_rules,
                memory=KeyFactStore(database),
                branching=branching,
                workers=6,
            )
            with closing(scanner.read(scanner.plan(Filter(), stop), stop)) as read:
                yield from read

    def _share_quota(self, account: str, region: str, processes: int, after: float) -> float:
        self.parts.append((account, region, processes))
        return after

    def _note(self, calls: Mapping[AwsAnswer, Sequence[float]]) -> None:
        for answer, seconds in calls.items():
            self.by_branches[answer.operation] += len(seconds)
        if self.by_branches["DescribeKey"]:
            self.has_described.set()


@pytest.fixture
def large(house: House, make_url: MakeUrl) -> Iterator[Large]:
    settings = replace(
        house.settings(ONE_PLACE, '[owners]\ntags = ["owner"]\naccount_tags = true'),
        database_url=make_url("migrated"),
    )
    yield Large(settings)
    assert active_children() == []


def many_keys(house: House, count: int) -> list[str]:
    world = house.aws.world
    return [
        world.key(
            account=MEMBER,
            alias=() if number % 7 == 0 else f"alias/key-{number:04}",
            rotation=None if number % 3 == 0 else 365,
            spec="RSA_2048" if number % 10 == 9 else "SYMMETRIC_DEFAULT",
            tags={"owner": f"owner-{number % 5}"} if number % 2 else {},
        )
        for number in range(count)
    ]


def test_several_processes_find_what_one_finds(house: House, large: Large) -> None:
    arns = many_keys(house, 240)
    for number in (30, 60, 90):
        house.aws.faults.deny(MEMBER, action="kms:ListResourceTags", resource=arns[number])
    for number in (1, 101, 201):
        house.aws.faults.deny(MEMBER, action="kms:DescribeKey", resource=arns[number])
    together, alone = list(large.together()), large.alone()
    assert comparable(together) == comparable(alone)
    assert {read.keys for read in together if isinstance(read, Listed)} == {240}
    assert isinstance(together[-1], Coverage)
    assert together[-1].status is CoverageStatus.PARTIAL
    assert {read.owner for read in together if isinstance(read, Finding)} >= {f"owner-{each}" for each in range(4)}
    assert large.by_branches["ListKeys"] == 0
    assert large.by_branches["DescribeKey"] >= FEWEST_KEYS


def test_no_key_is_read_twice(house: House, large: Large) -> None:
    arns = many_keys(house, 200)
    list(large.together())
    assert Counter(call.key for call in house.aws.calls.named("DescribeKey")) == Counter(arns)


def test_each_process_keeps_to_its_part_of_the_quota_and_the_bot_has_the_whole_again_after_it(
    house: House, large: Large
) -> None:
    many_keys(house, 200)
    list(large.together())
    assert large.parts == [(MEMBER, FRANKFURT, PROCESSES), (MEMBER, FRANKFURT, 1)]
    assert set(large.told.read_text(encoding="utf-8").splitlines()) == {f"{MEMBER} {FRANKFURT} {PROCESSES}"}


def test_keys_that_never_rotate_are_remembered_by_whichever_process_read_them(house: House, large: Large) -> None:
    many_keys(house, 200)
    list(large.together())
    house.aws.calls.clear()
    large.has_described.clear()
    large.by_branches.clear()
    again = list(large.together())
    never = {read.arn for read in again if isinstance(read, Finding) and read.reason is Reason.KEY_SPEC}
    assert len(never) == 20
    assert not never & {call.key for call in house.aws.calls.named("DescribeKey")}


class _LateAliases(_WaitsForABranch):
    """The second page of aliases comes once a branch has described keys."""

    def list_aliases(self, target: Target, marker: str | None = None) -> Page[tuple[str, str]] | ReadFailure:
        if marker is not None:
            assert self._has_described.wait(PATIENCE_SECONDS), "no branch described a key"
        return super().list_aliases(target, marker)


def test_a_key_that_a_branch_read_gets_the_alias_that_is_known_later(house: House, large: Large) -> None:
    for number in range(150):
        house.aws.world.key(account=MEMBER, alias=f"alias/a-key-{number:03}", rotation=365)
    amazons = house.aws.world.key(account=MEMBER, alias="alias/aws/zzz")
    house.aws.faults.deny(MEMBER, action="kms:DescribeKey", resource=amazons)
    large.wrap = lambda real: _LateAliases(real, large.has_described)
    found = {read.arn: read for read in large.together() if isinstance(read, Finding)}
    assert found[amazons].verdict is Verdict.NOT_APPLICABLE
    assert all(read.aliases for read in found.values())
    assert len(found) == 151


def test_few_keys_are_read_here_and_the_branch_is_sent_away(house: House, large: Large) -> None:
    many_keys(house, FEWEST_KEYS - 1)
    large.has_described.set()
    found = [read for read in large.together() if isinstance(read, Finding)]
    assert len(found) == FEWEST_KEYS - 1
    assert large.by_branches.total() == 0
    assert large.parts == []


def test_a_branch_that_is_killed_with_keys_lent_to_it_ends_the_scan_with_its_cause(house: House, large: Large) -> None:
    many_keys(house, 200)
    house.aws.faults.slow(PATIENCE_SECONDS, action="kms:GetKeyRotationStatus")

    def read_and_kill() -> None:
        for _ in large.together():
            wait_for(large.told.exists, "a branch to be lent keys")
            for process in active_children():
                process.kill()

    with pytest.raises(BranchError, match="ended from outside, for want of memory perhaps"):
        read_and_kill()


def test_a_branch_that_is_killed_while_it_waits_for_more_ends_the_scan_with_its_cause(
    house: House, large: Large
) -> None:
    """Keys of another Region may come: they are being listed."""
    many_keys(house, 200)
    house.aws.faults.slow(PATIENCE_SECONDS, MEMBER, DUBLIN, "kms:ListKeys")
    large.regions = (FRANKFURT, DUBLIN)

    def read_and_kill() -> None:
        for read in large.together():
            if isinstance(read, Coverage):
                for process in active_children():
                    process.kill()

    with pytest.raises(BranchError, match="ended from outside, for want of memory perhaps"):
        read_and_kill()


def test_a_scan_that_is_stopped_with_keys_lent_gives_the_bot_its_quota_back(house: House, large: Large) -> None:
    many_keys(house, 200)
    stop = Event()

    def read_and_stop() -> None:
        for read in large.together(stop):
            if isinstance(read, Finding):
                stop.set()

    with pytest.raises(StoppedError):
        read_and_stop()
    assert large.parts[-1] == (MEMBER, FRANKFURT, 1)
