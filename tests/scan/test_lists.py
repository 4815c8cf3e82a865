"""Long lists are read beside the keys, and a list that breaks off is never taken for a whole one."""

from dataclasses import replace
from threading import Event

from bot.app import Aws
from bot.aws.kms import KmsReader
from bot.models.keys import KeyMetadata, ReadFailure, Reason
from bot.models.scans import CoverageStatus, Item, Page, Target
from deploy.sandbox.aws import AwsServer
from tests.scan.audits import FRANKFURT, MEMBER, PATIENCE_SECONDS, House

DENIED = "is denied (the role's own policy lacks it)."


class _Waits(KmsReader):
    """The second page of aliases comes only after a key was described, some key or a certain one; all is real."""

    def __init__(self, real: KmsReader, arn: str | None = None) -> None:
        self.__dict__.update(vars(real))
        self._arn = arn
        self._described = Event()

    def list_aliases(self, target: Target, marker: str | None = None) -> Page[tuple[str, str]] | ReadFailure:
        if marker is not None:
            assert self._described.wait(PATIENCE_SECONDS), "no key was described while aliases were still unknown"
        return super().list_aliases(target, marker)

    def describe(self, arn: str) -> KeyMetadata | ReadFailure:
        described = super().describe(arn)
        if self._arn in {None, arn}:
            self._described.set()
        return described


class _Breaks(KmsReader):
    """After its first page an operation is denied; all is real."""

    def __init__(self, real: KmsReader, aws: AwsServer, action: str) -> None:
        self.__dict__.update(vars(real))
        self._aws = aws
        self._action = action

    def list_keys(self, target: Target, marker: str | None = None) -> Page[str] | ReadFailure:
        page = super().list_keys(target, marker)
        self._deny("kms:ListKeys")
        return page

    def list_aliases(self, target: Target, marker: str | None = None) -> Page[tuple[str, str]] | ReadFailure:
        page = super().list_aliases(target, marker)
        self._deny("kms:ListAliases")
        return page

    def _deny(self, action: str) -> None:
        if action == self._action:
            self._aws.faults.deny(MEMBER, action=action)


class _Repeats(KmsReader):
    """What a page ended with comes once more at the head of the next one; all else is real."""

    def __init__(self, real: KmsReader) -> None:
        self.__dict__.update(vars(real))

    def list_keys(self, target: Target, marker: str | None = None) -> Page[str] | ReadFailure:
        return _halves(super().list_keys(target), marker)

    def list_aliases(self, target: Target, marker: str | None = None) -> Page[tuple[str, str]] | ReadFailure:
        return _halves(super().list_aliases(target), marker)


def _halves(page: Page[Item] | ReadFailure, marker: str | None) -> Page[Item] | ReadFailure:
    assert not isinstance(page, ReadFailure)
    half = len(page.items) // 2
    return Page(page.items[: half + 1], "the second half") if marker is None else Page(page.items[half:], None)


def breaking(house: House, action: str) -> None:
    def wrap(connected: Aws) -> Aws:
        return replace(connected, reader=_Breaks(connected.reader, house.aws, action))

    house.wrap = wrap


def test_keys_are_read_while_a_long_list_of_aliases_is_and_all_get_their_names(house: House) -> None:
    names = {
        house.aws.world.key(account=MEMBER, alias=f"alias/key-{number}", rotation=365): (f"alias/key-{number}",)
        for number in range(250)
    }
    house.wrap = lambda connected: replace(connected, reader=_Waits(connected.reader))
    audit = house.audit()
    assert {finding.arn: finding.aliases for finding in audit.findings} == names
    assert audit.at(MEMBER, FRANKFURT).status is CoverageStatus.SCANNED


def test_a_key_that_aws_manages_is_known_by_its_alias_also_where_it_was_asked_for_in_vain_before(house: House) -> None:
    for number in range(150):
        house.aws.world.key(account=MEMBER, alias=f"alias/a-key-{number:03}", rotation=365)
    amazons = house.aws.world.key(account=MEMBER, alias="alias/aws/zzz")
    house.aws.faults.deny(MEMBER, action="kms:DescribeKey", resource=amazons)
    house.wrap = lambda connected: replace(connected, reader=_Waits(connected.reader, amazons))
    audit = house.audit()
    assert [call.key for call in house.aws.calls if call.error == "AccessDeniedException"] == [amazons]
    assert (audit.of(amazons).reason, audit.of(amazons).aliases) == (Reason.AWS_MANAGED, ("alias/aws/zzz",))
    assert audit.at(MEMBER, FRANKFURT).status is CoverageStatus.SCANNED


def test_every_alias_of_a_key_is_named_whatever_page_it_is_on(house: House) -> None:
    arn = house.aws.world.key(account=MEMBER, alias="alias/a-first")
    for number in range(150):
        house.aws.world.key(account=MEMBER, alias=f"alias/key-{number}", rotation=365)
    house.aws.world.alias(arn, "alias/z-last")
    assert house.audit().of(arn).aliases == ("alias/a-first", "alias/z-last")


def test_a_list_of_keys_that_breaks_off_makes_the_region_one_that_was_not_read(house: House) -> None:
    for _ in range(1001):
        house.aws.world.key(account=MEMBER, rotation=365)
    breaking(house, "kms:ListKeys")
    audit = house.audit()
    covered = audit.at(MEMBER, FRANKFURT)
    assert (covered.status, covered.keys) == (CoverageStatus.FAILED, 1000)
    assert covered.error == f"The list of its keys broke off after 1000 keys: kms:ListKeys {DENIED}"
    assert len(audit.findings) == audit.scan.summary.compliant == 1000


def test_a_list_of_aliases_that_breaks_off_leaves_keys_nameless_and_says_so(house: House) -> None:
    for number in range(150):
        house.aws.world.key(account=MEMBER, alias=f"alias/key-{number}", rotation=365)
    breaking(house, "kms:ListAliases")
    audit = house.audit()
    covered = audit.at(MEMBER, FRANKFURT)
    assert (covered.status, covered.keys) == (CoverageStatus.PARTIAL, 150)
    assert covered.error == f"The list of its aliases broke off after 100: kms:ListAliases {DENIED}"
    assert sum(bool(finding.aliases) for finding in audit.findings) == 100


def test_a_key_that_is_listed_on_two_pages_is_read_and_counted_once(house: House) -> None:
    names = {
        house.aws.world.key(account=MEMBER, alias=f"alias/key-{number}", rotation=365): (f"alias/key-{number}",)
        for number in range(6)
    }
    house.wrap = lambda connected: replace(connected, reader=_Repeats(connected.reader))
    audit = house.audit()
    assert {finding.arn: finding.aliases for finding in audit.findings} == names
    assert len(house.aws.calls.named("DescribeKey")) == len(names)
    assert audit.at(MEMBER, FRANKFURT).status is CoverageStatus.SCANNED
    assert audit.at(MEMBER, FRANKFURT).keys == len(names)
