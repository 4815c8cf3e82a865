"""Databases of older versions: what is in them is there after the upgrade, and can be used."""

import pytest
import sqlalchemy as sa

from bot.models.keys import KeyArn
from bot.models.requests import RequestState
from bot.store.engine import Database
from bot.store.exemptions import ExemptionStore
from bot.store.requests import RequestStore
from bot.store.scan_rows import finding_values
from bot.store.scans import ScanStore
from bot.store.schema import upgrade
from bot.store.tables import digest_baselines, finding_counts, findings, metadata, scans
from bot.store.trail import Trail
from tests.store.old import VERSIONS, as_it_was, fill, leave, tables_of, upgrade_to
from tests.store.samples import ALPHA, BERLIN, OHIO, arn_of, at, finding


def test_keys_of_old_baselines_are_told_where_they_are(empty_database: Database) -> None:
    upgrade_to(empty_database, "0002")
    keys = {arn_of(f"{number}", ALPHA, OHIO) for number in range(1001)}
    keys.add("arn:aws-us-gov:kms:us-gov-west-1:222222222222:key/mrk-1")
    with empty_database.write() as connection:
        old = as_it_was(digest_baselines, "name", "arn", "open", "since")
        rows = [{"name": name, "arn": arn, "open": True, "since": at(0)} for name in ("daily", "team") for arn in keys]
        connection.execute(old.insert(), rows)
    upgrade(empty_database)
    with empty_database.read() as connection:
        found = connection.execute(sa.select(digest_baselines)).all()
    assert len(found) == 2 * len(keys)
    for row in found:
        key = KeyArn.parse(row.arn)
        assert (row.account, row.region, row.open, row.since) == (key.account, key.region, True, at(0))


def test_keys_of_old_scans_are_named_and_counted(empty_database: Database) -> None:
    upgrade_to(empty_database, "0002")
    aliases = {"a": ["alias/alias/x", "alias/b"], "b": [], "c": ["alias/é"], "d": ["strange"]}
    later = {"name", "owner", "is_production", "tags"}
    old_findings = as_it_was(findings, *(column.name for column in findings.c if column.name not in later))
    old_scans = as_it_was(scans, "id", "state", "scope", "started_by", "started_at", "finished_at")
    with empty_database.write() as connection:
        for scan_id, state in (("ended", "FINISHED"), ("runs", "RUNNING")):
            made = {"id": scan_id, "state": state, "scope": "", "started_by": "SYSTEM"}
            connection.execute(old_scans.insert().values(**made, started_at=at(0), finished_at=at(1)))
            values = [finding_values(scan_id, finding(key, aliases=given)) for key, given in aliases.items()]
            values[0]["exempt_until"] = at(1000)
            old_values = [{name: each[name] for name in each.keys() - later} for each in values]
            connection.execute(old_findings.insert(), old_values)
    upgrade(empty_database)
    with empty_database.read() as connection:
        named = connection.execute(sa.select(findings.c.arn, findings.c.name).where(findings.c.scan_id == "ended"))
        assert {row.arn.rpartition("/")[2]: row.name for row in named} == {
            "a": "alias/x", "b": "b", "c": "é", "d": "strange",
        }  # fmt: skip
        counted = connection.execute(sa.select(finding_counts)).all()
    place = ("ended", ALPHA, "prod-alpha", BERLIN, "", "NON_COMPLIANT")
    assert sorted(counted) == [(*place, False, 3), (*place, True, 1)]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_an_older_version_left_behind_is_all_there_after_the_upgrade(
    empty_database: Database, version: str
) -> None:
    leave(empty_database, version)
    upgrade(empty_database)
    with empty_database.read() as connection:
        for table, rows in tables_of(version).values():
            found = [dict(row._mapping) for row in connection.execute(sa.select(table))]
            assert sorted(map(repr, found)) == sorted(map(repr, rows)), table.name
    trail, requests = Trail(empty_database), RequestStore(empty_database)
    assert trail.verify().fault is None
    assert {each.state for each in requests.in_state(*RequestState)} == {RequestState.DONE, RequestState.PENDING}
    scan = ScanStore(empty_database).current()
    assert scan is not None
    assert scan.summary.exempt == len(ExemptionStore(empty_database).active()) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_an_older_version_that_still_runs_can_write_and_read_all_it_knows_in_the_new_schema(
    database: Database, version: str
) -> None:
    """Its statements name the columns that it knew: whatever is new must do without a word of it."""
    fill(database, version)
    with database.write() as connection:
        for table, rows in tables_of(version).values():
            found = [dict(row._mapping) for row in connection.execute(sa.select(table))]
            assert sorted(map(repr, found)) == sorted(map(repr, rows)), table.name
            for row in rows:
                same = sa.and_(
                    *(table.c[column.name] == row[column.name] for column in metadata.tables[table.name].primary_key)
                )
                assert connection.execute(sa.update(table).where(same).values(row)).rowcount == 1
    assert Trail(database).verify().fault is None
