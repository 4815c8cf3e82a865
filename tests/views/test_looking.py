"""What people look at: status, accounts, list, one key, history, help, Home; and a scan's message."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.keys import KeyMetadata, MultiRegionRole, Reason, Verdict
from bot.models.posture import ListPage
from bot.models.scans import Coverage, CoverageStatus, Progress, ScanState, Summary
from bot.models.trail import GENESIS_HASH, SYSTEM, Act, ChainedEntry
from bot.views import help as help_views
from bot.views.accounts import MOST_ACCOUNTS, accounts
from bot.views.history import SENTENCES, history
from bot.views.home import home
from bot.views.key import key_details
from bot.views.listing import listing, read_turn, turn_value
from bot.views.posture import headline, percent, status
from bot.views.scan import failed, finished, running
from handlers.commands import SUBCOMMANDS
from tests.store.samples import arn_of, at
from tests.views.reading import buttons, lines, parts
from tests.views.samples import (
    ORDINARY,
    ORGANISATION,
    RUNNING,
    details_of,
    every_request,
    open_finding,
    open_keys,
    posture_of,
    rotating_details,
    scan,
    unread_details,
)

# Status


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
        (Summary(), True, "", "No open key was found, but not everything could be read"),
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
    assert "Beside these: 1 exempt · 2 could not be read · 3 to which rotation does not apply." in lines(shown)


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
    assert foot.endswith("A scan is running: 3 of 10 targets done, 1,234 keys read.")


def test_unread_keys_of_a_target_that_was_read_in_part_are_told_once() -> None:
    part = Coverage(
        "111111111111", "prod", "eu-central-1", CoverageStatus.PARTIAL, 9, "2 of 9 keys could not be read: x"
    )
    unread = tuple(open_finding(ORDINARY, number, verdict=Verdict.INSUFFICIENT_DATA) for number in range(2))
    shown = lines(status(posture_of(coverage_failures=(part,), unread=unread), at(5)))
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
    shown = accounts(scan(), found)
    assert lines(shown) == [
        "4 accounts in the last scan, 2 not wholly read",
        "• ❌ c (c-id) – It is closed.",
        "• ❌ d (d-id) – keys: eu-1 1,000 – eu-1: It is closed.; us-1: It is closed.",
        "• ✅ a (a-id) – keys: eu-1 3",
        "• ✅ b (b-id) – keys: eu-1 3, us-1 3",
        "As of the scan of 2026-03-02 12:01 UTC.",
    ]
    assert shown.text == "4 accounts in the last scan, 2 not wholly read."


def test_many_regions_are_added_up() -> None:
    shown = accounts(scan(), [covered("a", f"eu-{number}") for number in range(17)])
    assert lines(shown)[:2] == ["1 account in the last scan, all read", "• ✅ a (a-id) – 51 keys in 17 Regions"]


def test_accounts_that_go_by_their_id_are_named_once() -> None:
    assert lines(accounts(scan(), [replace(covered("a", "eu-1"), account="a")]))[1] == "• ✅ a – keys: eu-1 3"


def test_an_organisation_that_could_not_be_listed_is_no_account() -> None:
    assert lines(accounts(scan(), [ORGANISATION]))[:2] == [
        "The last scan reached no account",
        "• ❌ The organisation – Nothing can be listed.",
    ]
    some = lines(accounts(scan(), [ORGANISATION, covered("a", "eu-1")]))
    assert some[0] == "1 account in the last scan"


def test_accounts_beyond_the_most_are_counted() -> None:
    found = [covered(f"a{number:03}", "eu-1") for number in range(MOST_ACCOUNTS + 2)]
    assert lines(accounts(scan(), found))[-1].endswith("2 more accounts: narrow it with account=…")


# The list


def test_no_open_key_is_not_said_to_be_all_well() -> None:
    shown = listing(ListPage(scan(), "", (), 1, 1, 0, {}))
    assert lines(shown)[0] == "No open key"
    assert "What could not be read is not in it" in lines(shown)[-1]


@pytest.mark.parametrize(("page", "expected"), [(1, ["Next ▶"]), (2, ["◀ Previous", "Next ▶"]), (3, ["◀ Previous"])])
def test_pages_can_be_turned_both_ways(page: int, expected: list[str]) -> None:
    shown = listing(ListPage(scan(), "account=prod-*", open_keys(ORDINARY, 2), page, 3, 23, {}))
    assert lines(shown)[0] == f"23 open keys matching account=prod-* · page {page} of 3"
    turns = [part for part in parts(shown.blocks) if str(part.get("action_id", "")).startswith("list_page")]
    assert [turn["text"]["text"] for turn in turns] == expected
    assert {read_turn(turn["value"]) for turn in turns} <= {("account=prod-*", page - 1), ("account=prod-*", page + 1)}


def test_one_page_has_nothing_to_turn() -> None:
    shown = listing(ListPage(scan(), "", open_keys(ORDINARY, 1), 1, 1, 1, {}))
    assert lines(shown)[0] == "1 open key"
    assert buttons(shown) == ["Enable rotation"]


@given(st.text(max_size=200), st.integers(1, 10_000))
def test_a_turn_comes_back_as_it_went(scope: str, page: int) -> None:
    assert read_turn(turn_value(scope, page)) == (scope, page)


def test_a_filter_that_no_button_can_carry_is_not_cut() -> None:
    long = f"alias={'é' * 3000}"
    shown = listing(ListPage(scan(), long, open_keys(ORDINARY, 1), 1, 2, 11, {}))
    assert buttons(shown) == ["Enable rotation"]
    assert "The filter is too long for buttons that turn the page: give a shorter one." in lines(shown)


@pytest.mark.parametrize(
    "value",
    [
        "", "x", "1", "null", "[]", "{}", '{"scope": "a"}', '{"page": 1}', '{"scope": 1, "page": 1}',
        '{"scope": "", "page": null}', '{"scope": "", "page": "1"}', '{"scope": "", "page": 1.5}',
        '{"scope": "", "page": Infinity}', "[" * 2000, '{"scope": ["a"], "page": 1}',
    ],
)  # fmt: skip
def test_what_no_button_of_ours_carries_is_a_value_error(value: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's own errors are among them
        read_turn(value)


# One key


def test_an_open_key_in_full() -> None:
    shown = key_details(details_of())
    assert lines(shown) == [
        "alias/payments/card-vault",
        "prod-payments (111111111111) · eu-central-1",
        arn_of("key-0"),
        "❌ Not compliant – Automatic rotation is off.",
        "• Enabled · SYMMETRIC_DEFAULT · ENCRYPT_DECRYPT · AWS_KMS",
        "• Description: Automatic rotation is off.",
        "• Created 2024-04-07 01:20 UTC",
        "• Not rotated so far",
        "• Price: $1 a month now, $3 once it has rotated twice, and no more than that",
        "• Managed by Terraform",
        "• Tags: team=payments",
        "[Enable rotation]",
        "Read from AWS 2026-03-02 12:03 UTC.",
    ]
    assert shown.text == "alias/payments/card-vault: Automatic rotation is off."


@pytest.mark.parametrize(
    ("rotations", "history_line", "price"),
    [
        (0, "• Not rotated so far", "• Price: $1 a month now, $3 once it has rotated twice, and no more than that"),
        (
            1,
            "• Rotated 1 time: 2026-03-01 19:20 UTC",
            "• Price: $2 a month now, $3 once it has rotated twice, and no more than that",
        ),
        (
            2,
            "• Rotated 2 times: 2026-03-01 19:20 UTC, 2026-03-01 02:40 UTC",
            "• Price: $3 a month; further rotations add nothing",
        ),
    ],
)
def test_history_and_price_follow_the_rotations(rotations: int, history_line: str, price: str) -> None:
    shown = lines(key_details(rotating_details(rotations=rotations)))
    assert history_line in shown
    assert price in shown


def test_old_rotations_are_counted() -> None:
    (line,) = [line for line in lines(key_details(rotating_details(rotations=9))) if "Rotated" in line]
    assert line.startswith("• Rotated 9 times: 2026-03-01 19:20 UTC, ")
    assert line.endswith(" and 4 before")


def _metadata() -> KeyMetadata:
    metadata = details_of().metadata
    assert metadata is not None
    return metadata


def test_keys_that_cost_nothing_have_no_price() -> None:
    waiting = details_of(
        finding=open_finding(verdict=Verdict.NOT_APPLICABLE, reason=Reason.PENDING_DELETION),
        metadata=replace(_metadata(), state="PendingDeletion", deletion_date=at(10_000)),
        rotations=(at(-5),),
    )
    managed = details_of(metadata=replace(_metadata(), manager="AWS"), rotations=(at(-5),))
    for details in (waiting, managed):
        assert not any("Price" in line for line in lines(key_details(details)))
    assert "• To be deleted 2026-03-09 10:40 UTC" in lines(key_details(waiting))


def test_a_multi_region_key_says_what_it_is() -> None:
    replica = details_of(metadata=replace(_metadata(), multi_region_role=MultiRegionRole.REPLICA))
    assert any(line.endswith("· multi-Region replica") for line in lines(key_details(replica)))


def test_what_could_not_be_read_of_a_key_is_told_and_not_made_up() -> None:
    shown = lines(key_details(unread_details()))
    assert shown[3] == "⚠️ Could not be read – Automatic rotation is off."
    assert shown[-1] == (
        "Tried to read it 2026-03-02 12:03 UTC. | ⚠️ Tags could not be read: Automatic rotation is off. | "
        "⚠️ History could not be read: Automatic rotation is off."
    )
    assert not any(word in line for line in shown for word in ("Price", "Rotated", "Not rotated", "[Enable"))


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("name", [None, *every_request(ORDINARY)])
def test_a_key_offers_its_button_where_rotation_is_missing_and_nobody_has_asked(
    verdict: Verdict, name: str | None
) -> None:
    asked = None if name is None else every_request(ORDINARY)[name]
    shown = key_details(details_of(finding=open_finding(verdict=verdict), request=asked))
    is_open = asked is not None and asked.is_open
    assert (buttons(shown) == ["Enable rotation"]) == (verdict is Verdict.NON_COMPLIANT and not is_open)
    assert any("Asked by @U0MARA" in line for line in lines(shown)) == (asked is not None)


# A scan's message


def test_a_running_scan_shows_how_far_it_is() -> None:
    shown = running("U0MARA", "", RUNNING)
    assert lines(shown) == [
        "Scanning … ▓▓▓▓▓▓░░░░░░░░░░░░░░",
        "3 of 10 targets done, 1,234 keys read.",
        "Started by @U0MARA",
    ]
    assert shown.text == "A scan is running: 3 of 10 targets done, 1,234 keys read."


@pytest.mark.parametrize("progress", [None, Progress(0, 0, 0)])
def test_a_scan_that_knows_no_target_yet_looks_for_accounts(progress: Progress | None) -> None:
    shown = lines(running("schedule", "account=prod-*", progress))
    assert shown == ["Scanning account=prod-* … ", "Looking for accounts.", "Started by the schedule."]


@given(st.integers(1, 500), st.data())
def test_the_bar_is_full_only_at_the_end(total: int, data: st.DataObject) -> None:
    done = data.draw(st.integers(0, total))
    bar = lines(running("U0MARA", "", Progress(done, total, 1)))[0].removeprefix("Scanning … ")
    assert len(bar) == 20
    assert ("░" not in bar) == (done == total)


def test_a_finished_scan_says_what_it_found() -> None:
    shown = finished("U0MARA", "region=eu-*", posture_of(accounts=1))
    assert lines(shown) == [
        "Scan of region=eu-* finished. 1 key does not rotate as it should.",
        "87.5% compliant: 7 of 8 keys that can rotate.",
        "Started by @U0MARA",
    ]
    assert shown.text == "The scan of region=eu-* has finished. 1 key does not rotate as it should."


def test_a_scan_that_ended_early_says_why() -> None:
    shown = failed("U0MARA", "", "It was stopped.")
    assert lines(shown) == ["Scan ended early. It was stopped.", "Started by @U0MARA"]
    assert shown.text == "The scan ended early. It was stopped."


# The record


def entry(act: str, actor: str = "U0MARA", subject: str = "r1", **details: object) -> ChainedEntry:
    return ChainedEntry(7, at(0).isoformat(), actor, act, subject, json.dumps(details), GENESIS_HASH, "ab" * 32)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (
            entry(Act.REQUEST_CREATED, keys=["arn:1", "arn:2"], reason="Audit on Monday"),
            "@U0MARA asked for rotation: arn:1, arn:2 (Audit on Monday)",
        ),
        (entry(Act.APPROVAL_GIVEN), "@U0MARA approved: r1"),
        (
            entry(Act.REFUSED, wish="APPROVE", reason="NOT_AN_APPROVER"),
            "@U0MARA was refused: r1 (approve; not an approver)",
        ),
        (
            entry(Act.CHANGE_SUCCEEDED, SYSTEM, key="arn:1", result="Rotation is on.", aws_request_id="a-1"),
            "The bot enabled rotation: arn:1 (Rotation is on.; AWS request id a-1)",
        ),
        (
            entry(Act.SCAN_STARTED, "schedule", "s1", scope="account=prod-*"),
            "schedule started a scan: s1 (account=prod-*)",
        ),
        (entry("KEY_EXEMPTED"), "@U0MARA key exempted: r1"),
    ],
)
def test_an_entry_of_the_record_is_a_sentence(found: ChainedEntry, told: str) -> None:
    assert lines(history([found], "r1")) == [
        "The record of r1",
        f"• #7 2026-03-02 12:00 UTC – {told}",
        "Newest hash abababababababab…  `python -m bot audit verify` proves the whole chain.",
    ]


def test_every_act_has_its_words() -> None:
    assert set(SENTENCES) == set(Act)


def test_an_empty_record_says_so() -> None:
    assert lines(history([], "")) == ["The record is empty so far."]
    assert lines(history([], "r1")) == ["The record holds nothing about r1."]


# Help and Home


def test_help_knows_every_subcommand_and_no_other() -> None:
    assert {topic.name for topic in help_views.TOPICS} == set(SUBCOMMANDS)
    told = lines(help_views.overview())
    for topic in help_views.TOPICS:
        assert any(line.startswith(f"• /kms-rotation {topic.usage}  {topic.line}") for line in told)
        assert f"For example: /kms-rotation {topic.example}" in lines(help_views.about(topic))
        assert topic.usage.split()[0] == topic.example.split()[0] == topic.name


def test_a_notice_stands_above_the_help() -> None:
    shown = help_views.overview("There is no “stauts”. Did you mean `/kms-rotation status`?")
    assert lines(shown)[0] == "There is no “stauts”. Did you mean /kms-rotation status?"
    assert shown.text == "There is no “stauts”. Did you mean `/kms-rotation status`?"


def test_home_shows_how_the_keys_stand_and_what_waits() -> None:
    shown = lines(home(posture_of(accounts=1), [every_request(ORDINARY)["pending"]], {}, at(5)))
    assert shown[0] == "1 key does not rotate as it should"
    assert "1 open request" in shown
    assert shown[-1] == "/kms-rotation help says what else there is."


def test_home_before_the_first_scan() -> None:
    assert lines(home(None, [], {}, at(5))) == [
        "KMS key rotation",
        "Nothing has been scanned yet. The first scan comes by itself.",
        "No request is waiting, and none is being carried out.",
        "/kms-rotation help says what else there is.",
    ]


def test_a_scan_without_an_end_is_dated_by_its_start() -> None:
    unfinished = replace(scan(finished_at=None), state=ScanState.INTERRUPTED)
    shown = [
        status(posture_of(scan=unfinished), at(5)),
        accounts(unfinished, [covered("a", "eu-1")]),
        listing(ListPage(unfinished, "", (), 1, 1, 0, {})),
    ]
    for each in shown:
        assert lines(each)[-1].startswith("As of the scan of 2026-03-02 12:00 UTC.")
