"""What those who watch are told of the database is what counting every row gives."""

from functools import partial

import pytest
import sqlalchemy as sa

from bot.models.digests import Digest
from bot.models.keys import Verdict
from bot.models.messages import MessageKind
from bot.models.requests import ChangeState, RequestState
from bot.models.scans import EVERYWHERE, Account, CoverageStatus
from bot.models.slack import SlackFailure, SlackFailureKind
from bot.models.trail import SYSTEM, Act, Entry
from bot.models.watch import Census, KeyGroup, ScanTimes
from bot.rules.filters import Filter
from bot.store.census import CensusTaker
from bot.store.digests import DigestStore
from bot.store.engine import Database
from bot.store.messages import MessageStore, owe
from bot.store.requests import RequestStore
from bot.store.scans import ScanStore
from bot.store.tables import audit_entries, audit_head
from bot.store.trail import Trail
from tests.store.samples import (
    ALPHA,
    BETA,
    CHANNEL,
    IRELAND,
    at,
    covered,
    digest_of,
    failed,
    finding,
    request_for,
    rotating,
    run,
    scan,
)

ONE, TWO = Account(ALPHA, "prod-alpha"), Account(BETA, "prod-beta")


@pytest.fixture
def taker(database: Database) -> CensusTaker:
    return CensusTaker(database)


def test_of_a_new_database_there_is_nothing_to_tell(taker: CensusTaker) -> None:
    assert taker.take() == Census()
    assert taker.last_scan() is None


def test_keys_and_targets_are_those_of_the_current_scan_by_account(database: Database, taker: CensusTaker) -> None:
    store = ScanStore(database)
    run(store, [finding("old")], [covered()])
    found = [
        finding("open"),
        finding("open-too", region=IRELAND),
        finding("excused", exempt_until=at(10_000)),
        rotating("fine", BETA),
        finding("unread", BETA, verdict=Verdict.INSUFFICIENT_DATA),
    ]
    run(store, found, [covered(), covered(region=IRELAND), failed(BETA, EVERYWHERE)], minutes=10)
    census = taker.take()
    assert census.keys == {
        KeyGroup(ONE, Verdict.NON_COMPLIANT): 2,
        KeyGroup(ONE, Verdict.NON_COMPLIANT, is_exempt=True): 1,
        KeyGroup(TWO, Verdict.COMPLIANT): 1,
        KeyGroup(TWO, Verdict.INSUFFICIENT_DATA): 1,
    }
    assert census.targets == {(ONE, CoverageStatus.SCANNED): 2, (TWO, CoverageStatus.FAILED): 1}


def test_only_a_scan_of_everything_that_was_finished_counts_as_the_last_one(
    database: Database, taker: CensusTaker
) -> None:
    store = ScanStore(database)
    run(store, [finding("whole")], [covered()], minutes=10)
    run(store, [finding("narrow")], [covered()], minutes=20, scope="account=prod-alpha")
    stopped = scan(minutes=30)
    store.begin(stopped)
    store.interrupt(stopped.id, at(31), [covered()])
    assert taker.last_scan() == taker.take().last_scan == ScanTimes(at(10), at(11))


def test_an_account_that_was_renamed_while_it_was_scanned_is_counted_once(
    database: Database, taker: CensusTaker
) -> None:
    renamed = [finding("a", account_name="after"), finding("b", region=IRELAND, account_name="before")]
    run(ScanStore(database), renamed, [covered(), covered(region=IRELAND)])
    assert taker.take().keys == {KeyGroup(Account(ALPHA, "before"), Verdict.NON_COMPLIANT): 2}


def test_a_scan_under_way_is_told(database: Database, taker: CensusTaker) -> None:
    ScanStore(database).begin(scan())
    assert taker.take().is_scanning


def test_requests_and_changes_are_told_by_state_with_the_oldest_that_waits(
    database: Database, taker: CensusTaker
) -> None:
    store = RequestStore(database)
    for number, minutes in enumerate((30, 10, 20)):
        assert store.create(request_for(f"key-{number}", minutes=minutes), CHANNEL)
    census = taker.take()
    assert census.requests == {RequestState.PENDING: 3}
    assert census.oldest == {RequestState.PENDING: at(10)}
    assert census.changes == {ChangeState.QUEUED: 3}
    assert census.owed == 3


def test_messages_that_are_owed_or_lost_and_channels_that_take_none_are_told(
    database: Database, taker: CensusTaker
) -> None:
    store = MessageStore(database)
    with database.write() as connection:
        for number in range(4):
            owe(connection, MessageKind.REQUEST, f"request-{number}", CHANNEL, at(0))
    first, second, third, _ = store.due(at(1))
    store.mark_shown(first, "1.0", at(1))
    store.mark_lost(second, "gone", at(1))
    store.mark_refused(third, SlackFailure(SlackFailureKind.CHANNEL, "is_archived"), at(5), at(1), None)
    census = taker.take()
    assert (census.owed, census.lost, census.refusing) == (2, 1, 1)


def test_the_record_is_told_by_its_length_and_whether_it_ends_where_its_head_says(
    database: Database, taker: CensusTaker
) -> None:
    for number in range(3):
        Trail(database).record(Entry(at(number), SYSTEM, Act.BOT_STARTED, "B"))
    assert (taker.take().audit_entries, taker.take().is_chain_whole) == (3, True)


@pytest.mark.parametrize(
    "tampering",
    [
        audit_entries.delete().where(audit_entries.c.sequence == 3),
        audit_entries.update().where(audit_entries.c.sequence == 3).values(hash="f" * 64),
        audit_head.update().values(sequence=2),
        audit_head.update().values(hash="f" * 64),
    ],
    ids=["the last entry is gone", "its hash is another", "the head goes back", "the head's hash is another"],
)
def test_a_trail_that_was_cut_at_its_end_is_told(
    database: Database, taker: CensusTaker, tampering: sa.Delete | sa.Update
) -> None:
    for number in range(3):
        Trail(database).record(Entry(at(number), SYSTEM, Act.BOT_STARTED, "B"))
    with database.write() as connection:
        connection.execute(tampering)
    assert not taker.take().is_chain_whole


def _always(made: Digest, _comparison: object) -> Digest:
    return made


def test_digests_are_told_by_the_newest_of_each_name(database: Database, taker: CensusTaker) -> None:
    run(ScanStore(database), [finding("a")], [covered()])
    store = DigestStore(database)
    for name, minutes in (("daily", 10), ("daily", 30), ("payments", 20)):
        made = digest_of("a", name=name, minutes=minutes)
        store.publish(name, Filter(), 10, at(minutes), partial(_always, made), by=SYSTEM)
    assert taker.take().digests == {"daily": at(30), "payments": at(20)}
