"""For tests that type a command in their own process."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture
def quiet_logging() -> Iterator[None]:
    """Give pytest its log back from the commands that were typed."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
