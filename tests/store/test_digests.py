"""Digests: kept as posted, with what the next one is compared to."""

from dataclasses import replace

import pytest

from bot.models.digests import Baseline
from bot.models.messages import MessageKind
from bot.models.trail import Act
from bot.store.digests import DigestStore
from bot.store.engine import Database
from bot.store.messages import MessageStore
from bot.store.trail import Trail
from tests.store.crowd import all_at_once
from tests.store.samples import CHANNEL, arn_of, at, digest_of


@pytest.fixture
def store(database: Database) -> DigestStore:
    return DigestStore(database)


def test_all_that_a_digest_says_comes_back(store: DigestStore) -> None:
    digest = digest_of("a", "b")
    bare = digest_of(minutes=1)
    bare = replace(bare, content=replace(bare.content, delta=None, previous_summary=None))
    for each in (digest, bare):
        store.create(each, {}, 0, by="U0LENA")
        assert store.get(each.id) == each
    assert store.get("none") is None


def test_the_latest_digest_of_a_name_is_told(store: DigestStore) -> None:
    newer, older, other = digest_of(minutes=5), digest_of(minutes=1), digest_of(name="payments", minutes=9)
    for each in (newer, older, other):
        store.create(each, {}, 0, by="U0LENA")
    assert store.latest("daily") == newer
    assert store.latest("payments") == other
    assert store.latest("none") is None


def test_a_digest_is_recorded_and_owes_its_message_and_its_pages(store: DigestStore, database: Database) -> None:
    digest = digest_of("a", "b")
    store.create(digest, {}, 3, by="U0LENA")
    owed = MessageStore(database).due(at(0))
    assert [(message.kind, message.position, message.channel) for message in owed] == [
        (MessageKind.DIGEST, 0, CHANNEL),
        *[(MessageKind.DIGEST_REST, page, CHANNEL) for page in range(3)],
    ]
    [entry] = Trail(database).newest(10)
    assert (entry.act, entry.actor, entry.subject) == (Act.DIGEST_POSTED, "U0LENA", digest.id)
    assert entry.details == '{"channel": "C0SECURITY", "name": "daily", "open": 2}'


def test_the_baseline_of_a_name_is_replaced_whole(store: DigestStore) -> None:
    assert store.baseline("daily") == {}
    first = {arn_of(f"{number}"): Baseline(number % 2 == 0, at(number)) for number in range(2500)}
    store.create(digest_of(), first, 0, by="U0LENA")
    store.create(digest_of(name="payments"), {arn_of("p"): Baseline(open=True, since=at(1))}, 0, by="U0LENA")
    assert store.baseline("daily") == first
    second = {arn_of("7"): Baseline(open=True, since=at(9))}
    store.create(digest_of(minutes=1), second, 0, by="U0LENA")
    assert store.baseline("daily") == second
    assert store.baseline("payments") == {arn_of("p"): Baseline(open=True, since=at(1))}


def test_digests_of_one_name_at_once_leave_the_baseline_of_one(store: DigestStore, database: Database) -> None:
    baselines = [{arn_of(f"{key}"): Baseline(True, at(number)) for key in range(20)} for number in range(10)]

    def post(number: int) -> None:
        store.create(digest_of(minutes=number), baselines[number], 1, by="U0LENA")

    all_at_once(post, threads=10)
    assert store.baseline("daily") in baselines
    assert len(Trail(database).newest(100)) == 10


def test_whether_a_digest_was_made_since_a_moment_is_told(store: DigestStore) -> None:
    store.create(digest_of(minutes=5), {}, 0, by="U0LENA")
    assert store.made_for("daily", at(5))
    assert store.made_for("daily", at(4))
    assert not store.made_for("daily", at(5.1))
    assert not store.made_for("payments", at(0))
