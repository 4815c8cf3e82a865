"""Every store test runs on SQLite and on PostgreSQL, each time in a database of its own."""

from collections.abc import Iterator

import pytest

from bot.store.engine import Database
from tests.store.databases import KINDS, MakeUrl, postgresql_server, sqlite_files


@pytest.fixture(scope="session")
def make_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeUrl]:
    with sqlite_files(tmp_path_factory.mktemp("sqlite")) as make:
        yield make


@pytest.fixture(scope="session")
def make_postgresql() -> Iterator[MakeUrl]:
    with postgresql_server() as make:
        yield make


@pytest.fixture(params=KINDS)
def make_url(request: pytest.FixtureRequest) -> MakeUrl:
    make: MakeUrl = request.getfixturevalue(f"make_{request.param}")
    return make


@pytest.fixture
def database(make_url: MakeUrl) -> Iterator[Database]:
    database = Database(make_url("migrated"))
    yield database
    database.close()


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
