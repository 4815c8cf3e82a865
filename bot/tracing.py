"""What a piece of work is about, so that the lines which it writes into the log can be found together."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from types import MappingProxyType
from typing import ParamSpec, TypeVar

AWS_REQUEST_ID = "aws_request_id"
"""The `extra` of a line that tells what came of a call to AWS."""

Told = ParamSpec("Told")
Result = TypeVar("Result")

_NOTHING: Mapping[str, str] = MappingProxyType({})
_about: ContextVar[Mapping[str, str]] = ContextVar("about", default=_NOTHING)


@contextmanager
def about(**subjects: str) -> Iterator[None]:
    """Say what the block is about: `scan`, `request`, `message` or whatever docs/monitoring.md names, each by its id.

    Threads go on with it where `following` or `FollowingThreads` starts them.
    """
    token = _about.set({**_about.get(), **subjects})
    try:
        yield
    finally:
        _about.reset(token)


def learned(**subjects: str) -> None:
    """Say what the work in hand turned out to be about, for the rest of it. Where none is in hand, it says nothing."""
    if _about.get() is not _NOTHING:
        _about.set({**_about.get(), **subjects})


def begun(**subjects: str) -> None:
    """Say what this context is about, to its end: a library that runs us in one of its own tells of it afterwards."""
    _about.set(subjects)


def subjects() -> Mapping[str, str]:
    """Return what the work in hand is about, by name."""
    return _about.get()


def following(function: Callable[Told, Result]) -> Callable[Told, Result]:
    """Have a function that another thread will call go on with what the work in hand is about."""
    context = copy_context()

    def follow(*args: Told.args, **kwargs: Told.kwargs) -> Result:
        return context.copy().run(function, *args, **kwargs)

    return follow


class FollowingThreads(ThreadPoolExecutor):
    """Threads that go on with what the work is about that hands them something: with `submit` and with `map`."""

    def submit(self, fn: Callable[Told, Result], /, *args: Told.args, **kwargs: Told.kwargs) -> Future[Result]:
        return super().submit(following(fn), *args, **kwargs)
