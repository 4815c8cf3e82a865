"""Runs the real scan against a generated organisation, into a database, and compares everything with the truth."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TypeVar

import pytest

from bot.app import build_scans, connect_aws, open_database
from bot.models.keys import Finding, Reason
from bot.models.scans import Coverage, LeftOut, Scan
from bot.rules.filters import Filter
from bot.settings import load
from bot.store.scans import ScanStore
from tests.benchmarks.fake_aws.serving import Recipe, serving
from tests.scale.truth import Truth

Where = TypeVar("Where")

SETTINGS = '[scan]\naccounts = "organization"\naudit_role = "KmsRotationAudit"\n'


@dataclass(frozen=True)
class Scanned:
    """What the store has of a scan."""

    scan: Scan
    findings: tuple[Finding, ...]
    coverage: tuple[Coverage, ...]
    left_out: tuple[LeftOut, ...]

    @classmethod
    def of(cls, scan: Scan, store: ScanStore) -> "Scanned":
        return cls(
            scan,
            tuple(store.findings(scan.id)),
            tuple(store.coverage(scan.id)),
            tuple(store.left_out(scan.id)),
        )


@dataclass
class House:
    """The bot beside a fake AWS of a generated organisation."""

    folder: Path
    url: str
    monkeypatch: pytest.MonkeyPatch

    def scan(self, **arguments: int) -> tuple[Scanned, Truth]:
        """Generate an organisation, and scan it once."""
        return self.scan_of("tests.scale.organisation", **arguments)

    def scan_of(self, generator: str, **arguments: int) -> tuple[Scanned, Truth]:
        """Scan what a module generates; the fake AWS makes the same with its `make`."""
        truth: Truth = import_module(generator).generate(**arguments)[1]
        path = self.folder / "kms-rotation.toml"
        path.write_text(SETTINGS)
        with serving(Recipe(arguments, maker=f"{generator}:make")) as aws:
            for name, value in aws.environment().items():
                self.monkeypatch.setenv(name, value)
            settings = load({"KMS_ROTATION_CONFIG": str(path), "DATABASE_URL": self.url}, with_slack=False)
            store = ScanStore(open_database(settings))
            scan = build_scans(settings, connect_aws(settings), store).run(Filter(), "U0TESTER")
        return Scanned.of(scan, store), truth


def differences(scanned: Scanned, truth: Truth) -> list[str]:
    """Say everything in which a scan differs from the truth, a sentence each."""
    return [*_in_findings(scanned, truth), *_in_coverage(scanned, truth), *_in_left_out(scanned, truth)]


def _in_findings(scanned: Scanned, truth: Truth) -> Iterator[str]:
    told = {finding.arn: finding for finding in scanned.findings}
    if len(told) != len(scanned.findings):
        yield f"{len(scanned.findings) - len(told)} findings are told twice"
    yield from _missing("finding", told, truth.findings)
    for arn in told.keys() & truth.findings.keys():
        finding, true = told[arn], truth.findings[arn]
        for what, is_told, is_true in (
            ("verdict", finding.verdict.value, true.verdict),
            ("reason", finding.reason.value, true.reason),
            ("aliases", finding.aliases, true.aliases),
            ("team", finding.team, true.team),
            ("owner", finding.owner, true.owner),
            ("stage", finding.is_production, true.is_production),
            ("tags", frozenset(finding.tags), true.tags),
            ("rotation", _rotation(finding), true.rotation),
        ):
            if is_told != is_true:
                yield f"{true.kind}: the {what} of {arn} is {is_true}, not {is_told}"


def _in_coverage(scanned: Scanned, truth: Truth) -> Iterator[str]:
    told = {(covered.account, covered.region): covered for covered in scanned.coverage}
    if len(told) != len(scanned.coverage):
        yield f"{len(scanned.coverage) - len(told)} places are told twice"
    yield from _missing("coverage", told, truth.coverage)
    for where in told.keys() & truth.coverage.keys():
        covered, true = told[where], truth.coverage[where]
        if (covered.status.value, covered.keys) != (true.status, true.keys):
            yield f"{where} is {true.status} with {true.keys} keys, not {covered.status} with {covered.keys}"
        unnamed = {permission for permission in true.unread if permission not in (covered.error or "")}
        if unnamed or (covered.error is None) != (not true.unread):
            yield f"{where} lacks {sorted(true.unread)}, and says {covered.error}"


def _in_left_out(scanned: Scanned, truth: Truth) -> Iterator[str]:
    told = {each.account: each.why for each in scanned.left_out}
    yield from _missing("account left out", told, truth.left_out)


def _missing(what: str, told: Mapping[Where, object], true: Mapping[Where, object]) -> Iterator[str]:
    yield from (f"the {what} {each} is missing" for each in true.keys() - told.keys())
    yield from (f"the {what} {each} is made up" for each in told.keys() - true.keys())


def _rotation(finding: Finding) -> tuple[bool, int | None] | None:
    """A key that was deleted after its status was read may keep what was read."""
    if finding.rotation_enabled is None or finding.reason is Reason.DELETED:
        return None
    return finding.rotation_enabled, finding.rotation_period_days
