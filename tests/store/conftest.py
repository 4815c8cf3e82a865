"""Databases of other states and kinds than most of the store's tests stand on."""

from collections.abc import Iterator

import pytest

from bot.store.engine import Database
from tests.store.databases import MakeUrl


@pytest.fixture
def empty_database(make_url: MakeUrl) -> Iterator[Database]:
    database = Database(make_url("empty"))
    yield database
    database.close()


@pytest.fixture
def sqlite_database(make_sqlite: MakeUrl) -> Iterator[Database]:
    database = Database(make_sqlite("migrated"))
    yield database
    database.close()
