"""What never changes in a key, remembered from scan to scan."""

from collections.abc import Sequence
from dataclasses import asdict

import sqlalchemy as sa

from bot.models.keys import ImmutableFacts, KeyArn
from bot.models.scans import Target
from bot.store.engine import Database, insert_missing
from bot.store.tables import key_facts

_BATCH = 500


class KeyFactStore:
    """Remembers facts by the key's ARN. Every method may be called from many threads at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def facts_of(self, target: Target) -> dict[str, ImmutableFacts]:
        """Return what is remembered of a target's keys, by ARN."""
        columns = (key_facts.c.arn, key_facts.c.manager, key_facts.c.spec, key_facts.c.usage, key_facts.c.origin)
        query = sa.select(*columns).where(key_facts.c.account == target.account.id, key_facts.c.region == target.region)
        with self._database.read() as connection:
            return {row.arn: ImmutableFacts(*row) for row in connection.execute(query)}

    def remember(self, facts: Sequence[ImmutableFacts]) -> None:
        """Remember facts; those that are known already stay as they are, since they cannot have changed."""
        with self._database.write() as connection:
            insert_missing(connection, key_facts, *(_values(each) for each in sorted(facts, key=lambda fact: fact.arn)))

    def forget(self, arns: Sequence[str]) -> None:
        """Forget keys that are gone."""
        with self._database.write() as connection:
            for start in range(0, len(arns), _BATCH):
                connection.execute(key_facts.delete().where(key_facts.c.arn.in_(arns[start : start + _BATCH])))


def _values(facts: ImmutableFacts) -> dict[str, str]:
    key = KeyArn.parse(facts.arn)
    return {**asdict(facts), "account": key.account, "region": key.region}
