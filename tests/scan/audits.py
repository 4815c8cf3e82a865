"""Runs real scans: the bot's own wiring, over HTTP, against an emulated AWS, with the bot's own permissions only."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from time import monotonic, sleep

import pytest
from botocore.retries.standard import ExponentialBackoff

from bot.app import Aws, build_scans, connect_aws
from bot.models.keys import Finding
from bot.models.scans import Coverage, LeftOut, Scan
from bot.rules.filters import Filter
from bot.scan import Scans
from bot.scan.branches import Length
from bot.settings import Settings, load
from bot.store.engine import Database
from bot.store.scans import ScanStore
from deploy.sandbox.aws import AwsServer
from tests.store.databases import MakeUrl

MEMBER, TOOLING = "111111111111", "123456789012"
FRANKFURT, DUBLIN, VIRGINIA = "eu-central-1", "eu-west-1", "us-east-1"

PATIENCE_SECONDS = 60

AT_ONCE, NEVER = Length(0.0, 0.0), Length(inf, inf)
"""When a scan branches."""

ORGANISATION = 'accounts = "organization"'
ONE_PLACE = f'accounts = ["{MEMBER}"]\nregions = ["{FRANKFURT}"]'
"""One member account in one Region: the smallest scan."""

_ROLES = """
audit_role = "KmsRotationAudit"
remediation_role = "KmsRotationRemediate"
external_id = "sandbox-external-id"
"""


@dataclass(frozen=True)
class Audit:
    """What a scan brought to light."""

    scan: Scan
    findings: tuple[Finding, ...]
    coverage: tuple[Coverage, ...]
    left_out: tuple[LeftOut, ...] = ()

    def of(self, arn: str) -> Finding:
        [found] = [finding for finding in self.findings if finding.arn == arn]
        return found

    def at(self, account: str, region: str) -> Coverage:
        [found] = [covered for covered in self.coverage if (covered.account, covered.region) == (account, region)]
        return found

    @property
    def places(self) -> list[tuple[str, str, str]]:
        return sorted((each.account, each.region, each.status.value) for each in self.coverage)


@dataclass
class House:
    """The bot's house beside an emulated AWS."""

    aws: AwsServer
    folder: Path
    make_url: MakeUrl
    roles: str = _ROLES
    wrap: Callable[[Aws], Aws] = field(default=lambda connected: connected)
    databases: ExitStack = field(default_factory=ExitStack)

    def settings(self, scan: str, more: str = "") -> Settings:
        path = self.folder / "kms-rotation.toml"
        path.write_text(f"[scan]\n{scan}\n{self.roles}\n{more}", encoding="utf-8")
        return load({"KMS_ROTATION_CONFIG": str(path)}, with_slack=False)

    def scans(self, scan: str = ONE_PLACE, more: str = "") -> tuple[Scans, ScanStore]:
        """Make the use case, and its store in a database of its own."""
        settings, store = self.settings(scan, more), ScanStore(self.database())
        return build_scans(settings, self.wrap(connect_aws(settings)), store), store

    def database(self) -> Database:
        return self.databases.enter_context(closing(Database(self.make_url("migrated"))))

    def audit(self, scan: str = ONE_PLACE, more: str = "", within: str = "") -> Audit:
        scans, store = self.scans(scan, more)
        made = scans.run(Filter.parse(within), "U0TESTER")
        findings, coverage = tuple(store.findings(made.id)), tuple(store.coverage(made.id))
        return Audit(made, findings, coverage, tuple(store.left_out(made.id)))


def point_at(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the bot of this process call the emulated AWS, as itself."""
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in aws.environment(least_privilege=True).items():
        monkeypatch.setenv(name, value)


def wait_for(predicate: Callable[[], object], what: str) -> None:
    """Wait until something holds; a test fails where it does not within a minute."""
    deadline = monotonic() + PATIENCE_SECONDS
    while not predicate():
        assert monotonic() < deadline, f"waited in vain for {what}"
        sleep(0.01)


@pytest.fixture
def aws() -> Iterator[AwsServer]:
    """An organisation of two accounts without keys: prod-payments and the bot's own."""
    with AwsServer(seed=False) as server:
        server.world.account(MEMBER, "prod-payments")
        yield server


@pytest.fixture
def house(aws: AwsServer, tmp_path: Path, make_url: MakeUrl, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """All of it, on each kind of database."""
    point_at(aws, monkeypatch)
    with ExitStack() as databases:
        yield House(aws, tmp_path, make_url, databases=databases)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries as ever, without the waits between them."""
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.0)
