"""What all tests share: databases, fresh for each test."""

from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pytest

from bot.store.engine import Database
from tests.store.databases import (
    KINDS,
    MakeUrl,
    Postgresql,
    copies_of,
    postgresql_server,
    sqlite_template,
    without_waiting_for_the_disk,
)


@pytest.fixture(scope="session", autouse=True)
def unhurt_by_power_cuts() -> Iterator[None]:
    """Processes die in these tests, machines do not: a third of the time would go into waiting for the disk."""
    with without_waiting_for_the_disk():
        yield


@pytest.fixture(scope="session")
def sqlite_of_this_worker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sqlite_template(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def make_sqlite(sqlite_of_this_worker: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeUrl]:
    folder = tmp_path_factory.mktemp("databases")
    yield copies_of(sqlite_of_this_worker, folder)
    rmtree(folder)


@pytest.fixture(scope="session")
def postgresql_of_this_worker() -> Iterator[Postgresql]:
    with postgresql_server() as server:
        yield server


@pytest.fixture
def make_postgresql(postgresql_of_this_worker: Postgresql) -> Iterator[MakeUrl]:
    yield postgresql_of_this_worker.make
    postgresql_of_this_worker.take_back()


@pytest.fixture(params=KINDS)
def make_url(request: pytest.FixtureRequest) -> MakeUrl:
    """Who asks for this, or for what stands on it, runs on each kind of database."""
    make: MakeUrl = request.getfixturevalue(f"make_{request.param}")
    return make


@pytest.fixture
def database(make_url: MakeUrl) -> Iterator[Database]:
    made = Database(make_url("migrated"))
    yield made
    made.close()
