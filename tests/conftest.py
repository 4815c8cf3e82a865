"""What all tests share."""

from collections.abc import Iterator

import pytest

from tests.store.databases import without_waiting_for_the_disk


@pytest.fixture(scope="session", autouse=True)
def unhurt_by_power_cuts() -> Iterator[None]:
    """Processes die in these tests, machines do not: a third of the time would go into waiting for the disk."""
    with without_waiting_for_the_disk():
        yield
