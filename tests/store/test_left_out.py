"""Accounts that are left out are told with the scan that leaves them out, and the current scan follows newer ones."""

from dataclasses import replace

import pytest

from bot.models.scans import EVERYWHERE, LeftOut, Scan, Summary
from bot.rules.filters import Filter
from bot.store.engine import Database
from bot.store.left_out import left_out_in
from bot.store.scans import ScanStore
from tests.store.samples import ALPHA, BERLIN, BETA, IRELAND, at, covered, failed, finding, run, scan

CLOSED = LeftOut("666666666666", "closed-experiment", "It is closed (CLOSED).")
DEV = LeftOut("777777777777", "dev-jonas", "It is excluded by scan.exclude.accounts[1], “dev-*”.")
ALPHA_CLOSED = LeftOut(ALPHA, "alpha", "It is closed (CLOSED).")


@pytest.fixture
def store(database: Database) -> ScanStore:
    return ScanStore(database)


def leaving_out(store: ScanStore, *accounts: LeftOut, minutes: float = 0, scope: str = "") -> Scan:
    """Scan for one minute, and leave accounts out; alpha and beta have a key each unless they are left out."""
    made = scan(minutes=minutes, scope=scope)
    store.begin(made)
    store.leave_out(made.id, accounts)
    gone = {each.account for each in accounts}
    within = Filter.parse(scope)
    for account in (ALPHA, BETA):
        found = finding("key", account, BERLIN, minutes=minutes)
        if account not in gone and within.matches(found):
            store.add(made.id, [found], [covered(account, BERLIN)])
    return store.finish(made.id, at(minutes + 1))


def test_they_are_told_in_order_with_their_scan(store: ScanStore) -> None:
    first = leaving_out(store, DEV, CLOSED)
    second = leaving_out(store, CLOSED, minutes=5)
    assert store.left_out(first.id) == [CLOSED, DEV]
    assert store.left_out(second.id) == [CLOSED]


def test_ten_thousand_are_stored_at_once(store: ScanStore) -> None:
    many = [LeftOut(f"{number:012}", f"dev-{number}", DEV.why) for number in range(10_000)]
    assert store.left_out(leaving_out(store, *many).id) == many


def test_the_account_part_of_a_filter_names_some(store: ScanStore, database: Database) -> None:
    made = leaving_out(store, DEV, CLOSED)
    with database.read() as connection:
        for text, found in (
            ("", (CLOSED, DEV)), ("account=DEV-*", (DEV,)), ("account=666666666666", (CLOSED,)), ("account=x", ()),
            ("account=dev-* region=mars", (DEV,)),
        ):  # fmt: skip
            assert left_out_in(connection, made.id, Filter.parse(text)) == found


def test_a_narrowed_scan_that_leaves_an_account_out_takes_it_from_the_current_one(store: ScanStore) -> None:
    current = leaving_out(store, DEV)
    assert current.summary == Summary(non_compliant=2)
    leaving_out(store, ALPHA_CLOSED, minutes=5, scope=f"account={ALPHA}")
    shown = store.current()
    assert shown is not None
    assert (shown.id, shown.summary) == (current.id, Summary(non_compliant=1))
    assert store.left_out(current.id) == [ALPHA_CLOSED, DEV]
    assert store.coverage(current.id) == [covered(BETA, BERLIN)]
    assert [each.account for each in store.findings(current.id)] == [BETA]


def test_a_narrowed_scan_that_reads_an_account_has_it_left_out_no_more(store: ScanStore) -> None:
    current = leaving_out(store, DEV, ALPHA_CLOSED)
    leaving_out(store, minutes=5, scope=f"account={ALPHA}")
    shown = store.current()
    assert shown is not None
    assert (shown.id, shown.summary) == (current.id, Summary(non_compliant=2))
    assert store.left_out(current.id) == [DEV]


def test_what_a_narrowed_scan_did_not_meet_stays_left_out(store: ScanStore) -> None:
    current = leaving_out(store, DEV, CLOSED)
    leaving_out(store, minutes=5, scope=f"account={BETA}")
    assert store.left_out(current.id) == [CLOSED, DEV]


def test_they_go_with_the_scan_that_nobody_is_shown_any_more(store: ScanStore) -> None:
    old = leaving_out(store, DEV)
    for minutes in (5, 10, 15):
        run(store, minutes=minutes)
    store.prune(lambda _: False)
    assert store.left_out(old.id) == []


def test_a_scan_that_had_lost_accounts_before_it_was_killed_can_be_ended(store: ScanStore) -> None:
    """Both say something of all accounts: that a unit is missing, and that the rest was not read."""
    everywhere = failed(EVERYWHERE, EVERYWHERE)
    made = scan()
    store.begin(made)
    store.add(made.id, [], [replace(everywhere, error="There is no unit ou-ab12-nowhere0.")])
    store.interrupt(made.id, at(1), [replace(everywhere, error="The scan was cut off.")])
    [told] = store.coverage(made.id)
    assert told.error == "There is no unit ou-ab12-nowhere0. The scan was cut off."


def test_what_a_killed_scan_had_not_read_stays_although_it_had_lost_accounts_before(store: ScanStore) -> None:
    """Nobody knows its plan any more, so a Region without a line of its own is not one that is scanned no more."""
    current = run(store, [finding("key", ALPHA, region) for region in (BERLIN, IRELAND)],
                  [covered(ALPHA, region) for region in (BERLIN, IRELAND)])  # fmt: skip
    killed = scan(minutes=5)
    store.begin(killed)
    store.add(killed.id, [], [failed(EVERYWHERE, EVERYWHERE)])
    store.add(killed.id, [finding("key", ALPHA, BERLIN, minutes=5)], [covered(ALPHA, BERLIN)])
    store.interrupt(killed.id, at(6), [failed(EVERYWHERE, EVERYWHERE, "The scan was cut off.")])
    shown = store.current()
    assert shown is not None
    assert shown.id == current.id
    assert {(each.region) for each in store.findings(current.id)} == {BERLIN, IRELAND}
    assert tuple(each.region for each in store.coverage(current.id)) == (BERLIN, IRELAND)
