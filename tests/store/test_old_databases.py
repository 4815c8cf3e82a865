"""Databases of older versions: what is in them is there after the upgrade, and can be used."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from bot.models.keys import KeyArn
from bot.store import schema
from bot.store.engine import Database
from bot.store.scan_rows import finding_values
from bot.store.schema import upgrade
from bot.store.tables import digest_baselines, finding_counts, findings, scans
from tests.store.samples import ALPHA, BERLIN, OHIO, arn_of, at, finding


def upgrade_to(database: Database, revision: str) -> None:
    """Make the schema of an older version."""
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def as_it_was(table: sa.Table, *names: str) -> sa.TableClause:
    """Return a table with those columns alone that it had then."""
    return sa.table(table.name, *(sa.column(name, table.c[name].type) for name in names))


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
