"""Narrowed scans: they refresh their part of the current scan, and no other part."""

import pytest

from bot.models.keys import Finding
from bot.models.scans import EVERYWHERE, Coverage, Scan, Summary
from bot.store.engine import Database
from bot.store.scans import ScanStore
from tests.store.samples import (
    ALPHA,
    BERLIN,
    BETA,
    IRELAND,
    OHIO,
    at,
    covered,
    failed,
    finding,
    rotating,
    run,
    scan,
)

EVERY_TARGET = [(account, region) for account in (ALPHA, BETA) for region in (BERLIN, IRELAND)]
NEW = 10
"""Minutes after noon when the narrowed scan reads."""


@pytest.fixture
def store(database: Database) -> ScanStore:
    return ScanStore(database)


@pytest.fixture
def everything(store: ScanStore) -> Scan:
    """One key without rotation in two Regions of two accounts."""
    return run(store, [finding("old", *target) for target in EVERY_TARGET], [covered(*each) for each in EVERY_TARGET])


def shown(store: ScanStore) -> tuple[list[Finding], list[Coverage]]:
    current = store.current()
    assert current is not None
    assert not current.scope
    return list(store.findings(current.id)), store.coverage(current.id)


def old(*targets: tuple[str, str]) -> list[Finding]:
    return [finding("old", *target) for target in targets]


def test_a_narrowed_scan_replaces_the_keys_of_its_targets_and_is_counted(store: ScanStore, everything: Scan) -> None:
    found = [rotating("new", region=BERLIN, minutes=NEW), finding("old", region=IRELAND, minutes=NEW)]
    read = [covered(region=BERLIN, keys=7), covered(region=IRELAND)]
    run(store, found, read, minutes=NEW, scope=f"account={ALPHA}")
    assert shown(store) == (
        [*found, *old((BETA, BERLIN), (BETA, IRELAND))],
        [*read, covered(BETA, BERLIN), covered(BETA, IRELAND)],
    )
    current = store.current()
    assert current is not None
    assert current.id == everything.id
    assert current.finished_at == everything.finished_at
    assert current.summary == Summary(compliant=1, non_compliant=3)


def test_a_narrowed_scan_keeps_its_own_account_of_what_it_found(store: ScanStore, everything: Scan) -> None:
    found = [rotating("new", minutes=NEW)]
    narrowed = run(store, found, [covered()], minutes=NEW, scope=f"account={ALPHA} region={BERLIN}")
    assert list(store.findings(narrowed.id)) == found
    assert store.coverage(narrowed.id) == [covered()]
    assert narrowed.summary == Summary(compliant=1)


def test_a_narrowed_scan_brings_in_an_account_that_is_new(store: ScanStore, everything: Scan) -> None:
    run(store, [finding("new", "333333333333")], [covered("333333333333")], minutes=NEW, scope="account=333333333333")
    found, read = shown(store)
    assert finding("new", "333333333333") in found
    assert covered("333333333333") in read
    assert len(found) == len(read) == 5


def test_a_target_that_could_not_be_read_this_time_does_not_stay_as_if_fresh(
    store: ScanStore, everything: Scan
) -> None:
    denied = failed(region=BERLIN, error="kms:ListKeys is denied.")
    run(store, [], [denied], minutes=NEW, scope=f"account={ALPHA} region={BERLIN}")
    assert shown(store) == (
        old((ALPHA, IRELAND), (BETA, BERLIN), (BETA, IRELAND)),
        [denied, covered(ALPHA, IRELAND), covered(BETA, BERLIN), covered(BETA, IRELAND)],
    )


def test_an_account_that_could_not_be_opened_this_time_does_not_stay_as_if_fresh(
    store: ScanStore, everything: Scan
) -> None:
    run(store, [], [failed()], minutes=NEW, scope=f"account={ALPHA}")
    assert shown(store) == (
        old((BETA, BERLIN), (BETA, IRELAND)),
        [failed(), covered(BETA, BERLIN), covered(BETA, IRELAND)],
    )
    assert store.current().summary == Summary(non_compliant=2)  # type: ignore[union-attr]  # shown above


def test_an_account_that_could_not_be_opened_for_one_region_keeps_what_was_read_in_the_others(
    store: ScanStore, everything: Scan
) -> None:
    run(store, [], [failed(), failed(BETA)], minutes=NEW, scope=f"region={IRELAND}")
    assert shown(store) == (
        old((ALPHA, BERLIN), (BETA, BERLIN)),
        [covered(ALPHA, BERLIN), failed(ALPHA, IRELAND), covered(BETA, BERLIN), failed(BETA, IRELAND)],
    )


def test_a_failure_of_an_account_is_kept_as_one_where_none_of_its_regions_in_scope_were_known(
    store: ScanStore, everything: Scan
) -> None:
    run(store, [], [failed()], minutes=NEW, scope=f"account={ALPHA} region={OHIO}")
    found, read = shown(store)
    assert found == old(*EVERY_TARGET)
    assert read == [failed(), *(covered(*target) for target in EVERY_TARGET)]


def test_the_failure_of_a_whole_account_stays_when_one_of_its_regions_is_read(store: ScanStore) -> None:
    run(store, [], [failed()])
    found = [finding("new", minutes=NEW)]
    run(store, found, [covered()], minutes=NEW, scope=f"account={ALPHA} region={BERLIN}")
    assert shown(store) == (found, [failed(), covered()])


def test_the_failure_of_a_whole_account_goes_when_the_account_is_read(store: ScanStore) -> None:
    run(store, [], [failed(), failed(BETA)])
    found = [finding("new", minutes=NEW)]
    run(store, found, [covered()], minutes=NEW, scope=f"account={ALPHA}")
    assert shown(store) == (found, [covered(), failed(BETA)])


def test_a_newer_failure_of_a_whole_account_replaces_the_older(store: ScanStore) -> None:
    run(store, [], [failed()])
    newer = failed(error="account:ListRegions is denied.")
    for scope in (f"account={ALPHA}", f"account={ALPHA} region={BERLIN}"):
        run(store, [], [newer], minutes=NEW, scope=scope)
        assert shown(store) == ([], [newer])


def test_a_region_that_an_account_does_not_scan_any_more_goes_with_its_keys(store: ScanStore, everything: Scan) -> None:
    found = [finding("old", minutes=NEW)]
    run(store, found, [covered()], minutes=NEW, scope=f"account={ALPHA}")
    assert shown(store) == (
        [*found, *old((BETA, BERLIN), (BETA, IRELAND))],
        [covered(), covered(BETA, BERLIN), covered(BETA, IRELAND)],
    )


def test_an_account_that_a_narrowed_scan_did_not_meet_stays_until_the_next_scan_of_everything(
    store: ScanStore, everything: Scan
) -> None:
    """It may have left the organisation, or only have been renamed: a scan of everything tells."""
    before = shown(store)
    found = [finding("old", region=region, minutes=0) for region in (BERLIN, IRELAND)]
    run(store, found, [covered(), covered(region=IRELAND)], minutes=NEW, scope="account=prod-*")
    assert shown(store) == before
    run(store, found, [covered(), covered(region=IRELAND)], minutes=2 * NEW)
    assert shown(store) == (found, [covered(), covered(region=IRELAND)])


def test_a_narrowed_scan_that_could_not_list_the_accounts_changes_nothing(store: ScanStore, everything: Scan) -> None:
    before = shown(store)
    denied = failed(EVERYWHERE, error="organizations:ListAccounts is denied.")
    narrowed = run(store, [], [denied], minutes=NEW, scope="account=prod-*")
    assert shown(store) == before
    assert store.coverage(narrowed.id) == [denied]


def test_the_failure_to_list_the_accounts_stays_when_one_account_is_read(store: ScanStore) -> None:
    denied = failed(EVERYWHERE, error="organizations:ListAccounts is denied.")
    run(store, [], [denied])
    run(store, [], [covered()], minutes=NEW, scope=f"account={ALPHA}")
    assert shown(store) == ([], [denied, covered()])


def test_a_narrowed_scan_that_began_before_the_current_one_brings_its_newer_readings_alone(store: ScanStore) -> None:
    narrowed = scan(minutes=0, scope=f"account={ALPHA}")
    store.begin(narrowed)
    run(store, [finding("a", minutes=2), finding("b", minutes=2), finding("c", minutes=2)], [covered()], minutes=2)
    mine = [rotating("a", minutes=1), rotating("b", minutes=4), rotating("deleted", minutes=1)]
    store.add(narrowed.id, mine, [failed()])
    store.finish(narrowed.id, at(5))
    assert shown(store) == (
        [finding("a", minutes=2), rotating("b", minutes=4), finding("c", minutes=2)],
        [covered()],
    )
    assert store.current().summary == Summary(compliant=1, non_compliant=2)  # type: ignore[union-attr]  # shown above


def test_keys_outside_any_target_that_was_told_change_nothing(store: ScanStore, everything: Scan) -> None:
    before = shown(store)
    run(store, [rotating("old", minutes=NEW)], [], minutes=NEW, scope=f"account={ALPHA}")
    assert shown(store) == before


def test_a_narrowed_scan_before_the_first_of_everything_is_folded_into_nothing(store: ScanStore) -> None:
    first = run(store, [finding("a")], [covered()], scope=f"account={ALPHA}")
    second = run(store, [], [failed()], minutes=NEW, scope=f"account={ALPHA}")
    assert list(store.findings(first.id)) == [finding("a")]
    assert store.current() == second
