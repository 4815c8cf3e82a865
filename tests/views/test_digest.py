"""The digest: its sentences, its rows, and its limits from no open key to ten thousand."""

# ruff: noqa: ARG002 - what stands in for the stores has their signatures

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import pytest

from bot.digest import Audience, Digests
from bot.models.affairs import Affairs, EndingExemption, Mended, Waiting
from bot.models.anchor import Anchor
from bot.models.digests import Comparison, Delta, DeltaKind, Digest, DigestForm, OpenKey
from bot.models.exemptions import ExemptionState
from bot.models.gaps import Gaps
from bot.models.keys import Finding, Reason
from bot.models.messages import Rendered
from bot.models.requests import Basis, ChangeKind, Request, RequestState
from bot.models.scans import Scan, Summary
from bot.rules.digest import MOST_PAGES, rows_shown
from bot.rules.filters import Filter
from bot.views.budget import MESSAGE_CHARACTERS
from bot.views.digest import digest, digest_file, digest_page
from bot.views.names import ENABLE, action_id
from deploy.sandbox.slack.things import texts
from deploy.sandbox.slack.validation import blocks_for_message
from tests.store.digest_model import modelled
from tests.store.samples import at
from tests.views.gallery import CROWD
from tests.views.reading import lines, parts
from tests.views.samples import (
    ORDINARY,
    WORDS,
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
        self,
        name: str,
        scope: Filter,
        top: int,
        at: datetime,
        compose: Callable[[Comparison], Digest],
        *,
        by: str,
        since: datetime | None = None,
    ) -> Digest:
        model = modelled({}, at, self.found, [], scope=scope)
        shown = model.in_order()[: rows_shown(top, len(self.found))]
        keys = tuple(OpenKey.of(each, handle=f"k{number}", open_since=at) for number, each in enumerate(shown))
        digest = compose(Comparison(scan(), None, model.summary, model.delta, keys, Gaps.of((), model.unread)))
        anchored = replace(digest, content=replace(digest.content, anchor=ANCHOR))
        self.made.append((anchored, digest.content.replies))
        return anchored

    def preview(
        self, name: str, scope: Filter, top: int, at: datetime, compose: Callable[[Comparison], Digest]
    ) -> Digest:
        raise NotImplementedError


def made_of(found: list[Finding], top: int) -> tuple[Digest, int]:
    store = Store(found)
    audience = Audience("main", "C0SECURITY", Filter(), top=top)
    Digests(scans=store, book=store, audiences=lambda: [audience], clock=lambda: at(2)).publish("U0MARA")
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
        "🔑 Nothing new since yesterday",
        "Every key that can rotate does so as it should.",
        "100% compliant: 7 of 7 keys that can rotate. Unchanged.",
        "As of the scan of 2026-03-02 12:01 UTC. | `/kms-rotation help` says what else there is.",
    ]
    assert shown.text == (
        "KMS key rotation: Nothing new since yesterday. Every key that can rotate does so as it should. "
        "100% compliant: 7 of 7 keys that can rotate."
    )


def test_a_digest_of_one_open_key_has_its_button() -> None:
    shown = digest(digest_of(top=1, delta=Delta(new=(ORDINARY.alias,)), open_total=3), {})
    assert lines(shown) == [
        "🔑 Worse than yesterday: 1 new",
        "First: enable rotation of payments/card-vault (open for 3 days, managed by Terraform).",
        "1 key does not rotate as it should.",
        "87.5% compliant: 7 of 8 keys that can rotate. ▲ up from 85.7%",
        "• New: 1 – payments/card-vault",
        "payments/card-vault",
        "prod-payments · eu-central-1 · Automatic rotation is off.",
        "Open for 3 days · owner payments · managed by Terraform",
        "[Enable rotation]",
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
    told = lines(digest(digest_of(delta=Delta(names, names[:2], names[:5], names, names[:1], names[:6])), {}))
    start = told.index("• New: 7 – a, b, c, d, e and 2 more")
    assert told[start + 1 : start + 6] == [
        "• Open again: 2 – a, b",
        "• Fixed outside of this bot: 5 – a, b, c, d, e",
        "• No longer counted (deleted, disabled, exempt or out of scope): 1 – a",
        "• Open last time, not readable now: 6 – a, b, c, d, e and 1 more",
        "• Still open: 7",
    ]


def test_keys_that_are_counted_and_not_named_are_told_all_the_same() -> None:
    """A digest of long ago names them all, and has no totals."""
    delta = Delta(new=("a", "b"), fixed=("c",), totals={DeltaKind.NEW: 9, DeltaKind.STILL_OPEN: 40_000})
    told = lines(digest(digest_of(delta=delta, made_on=None, before_on=None), {}))
    assert told[0] == "🔑 Worse than the digest before: 9 new, 1 fixed"
    start = told.index("• New: 9 – a, b and 7 more")
    assert told[start + 1 : start + 3] == ["• Fixed: 1 – c", "• Still open: 40,000"]


# Better or worse, and what first

DARK: dict[str, Any] = {"failures": 1}
TITLES: list[tuple[Delta, dict[str, Any], str]] = [
    (Delta(fixed=("a", "b", "c"), new=("d",)), {}, "Better than yesterday: 3 fixed, 1 new"),
    (Delta(fixed=("a",), lapsed=("b",)), {}, "Better than yesterday: 1 fixed, 1 no longer counted"),
    (Delta(new=("a",), regressed=("b",), fixed=("c",)), {}, "Worse than yesterday: 1 new, 1 open again, 1 fixed"),
    (Delta(new=("a",), fixed=("c",)), {}, "Neither better nor worse than yesterday: 1 new, 1 fixed"),
    (Delta(lapsed=("a", "b")), {}, "Neither better nor worse than yesterday: 2 no longer counted"),
    (Delta(), {}, "Nothing new since yesterday"),
    (Delta(new=("a",)), DARK, "Worse than yesterday, as far as could be read: 1 new"),
    (Delta(fixed=("a",)), DARK, "Not everything could be read; since yesterday: 1 fixed"),
    (Delta(), DARK, "Not everything could be read; since yesterday: nothing else is new"),
    (Delta(unread=("a",)), {}, "Not everything could be read; since yesterday: nothing else is new"),
    (Delta(), {"is_newer": False}, "No full scan has finished since yesterday"),
    (Delta(fixed=("a",)), {"is_newer": False}, "No full scan has finished since yesterday; known since then: 1 fixed"),
    (Delta(new=("a",)), {"is_newer": False}, "Worse than yesterday, as far as could be read: 1 new"),
]


@pytest.mark.parametrize(("delta", "changes", "told"), TITLES)
def test_the_first_line_says_whether_things_are_better_or_worse(
    delta: Delta, changes: dict[str, Any], told: str
) -> None:
    shown = digest(digest_of(delta=delta, **changes), {})
    assert lines(shown)[0] == f"🔑 {told}"
    assert shown.text.startswith(f"KMS key rotation: {told}. ")


@pytest.mark.parametrize(
    ("before", "better", "same"),
    [
        (date(2026, 3, 2), "than earlier today", "since earlier today"),
        (date(2026, 3, 1), "than yesterday", "since yesterday"),
        (date(2026, 2, 27), "than on 27 February", "since 27 February"),
        (date(2025, 12, 31), "than on 31 December 2025", "since 31 December 2025"),
        (date(2026, 3, 3), "than the digest before", "since the digest before"),
        (None, "than the digest before", "since the digest before"),
    ],
    ids=["today", "yesterday", "days ago", "last year", "in a time zone that was changed", "unknown"],
)
def test_yesterday_is_said_of_the_day_before_alone(before: date | None, better: str, same: str) -> None:
    assert (
        lines(digest(digest_of(delta=Delta(fixed=("a",)), before_on=before), {}))[0] == f"🔑 Better {better}: 1 fixed"
    )
    assert lines(digest(digest_of(delta=Delta(), before_on=before), {}))[0] == f"🔑 Nothing new {same}"


def first(message: Digest, requests: dict[str, Request] | None = None) -> list[str]:
    return [line.removeprefix("First: ") for line in lines(digest(message, requests or {})) if line[:7] == "First: "]


def test_what_to_do_first_says_why() -> None:
    key = replace(open_key(), managed_by=None)
    calm = Delta(still_open=("a",))
    for changes, told in (
        ({}, "enable rotation of payments/card-vault (open for 3 days)."),
        ({"is_production": True}, "enable rotation of payments/card-vault (production, open for 3 days)."),
        ({"news": DeltaKind.NEW}, "enable rotation of payments/card-vault (new)."),
        ({"news": DeltaKind.REGRESSED}, "enable rotation of payments/card-vault (open again)."),
        ({"open_since": at(0)}, "enable rotation of payments/card-vault (open for less than a day)."),
        ({"reason": Reason.PERIOD_TOO_LONG}, "shorten the rotation period of payments/card-vault (open for 3 days)."),
    ):
        assert first(told_of(key, calm, changes)) == [told]
    assert first(told_of(key, None, {})) == ["enable rotation of payments/card-vault."]


def told_of(key: OpenKey, delta: Delta | None, changes: dict[str, Any]) -> Digest:
    message = digest_of(top=1, delta=delta)
    return replace(message, content=replace(message.content, top=(replace(key, **changes),)))


def test_what_is_taken_care_of_is_not_what_to_do_first() -> None:
    message = digest_of(top=2, delta=Delta(still_open=("a", "b")))
    pending = every_request(ORDINARY)["pending"]
    asked = {message.content.top[0].arn: pending}
    assert first(message, asked) == [
        "enable rotation of payments/card-vault-1 (open for 3 days, managed by Terraform)."
    ]
    alone = digest_of(top=1, delta=Delta(still_open=("a",)))
    assert first(alone, asked) == []
    waits = replace(alone, content=replace(alone.content, affairs=Affairs(waiting=(WAITS,), waiting_total=1)))
    assert first(waits, asked) == ["decide on what waits for approval."]
    decided = {alone.content.top[0].arn: every_request(ORDINARY)["succeeded"]}
    assert first(waits, decided) == []
    assert first(digest_of(delta=Delta(), failures=1)) == ["look at what could not be read."]


# By whom it was fixed, what waits, what ends

WAITS = Waiting("r1", ChangeKind.ENABLE_ROTATION, "U0MARA", at(-300), ("a", "b"), 4)


def told_beside(**affairs: Any) -> list[str]:  # noqa: ANN401 - any field of the affairs
    told = lines(digest(digest_of(delta=Delta(), affairs=Affairs(**affairs)), {}))
    [percentage] = [number for number, line in enumerate(told) if "compliant" in line]
    return told[percentage + 1 : -1]


def test_it_is_told_by_whom_a_key_was_fixed() -> None:
    fixed = Delta(totals={DeltaKind.FIXED: 6})
    mended = (
        Mended("a", "r1", "U0MARA", ("U0JONAS", "U0AIKO")),
        Mended("b", "r2", "U0MARA", (), Basis.PRE_APPROVED),
        Mended("c", "r3", "U0MARA", ("U0AIKO",), Basis.BREAK_GLASS, "U0JONAS"),
    )
    affairs = Affairs(mended=mended, mended_total=4, fixed_elsewhere=("d",))
    shown = lines(digest(digest_of(delta=fixed, affairs=affairs), {}))
    assert (
        "• Fixed through this bot: 4 – a (asked for by @U0MARA, approved by @U0JONAS and @U0AIKO), "
        "b (asked for by @U0MARA, approved beforehand by its rule), "
        "c (asked for by @U0MARA, @U0JONAS broke the glass) and 1 more"
    ) in shown
    assert "• Fixed outside of this bot: 2 – d and 1 more" in shown


def test_what_waits_says_who_asked_and_since_when() -> None:
    kinds = {
        ChangeKind.ENABLE_ROTATION: "asks to enable rotation of",
        ChangeKind.ROTATE_ON_DEMAND: "asks to rotate, once,",
        ChangeKind.EXEMPT: "asks to exempt",
    }
    assert set(kinds) == set(ChangeKind)
    waiting = tuple(replace(WAITS, kind=kind) for kind in kinds)
    assert told_beside(waiting=waiting, waiting_total=5) == [
        "Waiting for approval: 5",
        *[f"• @U0MARA {words} a, b and 2 more – since 2026-03-02 07:00 UTC" for words in kinds.values()],
        "• … and 2 more: /kms-rotation requests",
    ]


@pytest.mark.parametrize("name", every_request(ORDINARY))
def test_what_was_decided_waits_no_longer(name: str) -> None:
    requested = every_request(ORDINARY)[name]
    message = digest_of(top=1, delta=Delta(), affairs=Affairs(waiting=(WAITS,), waiting_total=1))
    shown = lines(digest(message, {message.content.top[0].arn: requested}))
    assert ("Waiting for approval: 1" in shown) == (requested.state is RequestState.PENDING)


def test_exemptions_that_end_and_have_ended_are_told() -> None:
    ends = EndingExemption("e1", "a", ExemptionState.ACTIVE, at(1440))
    ended = (
        EndingExemption("e2", "b", ExemptionState.LAPSED, at(-60)),
        EndingExemption("e3", "c", ExemptionState.WITHDRAWN, at(-120)),
    )
    assert told_beside(lapsing=(ends,), lapsing_total=2, ended=ended, ended_total=2) == [
        "Exemptions that end within 7 days: 2",
        "• a – until 2026-03-03 12:00 UTC",
        "• … and 1 more: /kms-rotation exemptions",
        "Exemptions that have ended: 2",
        "• b – it ran out 2026-03-02 11:00 UTC",
        "• c – it was withdrawn 2026-03-02 10:00 UTC",
    ]


def test_snoozed_keys_are_counted() -> None:
    assert told_beside(snoozed=1, snoozed_until=at(1440)) == [
        "1 open key is snoozed in this digest and shown last, until 2026-03-03 12:00 UTC."
    ]
    assert told_beside(snoozed=2, snoozed_until=at(1440)) == [
        "2 open keys are snoozed in this digest and shown last, the first until 2026-03-03 12:00 UTC."
    ]


def test_how_long_the_oldest_is_open_is_told() -> None:
    for total, told in ((1, "• Still open: 1, for 40 days"), (19, "• Still open: 19, the oldest for 40 days")):
        delta = Delta(totals={DeltaKind.STILL_OPEN: total})
        affairs = Affairs(oldest=at(-60 * 24 * 40))
        assert told in lines(digest(digest_of(delta=delta, affairs=affairs), {}))


# A quiet day


def quiet(form: DigestForm = DigestForm.LINE, **changes: Any) -> list[str]:  # noqa: ANN401 - any field of a content
    plain: dict[str, Any] = {
        "summary": Summary(50, 1),
        "open_total": 1,
        "affairs": Affairs(oldest=at(-60 * 24 * 40)),
        "form": form,
    }
    shown = digest(digest_of(delta=Delta(), **plain | changes), {})
    assert shown.text == "KMS key rotation: " + lines(shown)[0].removeprefix("🔑 ")
    return lines(shown)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "1 key is open, for 40 days; 98% compliant."),
        ({"summary": Summary(50, 12), "open_total": 12}, "12 keys are open, the oldest for 40 days; 80.6% compliant."),
        ({"summary": Summary(50), "open_total": 0}, "no key is open; 100% compliant."),
        ({"summary": Summary(), "open_total": 0}, "no key is open."),
        ({"scope": "team=web"}, "1 key is open, for 40 days."),
        (
            {"failures": 1, "summary": Summary(50), "open_total": 0},
            "no open key was found; 100% compliant. As before, not everything could be read.",
        ),
    ],
)
def test_a_quiet_day_is_one_line_that_says_how_things_stand(changes: dict[str, Any], told: str) -> None:
    assert quiet(**changes)[0] == f"🔑 Nothing new since yesterday: {told}"


def test_a_quiet_day_says_where_more_is_and_keeps_its_anchor() -> None:
    assert quiet(anchor=ANCHOR, scope="account=a*")[1:] == [
        "Keys that match account=a*",
        "As of the scan of 2026-03-02 12:01 UTC. | `/kms-rotation list` shows them.",
        f"Record, entry and hash: `{ANCHOR}`",
    ]
    assert "`/kms-rotation status` says more." in quiet(open_total=0, summary=Summary(5))[1]
    assert quiet(DigestForm.LAST_LINE)[1].endswith("Nothing more is posted until something changes.")


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
    assert told in lines(digest(digest_of(top=1, previous_summary=previous), {}))


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
