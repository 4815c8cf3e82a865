"""What a piece of work is about, so that the lines which it writes into the log can be found together."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

AWS_REQUEST_ID = "aws_request_id"
"""The `extra` of a line that tells what came of a call to AWS."""

_NOTHING: Mapping[str, str] = MappingProxyType({})
_about: ContextVar[Mapping[str, str]] = ContextVar("about", default=_NOTHING)


@contextmanager
def about(**subjects: str) -> Iterator[None]:
    """Say what the block is about: `scan`, `account`, `request`, `change` or `message`, each by its id.

    Threads that are handed work go on with it where they run in a copy of this context.
    """
    token = _about.set({**_about.get(), **subjects})
    try:
        yield
    finally:
        _about.reset(token)


def subjects() -> Mapping[str, str]:
    """Return what the work in hand is about, by name."""
    return _about.get()
