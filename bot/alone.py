"""What it takes to do something alone, though several processes share a database."""

from collections.abc import Callable
from contextlib import AbstractContextManager

Alone = Callable[[str], AbstractContextManager[bool]]
"""Holds a name while a block runs. The block is told False where somebody else holds it: it is to do nothing then."""

Ensure = Callable[[str], None]
"""Looks whether a name is still held. Raises DatabaseAwayError where it was lost: the block is to end then."""
