"""Counted rows are what counting the findings gives, whatever happened to them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.models.keys import Finding
from bot.models.scans import Coverage, CoverageStatus, ScanState, Summary
from bot.store.engine import Database
from bot.store.scan_rows import finding_of, scan_of
from bot.store.scans import ScanStore
from bot.store.tables import finding_counts, findings, scans
from tests.store.named_keys import KINDS
from tests.store.samples import ALPHA, BERLIN, BETA, IRELAND, at, finding, rotating, run, scan

Kind = tuple[str, str, str, str, str, bool]

TARGETS = [(account, region) for account in (ALPHA, BETA) for region in (BERLIN, IRELAND)]
SCOPES = ("", "", f"account={ALPHA}", f"region={BERLIN}", f"account={BETA} region={IRELAND}")


@pytest.fixture
def store(database: Database) -> ScanStore:
    return ScanStore(database)


@dataclass(frozen=True)
class Look:
    """A scan: what it was narrowed to, what it finds, and whether it is stopped before its end."""

    scope: str
    found: Sequence[Finding]
    is_stopped: bool = False


def keys(account: str, region: str) -> st.SearchStrategy[Finding]:
    def made(key: str, kind: int, team: str | None, name: str) -> Finding:
        verdict, reason, exempt_until = KINDS[kind]
        plain = finding(key, account, region, account_name=name, team=team)
        return replace(plain, verdict=verdict, reason=reason, exempt_until=exempt_until)

    return st.builds(
        made,
        st.sampled_from("abcd"),
        st.integers(0, len(KINDS) - 1),
        st.sampled_from([None, "", "web", "pay"]),
        st.sampled_from(["prod", "renamed"]),
    )


some_keys = st.lists(
    st.sampled_from(TARGETS).flatmap(lambda place: keys(*place)), max_size=8, unique_by=lambda k: k.arn
)
acts = st.one_of(
    st.builds(Look, st.sampled_from(SCOPES), some_keys, st.sampled_from([False, False, True])),
    st.sampled_from(TARGETS).flatmap(lambda place: keys(*place)),
)


def carry_out(store: ScanStore, act: Look | Finding, minutes: int) -> None:
    if isinstance(act, Finding):
        store.record_reading(replace(act, read_at=at(minutes)))
        return
    found = [replace(each, read_at=at(minutes)) for each in act.found]
    met = dict.fromkeys((each.account, each.account_name, each.region) for each in found)
    read = {place: Coverage(*place, CoverageStatus.SCANNED, 1) for place in met}
    by_target = {(each.account, each.region): each for each in read.values()}
    started = scan(minutes=minutes, scope=act.scope)
    store.begin(started)
    store.add(started.id, found, list(by_target.values()))
    if act.is_stopped:
        store.interrupt(started.id, at(minutes + 1), [])
    else:
        store.finish(started.id, at(minutes + 1))


def kind_of(each: Finding) -> Kind:
    is_exempt = each.exempt_until is not None
    return each.account, each.account_name, each.region, each.team or "", each.verdict.value, is_exempt


def summary_of(counted: Counter[Kind]) -> Summary:
    fields: Counter[str] = Counter()
    for (*_, verdict, exempt), number in counted.items():
        fields["exempt" if exempt and verdict == "NON_COMPLIANT" else verdict.lower()] += number
    return Summary(**fields)


def counts_are_right(database: Database) -> None:
    with database.read() as connection:
        for row in connection.execute(sa.select(scans).where(scans.c.state != ScanState.RUNNING.value)):
            of_scan = sa.select(findings).where(findings.c.scan_id == row.id)
            expected = Counter(kind_of(finding_of(each)) for each in connection.execute(of_scan))
            counted = connection.execute(sa.select(finding_counts).where(finding_counts.c.scan_id == row.id)).all()
            assert {tuple(each[1:-1]): each[-1] for each in counted} == expected
            assert scan_of(row).summary == summary_of(expected)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(acts, min_size=1, max_size=8))
def test_counts_are_right_after_any_scans_and_readings(
    store: ScanStore, database: Database, order: list[Look | Finding]
) -> None:
    with database.write() as connection:
        connection.execute(scans.delete())
    for number, act in enumerate(order):
        carry_out(store, act, 10 * number)
        counts_are_right(database)


def test_a_reading_counts_anew_what_it_changes_and_touches_no_other_row(store: ScanStore, database: Database) -> None:
    run(store, [finding("a"), finding("b"), *(finding(f"{number}", BETA) for number in range(50))])
    changed = list[str]()

    @sa.event.listens_for(database.engine, "after_cursor_execute")
    def note(_connection: object, cursor: sa.CursorResult[object], statement: str, *_: object) -> None:
        if "finding_counts" in statement and not statement.startswith("SELECT"):
            changed.extend([statement.split(maxsplit=1)[0]] * cursor.rowcount)

    store.record_reading(rotating("a", minutes=5))
    assert sorted(changed) == ["INSERT", "UPDATE", "UPDATE"]
    counts_are_right(database)
    changed.clear()
    store.record_reading(rotating("b", minutes=5))
    assert sorted(changed) == ["DELETE", "UPDATE", "UPDATE"]
    counts_are_right(database)
    changed.clear()
    store.record_reading(rotating("b", minutes=6))
    assert changed == []
