"""The digest: its sentences, its rows, and its limits from no open key to ten thousand."""

# ruff: noqa: ARG002 - what stands in for the stores has their signatures

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import product

import pytest

from bot.digest import Audience, Digests
from bot.models.anchor import Anchor
from bot.models.digests import Comparison, Delta, DeltaKind, Digest, OpenKey
from bot.models.gaps import Gaps
from bot.models.keys import Finding
from bot.models.messages import Rendered
from bot.models.scans import Scan, Summary
from bot.rules.digest import MOST_PAGES, rows_shown
from bot.rules.filters import Filter
from bot.views.budget import MESSAGE_CHARACTERS
from bot.views.digest import delta_lines, digest, digest_file, digest_page
from bot.views.names import ENABLE, action_id
from bot.views.rows import key_row
from deploy.sandbox.slack.things import texts
from deploy.sandbox.slack.validation import blocks_for_message
from tests.store.digest_model import modelled
from tests.store.samples import at
from tests.views.gallery import CROWD
from tests.views.reading import buttons, lines, parts
from tests.views.samples import (
    ORDINARY,
    WORDS,
    Words,
    digest_of,
    every_request,
    failure,
    open_finding,
    open_key,
    scan,
)

SIZES = (0, 1, 10, 900, 1000, 10_000)
TOPS = range(1, 16)
ANCHOR = Anchor(1_234_567_890, "9f" * 32)


# From the findings of a scan to what Slack takes


@dataclass
class Store:
    """A scan's findings, and the digest that was made of them."""

    found: list[Finding]
    made: list[tuple[Digest, int]] = field(default_factory=list)

    def current(self) -> Scan:
        return scan()

    def publish(
        self, name: str, scope: Filter, top: int, at: datetime, compose: Callable[[Comparison], Digest], *, by: str
    ) -> Digest:
        model = modelled({}, at, self.found, [], scope=scope)
        shown = model.in_order()[: rows_shown(top, len(self.found))]
        keys = tuple(OpenKey.of(each, handle=f"k{number}", open_since=at) for number, each in enumerate(shown))
        digest = compose(Comparison(scan(), None, model.summary, model.delta, keys, Gaps.of((), model.unread)))
        anchored = replace(digest, content=replace(digest.content, anchor=ANCHOR))
        self.made.append((anchored, digest.content.replies))
        return anchored

    def made_for(self, name: str, since: object) -> bool:
        return False


def made_of(found: list[Finding], top: int) -> tuple[Digest, int]:
    store = Store(found)
    audience = Audience("main", "C0SECURITY", Filter())
    Digests(scans=store, book=store, audiences=[audience], top=top, clock=lambda: at(2)).publish("U0MARA")
    (made,) = store.made
    return made


def check(shown: Rendered) -> None:
    blocks = blocks_for_message(list(shown.blocks))
    assert len(blocks) <= 40
    assert sum(map(len, texts(blocks))) <= MESSAGE_CHARACTERS
    assert len(shown.text) <= 3000


@pytest.mark.parametrize("kind", ["ordinary", "longest"])
@pytest.mark.parametrize("size", SIZES)
def test_a_digest_of_any_size_is_what_slack_takes(size: int, kind: str) -> None:
    words = WORDS[kind]
    found = [open_finding(words, number) for number in range(size)]
    for top in TOPS if size < 10_000 else (1, 8, 15):
        made, pages = made_of(found, top)
        content = made.content
        assert len(content.top) == min(size, top)
        assert content.open_total == size
        for requested in every_request(words, min(size, top) or 1, CROWD).values():
            check(digest(made, {key.arn: requested for key in content.top}))
        check(digest(made, {}))
        if content.rest_is_file:
            assert pages == 1
            assert size > top + MOST_PAGES
        else:
            assert pages == len(content.rest) <= MOST_PAGES
            told = [line for position in range(pages) for line in _rows(digest_page(made, position))]
            assert len(told) == size - len(content.top)


def _rows(page: Rendered) -> list[str]:
    check(page)
    return [line for line in lines(page) if line.startswith("•")]


def test_pages_count_on_where_the_message_stops() -> None:
    made, _ = made_of([open_finding(ORDINARY, number) for number in range(131)], 10)
    assert [lines(digest_page(made, position))[0] for position in range(3)] == [
        "Open keys 11 to 70 of 131",
        "Open keys 71 to 130 of 131",
        "Open key 131 of 131",
    ]


def test_too_many_for_a_thread_come_as_a_file() -> None:
    made, pages = made_of([open_finding(ORDINARY, number) for number in range(1000)], 10)
    assert (pages, made.content.rest) == (1, ())
    assert "990 more open keys in the file in the thread." in lines(digest(made, {}))[-2]
    attached = digest_file(made, "a,b")
    assert (attached.name, attached.title, attached.content) == ("open-keys-2026-03-02.csv", "Open keys", "a,b")
    assert attached.comment.startswith("All open keys as of the last scan.")


# What it says


def test_a_digest_where_all_is_well() -> None:
    shown = digest(digest_of(delta=Delta()), {})
    assert lines(shown) == [
        "🔑 Every key that can rotate does so as it should",
        "100% compliant: 7 of 7 keys that can rotate. Unchanged.",
        "Nothing has changed since the previous digest.",
        "As of the scan of 2026-03-02 12:01 UTC. | `/kms-rotation help` says what else there is.",
    ]
    assert shown.text == (
        "KMS key rotation: Every key that can rotate does so as it should. 100% compliant: 7 of 7 keys that can rotate."
    )


def test_a_digest_of_one_open_key_has_its_button() -> None:
    shown = digest(digest_of(top=1, delta=Delta(new=(ORDINARY.alias,)), open_total=3), {})
    assert lines(shown) == [
        "🔑 1 key does not rotate as it should",
        "87.5% compliant: 7 of 8 keys that can rotate. ▲ up from 85.7%",
        "• New: 1 – payments/card-vault",
        "payments/card-vault",
        "prod-payments · eu-central-1 · Automatic rotation is off. [Enable rotation]",
        "Reported since 2026-02-27 12:00 UTC. | Team payments. | Managed by Terraform.",
        (
            "As of the scan of 2026-03-02 12:01 UTC. | 2 more open keys in the thread. | "
            "`/kms-rotation help` says what else there is."
        ),
    ]
    (pressed,) = [part for part in parts(shown.blocks) if part.get("type") == "button"]
    assert (pressed["action_id"], pressed["value"]) == (action_id(ENABLE, "k0"), "k0")
    assert pressed["accessibility_label"] == "Enable rotation of payments/card-vault"


def test_every_kind_of_change_has_its_line() -> None:
    names = tuple("abcdefg")
    shown = delta_lines(Delta(names, names[:2], names[:5], names, names[:1], names[:6]))
    digest_lines = lines(digest(digest_of(delta=Delta(names, names[:2], names[:5], names, names[:1], names[:6])), {}))
    assert len(shown) == 6
    assert digest_lines[2:8] == [
        "• New: 7 – a, b, c, d, e and 2 more",
        "• Open again: 2 – a, b",
        "• Fixed: 5 – a, b, c, d, e",
        "• No longer counted (deleted, disabled, exempt or out of scope): 1 – a",
        "• Open last time, not readable now: 6 – a, b, c, d, e and 1 more",
        "• Still open: 7",
    ]


def test_keys_that_are_counted_and_not_named_are_told_all_the_same() -> None:
    """A digest of long ago names them all, and has no totals."""
    delta = Delta(new=("a", "b"), fixed=("c",), totals={DeltaKind.NEW: 9, DeltaKind.STILL_OPEN: 40_000})
    assert lines(digest(digest_of(delta=delta), {}))[2:5] == [
        "• New: 9 – a, b and 7 more",
        "• Fixed: 1 – c",
        "• Still open: 40,000",
    ]


def test_the_first_digest_says_that_it_is_and_a_later_one_does_not() -> None:
    assert "This is the first digest, so there is nothing to compare it with." in lines(digest(digest_of(), {}))
    later = digest(digest_of(previous_summary=Summary()), {})
    assert "The previous digest knew of no key that can rotate, so there is nothing to compare with." in lines(later)


@pytest.mark.parametrize(
    ("previous", "told"),
    [
        (Summary(compliant=7, non_compliant=1), "87.5% compliant: 7 of 8 keys that can rotate. Unchanged."),
        (Summary(compliant=8), "87.5% compliant: 7 of 8 keys that can rotate. ▼ down from 100%"),
        (Summary(compliant=1, non_compliant=1), "87.5% compliant: 7 of 8 keys that can rotate. ▲ up from 50%"),
        (Summary(not_applicable=5), "87.5% compliant: 7 of 8 keys that can rotate."),
        (None, "87.5% compliant: 7 of 8 keys that can rotate."),
    ],
)
def test_the_percentage_is_told_with_its_change(previous: Summary | None, told: str) -> None:
    assert lines(digest(digest_of(top=1, previous_summary=previous), {}))[1] == told


def test_the_newest_entry_of_the_record_stands_at_the_foot_as_the_terminal_takes_it() -> None:
    anchor = Anchor(1234, "9f" * 32)
    foot = lines(digest(digest_of(top=1, anchor=anchor), {}))[-1]
    assert foot == f"Record, entry and hash: `1234:{'9f' * 32}`"
    assert Anchor.parse(foot) == anchor


def test_a_digest_of_a_version_that_kept_no_anchor_claims_none() -> None:
    assert not any(line.startswith("Record") for line in lines(digest(digest_of(top=1), {})))


def test_a_digest_for_a_part_of_the_keys_says_which() -> None:
    assert "Keys that match account=prod-*" in lines(digest(digest_of(scope="account=prod-*"), {}))


def test_a_scope_that_no_filter_could_be_read_from_is_shown_all_the_same() -> None:
    """Routes come from the configuration, where a value may hold blanks."""
    check(digest(digest_of(top=1, scope="team=a b c d"), {}))


def test_what_could_not_be_read_is_named_and_the_rest_of_it_counted() -> None:
    unread = tuple(open_finding(ORDINARY, number, message="kms:DescribeKey is denied.") for number in range(5))
    shown = lines(digest(digest_of(failures=9, unread_keys=unread, unread_total=6), {}))
    assert "⚠️ Not everything could be read" in shown
    assert sum(line.startswith("• prod-payments, eu-central-1: ") for line in shown) == 8
    assert "• … and 1 more target: /kms-rotation accounts" in shown
    assert sum(line.endswith("kms:DescribeKey is denied.") for line in shown) == 5
    assert "• … and 1 more key" in shown


def test_an_organisation_that_could_not_be_listed_is_named() -> None:
    lost = replace(failure(ORDINARY), account="*", account_name="*", region="*", error="It could not be listed.")
    shown = lines(digest(digest_of(coverage_failures=(lost,), summary=Summary()), {}))
    assert shown[0] == "🔑 No key was found, and not everything could be read"
    assert "• All accounts: It could not be listed." in shown


# A row


@pytest.mark.parametrize("name", every_request(ORDINARY))
def test_a_row_offers_its_button_while_nothing_is_under_way(name: str) -> None:
    requested = every_request(ORDINARY)[name]
    shown = lines({"blocks": key_row(open_key(), requested)})
    can_ask = name in {"failed", "denied", "cancelled", "expired", "expired, partly approved"}
    assert ("[Enable rotation]" in shown[1]) == can_ask
    assert "Asked by @U0MARA" in shown[2]
    assert ("Reported since" in shown[2]) == can_ask
    assert ("Automatic rotation is off." in shown[1]) == (name not in {"succeeded", "not needed"})
    if name == "failed":
        assert "AWS refused the change: kms:EnableKeyRotation is denied (by the key policy)." in shown[2]
    if name == "succeeded":
        assert "Rotation is on, every 365 days." in shown[2]
        assert "Next rotation 2027-03-02" in shown[2]


def test_a_request_for_other_keys_leaves_the_button_alone() -> None:
    assert buttons({"blocks": key_row(open_key(ORDINARY, 7), every_request(ORDINARY)["pending"])}) == [
        "Enable rotation"
    ]


def test_a_row_of_which_nothing_more_is_known_is_one_block() -> None:
    bare = replace(open_key(), open_since=None, team=None, managed_by=None)
    assert len(key_row(bare, None)) == 1


@pytest.mark.parametrize(("kind", "length"), list(product(WORDS, (1, 15))))
def test_each_row_begins_with_its_keys_name(kind: str, length: int) -> None:
    words: Words = WORDS[kind]
    shown = lines(digest(digest_of(words, top=length), {}))
    assert sum(line.startswith(words.alias[:60]) for line in shown) == length


def test_a_line_of_the_thread_names_the_team_where_there_is_one() -> None:
    keys = (open_key(), replace(open_key(), team=None))
    assert lines(digest_page(digest_of(rest=(keys,), open_total=2), 0)) == [
        "Open keys 1 to 2 of 2",
        "• payments/card-vault – prod-payments · eu-central-1 · Automatic rotation is off. · team payments",
        "• payments/card-vault – prod-payments · eu-central-1 · Automatic rotation is off.",
    ]
