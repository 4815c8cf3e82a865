"""Digests: kept as posted, with what the next one is compared to."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from bot.models.anchor import Anchor
from bot.models.digests import Baseline, Digest
from bot.models.messages import MessageKind
from bot.models.trail import Act, Entry
from bot.store.digests import DigestStore
from bot.store.engine import Database
from bot.store.messages import MessageStore
from bot.store.tables import digests
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
        made = store.create(each, {}, 0, by="U0LENA")
        assert made == replace(each, content=replace(each.content, anchor=made.content.anchor))
        assert store.get(each.id) == made
    assert store.get("none") is None


def test_each_digest_is_anchored_in_the_entry_that_records_it(store: DigestStore, database: Database) -> None:
    trail = Trail(database)
    for number, name in enumerate(("daily", "payments")):
        trail.record(Entry(at(number), "U0LENA", Act.REFUSED, "r1"))
        made = store.create(digest_of(name=name, minutes=number), {}, 0, by="U0LENA")
        [newest] = trail.newest(1)
        assert (newest.act, newest.subject) == (Act.DIGEST_POSTED, made.id)
        assert made.content.anchor == Anchor.of(newest)
    trail.record(Entry(at(9), "U0LENA", Act.REFUSED, "r1"))
    found = [each.content.anchor for name in ("daily", "payments") if (each := store.latest(name)) is not None]
    assert trail.verify([anchor for anchor in found if anchor is not None]).holds
    assert [anchor.sequence for anchor in found if anchor is not None] == [2, 4]


def test_the_anchor_is_exact_whoever_writes_at_once(store: DigestStore, database: Database) -> None:
    trail = Trail(database)

    def act(number: int) -> list[Digest]:
        if number % 2:
            return [store.create(digest_of(minutes=number, name=f"{number}"), {}, 0, by="U0LENA") for _ in range(5)]
        for _ in range(5):
            trail.record(Entry(at(number), "U0LENA", Act.REFUSED, "r1"))
        return []

    made = {each.id: each.content.anchor for found in all_at_once(act, threads=12) for each in found}
    assert len(made) == 30
    assert made == {each.subject: Anchor.of(each) for each in trail.entries() if each.act == Act.DIGEST_POSTED}


def test_a_digest_of_a_version_that_kept_no_anchor_can_be_read(store: DigestStore, database: Database) -> None:
    made = store.create(digest_of("a"), {}, 0, by="U0LENA")
    with database.write() as connection:
        content = connection.execute(sa.select(digests.c.content)).scalar_one()
        del content["anchor"]
        connection.execute(digests.update().values(content=content))
    assert store.get(made.id) == replace(made, content=replace(made.content, anchor=None))


def test_the_latest_digest_of_a_name_is_told(store: DigestStore) -> None:
    newer, older, other = digest_of(minutes=5), digest_of(minutes=1), digest_of(name="payments", minutes=9)
    newer, older, other = (store.create(each, {}, 0, by="U0LENA") for each in (newer, older, other))
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
