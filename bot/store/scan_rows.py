"""Scans, findings and coverage as rows of their tables, and back."""

from collections.abc import Iterable
from dataclasses import asdict, fields

from sqlalchemy.engine import Connection, Row

from bot.models.keys import Finding, Reason, Verdict
from bot.models.scans import Coverage, CoverageStatus, Scan, ScanState, Summary
from bot.store.tables import coverage, findings

_FINDING_FIELDS = tuple(field.name for field in fields(Finding))


def finding_values(scan_id: str, finding: Finding) -> dict[str, object]:
    """Spell a finding as a row. One is made for each key of a scan, and `asdict` copies all that it holds."""
    return {name: getattr(finding, name) for name in _FINDING_FIELDS} | {
        "scan_id": scan_id,
        "aliases": list(finding.aliases),
        "tags": [list(tag) for tag in finding.tags],
        "verdict": finding.verdict.value,
        "reason": finding.reason.value,
        "name": finding.name,
    }


def finding_of(row: Row[tuple[object, ...]]) -> Finding:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    del values["scan_id"], values["name"]
    values |= {
        "aliases": tuple(row.aliases),
        "tags": tuple((name, value) for name, value in row.tags),
        "verdict": Verdict(row.verdict),
        "reason": Reason(row.reason),
    }
    return Finding(**values)


def coverage_values(scan_id: str, covered: Coverage) -> dict[str, object]:
    return asdict(covered) | {"scan_id": scan_id, "status": covered.status.value}


def add_findings(connection: Connection, scan_id: str, found: Iterable[Finding]) -> None:
    rows = [finding_values(scan_id, each) for each in found]
    if rows:
        connection.execute(findings.insert(), rows)


def add_coverage(connection: Connection, scan_id: str, covered: Iterable[Coverage]) -> None:
    rows = [coverage_values(scan_id, each) for each in covered]
    if rows:
        connection.execute(coverage.insert(), rows)


def coverage_of(row: Row[tuple[object, ...]]) -> Coverage:
    return Coverage(row.account, row.account_name, row.region, CoverageStatus(row.status), row.keys, row.error)


def scan_of(row: Row[tuple[object, ...]]) -> Scan:
    return Scan(
        id=row.id,
        state=ScanState(row.state),
        started_at=row.started_at,
        finished_at=row.finished_at,
        scope=row.scope,
        started_by=row.started_by,
        stopped_by=row.stopped_by,
        summary=Summary(row.compliant, row.non_compliant, row.not_applicable, row.insufficient_data, row.exempt),
    )
