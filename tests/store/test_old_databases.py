"""Databases of older versions: what is in them is there after the upgrade, and can be used."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from bot.models.keys import KeyArn
from bot.store import schema
from bot.store.engine import Database
from bot.store.schema import upgrade
from bot.store.tables import digest_baselines
from tests.store.samples import ALPHA, OHIO, arn_of, at


def upgrade_to(database: Database, revision: str) -> None:
    """Make the schema of an older version."""
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_keys_of_old_baselines_are_told_where_they_are(empty_database: Database) -> None:
    upgrade_to(empty_database, "0002")
    keys = {arn_of(f"{number}", ALPHA, OHIO) for number in range(1001)}
    keys.add("arn:aws-us-gov:kms:us-gov-west-1:222222222222:key/mrk-1")
    with empty_database.write() as connection:
        columns = [digest_baselines.c[each] for each in ("name", "arn", "open", "since")]
        old = sa.table("digest_baselines", *(sa.column(each.name, each.type) for each in columns))
        rows = [{"name": name, "arn": arn, "open": True, "since": at(0)} for name in ("daily", "team") for arn in keys]
        connection.execute(old.insert(), rows)
    upgrade(empty_database)
    with empty_database.read() as connection:
        found = connection.execute(sa.select(digest_baselines)).all()
    assert len(found) == 2 * len(keys)
    for row in found:
        key = KeyArn.parse(row.arn)
        assert (row.account, row.region, row.open, row.since) == (key.account, key.region, True, at(0))
