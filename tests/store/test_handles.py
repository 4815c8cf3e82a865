"""Handles: one a key, for ever, whoever asks first."""

import re

import pytest

from bot.store.engine import Database
from bot.store.handles import KeyHandles
from tests.store.crowd import all_at_once
from tests.store.samples import arn_of


@pytest.fixture
def handles(database: Database) -> KeyHandles:
    return KeyHandles(database)


def test_a_key_keeps_its_handle_and_is_found_by_it(handles: KeyHandles) -> None:
    first = handles.of([arn_of("a"), arn_of("b"), arn_of("a")])
    assert list(first) == [arn_of("a"), arn_of("b")]
    assert handles.of([arn_of("c"), arn_of("a")])[arn_of("a")] == first[arn_of("a")]
    assert {handles.arn(handle) for handle in first.values()} == {arn_of("a"), arn_of("b")}


def test_a_handle_says_nothing_about_its_key(handles: KeyHandles) -> None:
    [handle] = handles.of([arn_of("a")]).values()
    assert re.fullmatch("k[0-9a-f]{16}", handle)


def test_a_handle_that_nobody_was_given_finds_nothing(handles: KeyHandles) -> None:
    assert handles.arn("k0000000000000000") is None
    assert handles.of([]) == {}


def test_every_key_has_a_handle_of_its_own_however_many(handles: KeyHandles) -> None:
    arns = [arn_of(f"{number}") for number in range(1200)]
    given = handles.of(arns)
    assert list(given) == arns
    assert len(set(given.values())) == 1200
    assert handles.of(reversed(arns)) == given


def test_many_who_ask_for_the_same_new_keys_at_once_get_the_same_handles(handles: KeyHandles) -> None:
    for round_ in range(5):
        arns = [arn_of(f"{round_}-{number}") for number in range(30)]

        def ask(number: int, arns: list[str] = arns) -> dict[str, str]:
            return handles.of(arns if number % 2 else reversed(arns))

        first, *others = all_at_once(ask, threads=12)
        assert len(first) == 30
        assert all(other == first for other in others)


def test_known_handles_are_read_without_waiting_for_a_writer(handles: KeyHandles, database: Database) -> None:
    given = handles.of([arn_of("a")])
    with database.write():
        assert handles.of([arn_of("a")]) == given
