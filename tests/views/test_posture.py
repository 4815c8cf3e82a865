"""How the organisation stands, and what a scan covered: never more than was read."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.gaps import Gaps
from bot.models.keys import Verdict
from bot.models.posture import MOST_ACCOUNTS, AccountsCovered, ListPage
from bot.models.scans import Coverage, CoverageStatus, ScanState, Summary
from bot.views.accounts import accounts
from bot.views.listing import listing
from bot.views.posture import headline, percent, status
from tests.store.samples import at
from tests.views.reading import lines
from tests.views.samples import (
    ORDINARY,
    ORGANISATION,
    RUNNING,
    open_finding,
    posture_of,
    scan,
)


@pytest.mark.parametrize(
    ("summary", "has_failures", "scope", "title"),
    [
        (Summary(compliant=3), False, "", "Every key that can rotate does so as it should"),
        (
            Summary(compliant=3, exempt=1),
            False,
            "",
            "Every key that can rotate does so as it should, 1 exempt key aside",
        ),
        (
            Summary(compliant=3, exempt=2),
            False,
            "",
            "Every key that can rotate does so as it should, 2 exempt keys aside",
        ),
        (Summary(exempt=2), False, "", "Every key that could rotate is exempt"),
        (Summary(), False, "", "There is no key here that could rotate"),
        (Summary(not_applicable=9), False, "", "There is no key here that could rotate"),
        (Summary(compliant=3), True, "", "No open key was found, but not everything could be read"),
        (
            Summary(compliant=3, insufficient_data=1),
            False,
            "",
            "No open key was found, but not everything could be read",
        ),
        (Summary(), True, "", "No key was found, and not everything could be read"),
        (Summary(), True, "alias=web-*", "No open key was found, but not everything could be read"),
        (Summary(not_applicable=1), True, "", "No open key was found, but not everything could be read"),
        (Summary(), False, "team=web", "No open key belongs to this team"),
        (Summary(), True, "team=web", "No open key was found, but not everything could be read"),
        (Summary(non_compliant=1), False, "", "1 key does not rotate as it should"),
        (Summary(non_compliant=1), True, "team=web", "1 key does not rotate as it should"),
        (Summary(compliant=9, non_compliant=2000), True, "", "2,000 keys do not rotate as they should"),
    ],
)
def test_the_headline_never_says_more_than_was_read(
    summary: Summary, has_failures: bool, scope: str, title: str
) -> None:
    assert headline(summary, has_failures, scope) == title


counts = st.integers(0, 3)


@given(st.builds(Summary, counts, counts, counts, counts, counts), st.booleans())
def test_all_is_well_only_where_all_was_read(summary: Summary, has_failures: bool) -> None:
    title = headline(summary, has_failures, "")
    if title.startswith("Every key that can"):
        assert summary.compliant
        assert not summary.non_compliant
        assert not summary.insufficient_data
        assert not has_failures
        assert ("exempt" in title) == bool(summary.exempt)
    assert ("do not rotate" in title or "does not rotate" in title) == bool(summary.non_compliant)


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        (Summary(), "No key could be judged."),
        (Summary(exempt=3, insufficient_data=2), "No key could be judged."),
        (Summary(compliant=1), "100% compliant: 1 of 1 key that can rotate."),
        (Summary(non_compliant=1), "0% compliant: 0 of 1 key that can rotate."),
        (Summary(compliant=2, non_compliant=1), "66.6% compliant: 2 of 3 keys that can rotate."),
        (Summary(compliant=1999, non_compliant=1), "99.9% compliant: 1,999 of 2,000 keys that can rotate."),
    ],
)
def test_the_percentage_reaches_a_hundred_only_with_all_keys(summary: Summary, told: str) -> None:
    assert percent(summary, "") == told


def test_a_team_has_no_percentage() -> None:
    shown = status(posture_of(scope="team=web", summary=Summary(non_compliant=2)), at(5))
    assert lines(shown) == [
        "2 keys do not rotate as they should",
        "Only what matches team=web",
        "Owners are read for open keys only, so there is no percentage for a team.",
        "As of the scan of 2026-03-02 12:01 UTC.",
    ]


def test_what_the_percentage_leaves_out_stands_beside_it() -> None:
    shown = status(posture_of(summary=Summary(4, 1, 3, 2, 1)), at(5))
    assert "Not counted: 1 exempt · 2 could not be read · 3 to which rotation does not apply." in lines(shown)


def test_the_worst_accounts_are_told_with_how_many_keys_they_have() -> None:
    shown = lines(status(posture_of(accounts=2), at(5)))
    assert shown[2:5] == [
        "Accounts with the most open keys",
        "• prod-payments: 1 of 2 keys open",
        "• prod-payments: 1 of 2 keys open",
    ]


@pytest.mark.parametrize(("hours", "is_old"), [(23, False), (24, False), (25, True), (500, True)])
def test_old_data_says_so(hours: int, is_old: bool) -> None:
    shown = status(posture_of(), at(1) + timedelta(hours=hours))
    assert ("more than a day ago" in lines(shown)[-1]) == is_old


def test_a_narrowed_and_a_running_scan_are_told() -> None:
    foot = lines(status(posture_of(scan=scan("account=prod-*"), running=RUNNING), at(5)))[-1]
    assert "narrowed to account=prod-*" in foot
    assert foot.endswith(
        "A scan is running: 3 of 10 targets done, 1,234 of 5,678 known keys read, about 3 minutes left."
    )


def test_unread_keys_of_a_target_that_was_read_in_part_are_told_once() -> None:
    part = Coverage(
        "111111111111", "prod", "eu-central-1", CoverageStatus.PARTIAL, 9, "2 of 9 keys could not be read: x"
    )
    unread = tuple(open_finding(ORDINARY, number, verdict=Verdict.INSUFFICIENT_DATA) for number in range(2))
    shown = lines(status(posture_of(gaps=Gaps.of([part], unread)), at(5)))
    assert "• prod, eu-central-1: 2 of 9 keys could not be read: x" in shown
    assert not any("card-vault" in line or "more key" in line for line in shown)


# Accounts


def covered(account: str, region: str, status: CoverageStatus = CoverageStatus.SCANNED, keys: int = 3) -> Coverage:
    error = None if status is CoverageStatus.SCANNED else "It is closed."
    return Coverage(f"{account}-id", account, region, status, keys, error)


def test_accounts_are_one_line_each_with_the_unread_ones_first() -> None:
    failed, partial = CoverageStatus.FAILED, CoverageStatus.PARTIAL
    found = [
        covered("b", "eu-1"),
        covered("c", "*", failed, 0),
        covered("a", "eu-1"),
        covered("d", "eu-1", partial, 1000),
        covered("b", "us-1"),
        covered("d", "us-1", failed, 0),
    ]
    shown = accounts(AccountsCovered.of(scan(), found))
    assert lines(shown) == [
        "4 accounts in the last scan, 2 not wholly read",
        "• ❌ c (c-id) – It is closed.",
        "• ❌ d (d-id) – keys: eu-1 1,000 – eu-1: It is closed; us-1: It is closed.",
        "• ✅ a (a-id) – keys: eu-1 3",
        "• ✅ b (b-id) – keys: eu-1 3, us-1 3",
        "As of the scan of 2026-03-02 12:01 UTC.",
    ]
    assert shown.text == "4 accounts in the last scan, 2 not wholly read."


def test_many_regions_are_added_up() -> None:
    shown = accounts(AccountsCovered.of(scan(), [covered("a", f"eu-{number}") for number in range(17)]))
    assert lines(shown)[:2] == ["1 account in the last scan, all read", "• ✅ a (a-id) – 51 keys in 17 Regions"]


@pytest.mark.parametrize(
    ("regions", "told"), [(4, "keys: eu-0 3, eu-1 3, eu-2 3, eu-3 3"), (5, "15 keys in 5 Regions")]
)
def test_a_handful_of_regions_is_named(regions: int, told: str) -> None:
    shown = accounts(AccountsCovered.of(scan(), [covered("a", f"eu-{number}") for number in range(regions)]))
    assert lines(shown)[1] == f"• ✅ a (a-id) – {told}"


def test_no_account_that_matches_is_said_so() -> None:
    shown = accounts(AccountsCovered.of(scan(), []))
    assert lines(shown) == ["No account of the last scan matches.", "As of the scan of 2026-03-02 12:01 UTC."]
    assert shown.text == "No account of the last scan matches."


def test_accounts_that_go_by_their_id_are_named_once() -> None:
    assert (
        lines(accounts(AccountsCovered.of(scan(), [replace(covered("a", "eu-1"), account="a")])))[1]
        == "• ✅ a – keys: eu-1 3"
    )


def test_an_organisation_that_could_not_be_listed_is_no_account() -> None:
    assert lines(accounts(AccountsCovered.of(scan(), [ORGANISATION])))[:2] == [
        "The last scan reached no account",
        "• ❌ All accounts – Nothing can be listed.",
    ]
    some = lines(accounts(AccountsCovered.of(scan(), [ORGANISATION, covered("a", "eu-1")])))
    assert some[0] == "1 account in the last scan"


def test_accounts_beyond_the_most_are_counted() -> None:
    found = [covered(f"a{number:03}", "eu-1") for number in range(MOST_ACCOUNTS + 2)]
    assert lines(accounts(AccountsCovered.of(scan(), found)))[-1].endswith("2 more accounts: narrow it with account=…")


def test_a_scan_without_an_end_is_dated_by_its_start() -> None:
    unfinished = replace(scan(finished_at=None), state=ScanState.INTERRUPTED)
    shown = [
        status(posture_of(scan=unfinished), at(5)),
        accounts(AccountsCovered.of(unfinished, [covered("a", "eu-1")])),
        listing(ListPage(unfinished, "", (), 1, 1, 0, {})),
    ]
    for each in shown:
        assert lines(each)[-1].startswith("As of the scan of 2026-03-02 12:00 UTC, which was stopped before its end.")
