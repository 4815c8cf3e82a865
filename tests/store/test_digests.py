"""Digests: kept as posted, with what the next one is compared to."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from zlib import crc32

import pytest
import sqlalchemy as sa

from bot.models.affairs import Affairs
from bot.models.anchor import Anchor
from bot.models.digests import Delta, DeltaKind, Digest, DigestForm
from bot.models.gaps import MOST_FAILURES, Gaps
from bot.models.keys import Verdict
from bot.models.messages import MessageKind
from bot.models.posture import PosturePoint
from bot.models.scans import Summary
from bot.models.trail import Act, Entry
from bot.rules.filters import Filter
from bot.store.current_scan import CURRENT
from bot.store.digests import DigestStore
from bot.store.engine import Database
from bot.store.history import History
from bot.store.messages import MessageStore
from bot.store.requests import RequestStore
from bot.store.tables import digests
from bot.store.trail import Trail
from bot.views.digest import digest as digest_view
from tests.store.crowd import all_at_once
from tests.store.digest_model import Baseline
from tests.store.digest_stage import Stage, kept
from tests.store.samples import (
    ALPHA,
    BETA,
    CHANNEL,
    arn_of,
    at,
    covered,
    digest_of,
    failed,
    finding,
    request_for,
    rotating,
)
from tests.views.reading import lines


@pytest.fixture
def store(database: Database) -> DigestStore:
    return DigestStore(database)


def test_all_that_a_digest_says_comes_back(store: DigestStore, database: Database) -> None:
    digest = digest_of("a", "b")
    bare = digest_of(minutes=1)
    bare = replace(bare, content=replace(bare.content, delta=None, previous_summary=None))
    for each in (digest, bare):
        made = kept(database, each)
        assert made == replace(each, content=replace(each.content, anchor=made.content.anchor))
        assert store.get(each.id) == made
    assert store.get("none") is None


def test_each_digest_is_anchored_in_the_entry_that_records_it(store: DigestStore, database: Database) -> None:
    trail = Trail(database)
    for number, name in enumerate(("daily", "payments")):
        trail.record(Entry(at(number), "U0LENA", Act.REFUSED, "r1"))
        made = kept(database, digest_of(name=name, minutes=number))
        [newest] = trail.newest(1)
        assert (newest.act, newest.subject) == (Act.DIGEST_POSTED, made.id)
        assert made.content.anchor == Anchor.of(newest)
    trail.record(Entry(at(9), "U0LENA", Act.REFUSED, "r1"))
    found = [each.content.anchor for name in ("daily", "payments") if (each := store.latest(name)) is not None]
    assert trail.verify([anchor for anchor in found if anchor is not None]).holds
    assert [anchor.sequence for anchor in found if anchor is not None] == [2, 4]


def test_the_anchor_is_exact_whoever_writes_at_once(database: Database) -> None:
    trail = Trail(database)

    def act(number: int) -> list[Digest]:
        if number % 2:
            return [kept(database, digest_of(minutes=number, name=f"{number}")) for _ in range(5)]
        for _ in range(5):
            trail.record(Entry(at(number), "U0LENA", Act.REFUSED, "r1"))
        return []

    made = {each.id: each.content.anchor for found in all_at_once(act, threads=12) for each in found}
    assert len(made) == 30
    assert made == {each.subject: Anchor.of(each) for each in trail.entries() if each.act == Act.DIGEST_POSTED}


def test_a_digest_of_a_version_that_kept_no_anchor_can_be_read(store: DigestStore, database: Database) -> None:
    made = kept(database, digest_of("a"))
    with database.write() as connection:
        content = connection.execute(sa.select(digests.c.content)).scalar_one()
        del content["anchor"]
        connection.execute(digests.update().values(content=content))
    assert store.get(made.id) == replace(made, content=replace(made.content, anchor=None))


def test_the_latest_digest_of_a_name_is_told(store: DigestStore, database: Database) -> None:
    newer, older, other = digest_of(minutes=5), digest_of(minutes=1), digest_of(name="payments", minutes=9)
    newer, older, other = (kept(database, each) for each in (newer, older, other))
    assert store.latest("daily") == newer
    assert store.latest("payments") == other
    assert store.latest("none") is None


def test_a_digest_is_recorded_and_owes_its_message_and_its_pages(database: Database) -> None:
    digest = digest_of("a", "b")
    kept(database, digest, 3)
    owed = MessageStore(database).due(at(0))
    assert [(message.kind, message.position, message.channel) for message in owed] == [
        (MessageKind.DIGEST, 0, CHANNEL),
        *[(MessageKind.DIGEST_REST, page, CHANNEL) for page in range(3)],
    ]
    [entry] = Trail(database).newest(10)
    assert (entry.act, entry.actor, entry.subject) == (Act.DIGEST_POSTED, "U0LENA", digest.id)
    assert entry.details == '{"channel": "C0SECURITY", "name": "daily", "open": 2}'


@pytest.mark.parametrize("form", DigestForm)
def test_each_digest_is_kept_with_its_baseline_its_entry_and_its_point_and_a_silent_one_is_not_posted(
    database: Database, form: DigestForm
) -> None:
    quiet = Stage(database, form=form)
    quiet.scan([finding("k"), rotating("r")], [], minutes=0)
    quiet.publish(2)
    made = DigestStore(database).latest("daily")
    assert made is not None
    is_silent = form is DigestForm.SILENT
    assert [each.kind for each in MessageStore(database).due(at(2))] == ([] if is_silent else [MessageKind.DIGEST])
    [entry] = [each for each in Trail(database).newest(10) if each.subject == made.id]
    assert entry.act == (Act.DIGEST_KEPT if is_silent else Act.DIGEST_POSTED)
    assert made.content.anchor == Anchor.of(entry)
    assert quiet.baseline[arn_of("k")] == Baseline(open=True, since=at(2))
    points = History(database).points("daily", at(0), at(9))
    assert points == [PosturePoint(at(2), Summary(compliant=1, non_compliant=1))]


def test_a_digest_of_a_version_that_compared_and_said_nothing_more_can_be_read_and_shown(
    store: DigestStore, database: Database
) -> None:
    made = kept(database, digest_of("a"))
    with database.write() as connection:
        content = connection.execute(sa.select(digests.c.content)).scalar_one()
        for name in ("made_on", "before_on", "form", "is_newer", "affairs"):
            del content[name]
        for key in content["top"]:
            for name in ("owner", "is_production", "reason", "news", "is_snoozed"):
                del key[name]
        connection.execute(digests.update().values(content=content))
    read = store.get(made.id)
    assert read is not None
    assert (read.content.form, read.content.made_on, read.content.affairs) == (DigestForm.FULL, None, Affairs())
    told = lines(digest_view(read, {}))
    assert told[0] == "🔑 Not everything could be read; since the digest before: 1 fixed, 1 new"
    assert "• Fixed: 1 – alias/ä" in told
    assert not any("owner" in line for line in told)


def test_a_digest_of_a_version_that_named_all_keys_can_be_read(store: DigestStore, database: Database) -> None:
    made = kept(database, digest_of("a"))
    with database.write() as connection:
        content = connection.execute(sa.select(digests.c.content)).scalar_one()
        content["delta"] = {"new": ["a"], "regressed": [], "fixed": [], "still_open": list("bcdefgh")}
        connection.execute(digests.update().values(content=content))
    read = store.get(made.id)
    assert read is not None
    assert read.content.delta == Delta(new=("a",), still_open=tuple("bcdefgh"))
    assert [read.content.delta.total(kind) for kind in DeltaKind] == [1, 0, 0, 7, 0, 0]


def test_a_digest_of_a_version_that_kept_all_that_could_not_be_read_can_be_read(
    store: DigestStore, database: Database
) -> None:
    failures = tuple(failed(BETA, f"xx-test-{number}") for number in range(20))
    unread = tuple(finding(f"unread-{number}", verdict=Verdict.INSUFFICIENT_DATA) for number in range(5))
    old = digest_of("a")
    content = replace(old.content, coverage_failures=failures, unread_keys=unread, unread_total=9)
    made = kept(database, replace(old, content=content))
    with database.write() as connection:
        stored = connection.execute(sa.select(digests.c.content)).scalar_one()
        del stored["failures_total"]
        connection.execute(digests.update().values(content=stored))
    read = store.get(made.id)
    assert read is not None
    assert read.content.gaps == Gaps(failures[:MOST_FAILURES], 20, unread, 9)


def test_each_name_has_a_baseline_of_its_own(database: Database) -> None:
    daily, payments = Stage(database), Stage(database, "payments", Filter(account=ALPHA))
    daily.scan([finding("a"), finding("b", BETA)], [], minutes=0)
    daily.publish(2)
    assert set(daily.baseline) == {arn_of("a"), arn_of("b", BETA)}
    assert payments.baseline == {}
    assert payments.publish(3).delta is None
    assert payments.baseline == {arn_of("a"): Baseline(open=True, since=at(3))}
    daily.scan([finding("a", minutes=4)], [], minutes=4)
    daily.publish(6)
    assert daily.baseline == {arn_of("a"): Baseline(open=True, since=at(2))}


def test_digests_of_one_name_at_once_are_made_one_after_the_other(database: Database) -> None:
    stage = Stage(database)
    stage.scan([finding(f"{key}") for key in range(20)], [], minutes=0)
    compared = all_at_once(lambda _: stage.publish(2), threads=10)
    assert sorted(comparison.delta is None for comparison in compared) == [False] * 9 + [True]
    assert all(each.delta == Delta(totals={DeltaKind.STILL_OPEN: 20}) for each in compared if each.delta is not None)
    assert set(stage.baseline.values()) == {Baseline(open=True, since=at(2))}
    assert len(Trail(database).newest(100)) == 12


def test_no_scan_can_end_while_a_digest_is_made(database: Database) -> None:
    """What the digest says and what the next one compares with are of the same findings."""
    stage = Stage(database)
    stage.scan([finding("a")], [], minutes=0)
    assert not is_held(database)
    seen: list[bool] = []
    stage.publish(2, meanwhile=lambda: seen.append(is_held(database)))
    assert seen == [True]
    assert not is_held(database)


def is_held(database: Database) -> bool:
    """Say whether whoever changes the current scan would have to wait now."""
    if database.engine.dialect.name == "postgresql":
        with database.read() as connection:
            turn = sa.func.pg_try_advisory_xact_lock(crc32(CURRENT.encode()))
            return not connection.execute(sa.select(turn)).scalar_one()
    with closing(sqlite3.connect(str(database.engine.url.database), timeout=0)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False


@pytest.mark.parametrize(("name", "since", "is_made"), [("daily", 5.1, True), ("daily", 5, False), ("other", 0, True)])
def test_a_digest_is_left_out_where_there_is_one_of_its_name_since_a_moment(
    store: DigestStore, database: Database, name: str, since: float, is_made: bool
) -> None:
    Stage(database).scan([finding("a")], [], minutes=0)
    kept(database, digest_of(minutes=5))
    made = store.publish(
        name, Filter(), 10, at(6), lambda _: digest_of(name=name, minutes=6), by="U0LENA", since=at(since)
    )
    assert (made is not None) is is_made
    newest = store.latest(name)
    assert newest is not None
    assert newest.created_at == at(6 if is_made else 5)


def test_of_many_that_make_the_digest_of_one_firing_one_does(store: DigestStore, database: Database) -> None:
    Stage(database).scan([finding("a")], [], minutes=0)

    def make(number: int) -> Digest | None:
        made_at = 2 + number / 100
        made = digest_of(minutes=made_at)
        return store.publish("daily", Filter(), 10, at(made_at), lambda _: made, by="U0LENA", since=at(2))

    assert len([each for each in all_at_once(make, threads=10) if each is not None]) == 1


def test_of_hidden_accounts_nothing_is_counted_named_or_missed(database: Database) -> None:
    stage = Stage(database)
    found = [finding("a", ALPHA), finding("b", BETA), rotating("c", BETA)]
    read = [covered(ALPHA), covered(BETA)]
    stage.scan(found, read, 0)
    stage.publish(10)
    seen = replace(stage, scope=Filter(hidden=(BETA,)))
    compared = seen.publish(20)
    assert compared.summary == Summary(non_compliant=1)
    assert compared.hidden_accounts == 1
    assert [key.arn for key in compared.first] == [arn_of("a", ALPHA)]
    assert compared.delta == Delta(totals={DeltaKind.STILL_OPEN: 1})
    stage.scan([finding("a", ALPHA, minutes=30), rotating("b", BETA, minutes=30)], read, 29)
    assert seen.publish(40).delta == Delta(totals={DeltaKind.STILL_OPEN: 1})
    shown_again = stage.publish(50).delta
    assert shown_again is not None
    assert shown_again.fixed == ("b",)


def test_of_hidden_accounts_no_request_and_no_exemption_is_told(database: Database) -> None:
    stage = Stage(database, scope=Filter(hidden=(ALPHA,)))
    stage.scan([finding("a", ALPHA), finding("b", BETA)], [covered(ALPHA), covered(BETA)], 0)
    RequestStore(database).create(request_for("a"), CHANNEL)
    assert stage.publish(10).affairs.waiting == ()
    told = replace(stage, scope=Filter(hidden=(BETA,))).publish(20)
    assert len(told.affairs.waiting) == 1
