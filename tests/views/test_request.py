"""A request's message in each of its states, read as a person reads it."""

from dataclasses import replace

import pytest

from bot.models.asking import Waiting
from bot.models.requests import FINAL_CHANGE_STATES, ChangeState, Request, RequestState
from bot.views.names import APPROVE, DENY, RETRY, SHOW_KEYS, WITHDRAW
from bot.views.parts import Element
from bot.views.request import request
from bot.views.requests import PAGE_REQUESTS, page_of, requests
from bot.views.result import result
from bot.views.rows import fate
from tests.store.samples import at
from tests.views.reading import buttons, lines, parts
from tests.views.samples import EXPIRES_AT, ORDINARY, every_request, request_in

STATES = every_request(ORDINARY)
ADMINS = "<@U0JONAS> or <!subteam^S0ADMINS> can approve."
WHO = Waiting(f"Waiting for 1 approval. {ADMINS}")
OF_TWO = {"pending": "Waiting for 2 approvals.", "partly approved": "1 of 2 approvals so far."}
QUESTION = [
    "@U0MARA asks to enable automatic rotation of this key.",
    "payments/card-vault – prod-payments · eu-central-1",
    "Every 365 days · arn:aws:kms:eu-central-1:111111111111:key/key-0",
    "> Audit on Monday",
]
"""Stays in the message whatever comes of it."""

HEADLINES = {
    "queued": "⏳ Approved, and under way",
    "executing": "⏳ Approved, and under way",
    "succeeded": "✅ Rotation is on",
    "not needed": "✅ The key rotates already",
    "failed": "❌ Failed",
    "denied": "🚫 Denied",
    "cancelled": "↩️ Withdrawn",
    "expired": "⌛ Expired",
    "expired, partly approved": "⌛ Expired",
}
"""Stands above it, once there is something to say."""

DECIDE = "[Approve] [Deny] [Withdraw]"
ON = "Rotation is on, every 365 days. Read back from AWS."
ALREADY = "Nothing was changed: the key rotates already. Rotates every 365 days."
REFUSED = "AWS refused the change: kms:EnableKeyRotation is denied (by the key policy)."

ANSWERS = {
    "pending": [
        "⏳ Waiting for 2 approvals. @U0JONAS or @S0ADMINS can approve.",
        "Expires 2026-03-03 12:00 UTC.",
        DECIDE,
    ],
    "partly approved": [
        "⏳ Approved by @U0JONAS. 1 of 2 approvals so far. @U0JONAS or @S0ADMINS can approve.",
        "Expires 2026-03-03 12:00 UTC.",
        DECIDE,
    ],
    "queued": ["⏳ Asked by @U0MARA, approved by @U0JONAS 2026-03-02 12:05 UTC; about to be changed."],
    "executing": ["⏳ Asked by @U0MARA, approved by @U0JONAS 2026-03-02 12:05 UTC; being changed now."],
    "succeeded": [
        (
            f"✅ Asked by @U0MARA, approved by @U0JONAS. Done 2026-03-02 12:06 UTC. | {ON} | "
            "Next rotation 2027-03-02 12:00 UTC. | AWS request id aws-request-1."
        )
    ],
    "not needed": [
        (
            f"✅ Asked by @U0MARA, approved by @U0JONAS. Found not needed 2026-03-02 12:06 UTC. | {ALREADY} | "
            "Next rotation 2027-03-02 12:00 UTC."
        )
    ],
    "failed": [
        f"❌ Asked by @U0MARA, approved by @U0JONAS. Failed 2026-03-02 12:06 UTC. | {REFUSED}",
        "[Try again]",
    ],
    "denied": ["🚫 Asked by @U0MARA, denied by @U0JONAS 2026-03-02 12:07 UTC. Nothing was changed."],
    "cancelled": ["↩️ Asked by @U0MARA, who withdrew it 2026-03-02 12:07 UTC. Nothing was changed."],
    "expired": ["⌛ Asked by @U0MARA 2026-03-02 12:00 UTC; nobody approved it in time. Nothing was changed."],
    "expired, partly approved": [
        "⌛ Asked by @U0MARA 2026-03-02 12:00 UTC; only 1 of 2 approvals came in time. Nothing was changed."
    ],
}

SPOKEN = {
    "pending": "<@U0MARA> asks for approval.",
    "partly approved": "<@U0MARA> asks for approval.",
    "queued": "approved by <@U0JONAS>; under way.",
    "executing": "approved by <@U0JONAS>; under way.",
    "succeeded": ON,
    "not needed": ALREADY,
    "failed": REFUSED,
    "denied": "denied by <@U0JONAS>. Nothing was changed.",
    "cancelled": "withdrawn. Nothing was changed.",
    "expired": "expired; nobody approved it in time. Nothing was changed.",
    "expired, partly approved": "expired; only 1 of 2 approvals came in time. Nothing was changed.",
}


@pytest.mark.parametrize("name", STATES)
def test_what_a_request_says(name: str) -> None:
    shown = request(STATES[name], Waiting(f"{OF_TWO.get(name, '')} {ADMINS}"), at(10))
    headline = [HEADLINES[name]] if name in HEADLINES else []
    assert lines(shown) == [*headline, *QUESTION, *ANSWERS[name]]
    assert shown.text == f"Enable rotation of payments/card-vault: {SPOKEN[name]}"


def test_a_request_without_a_reason_quotes_none() -> None:
    shown = request(replace(STATES["pending"], reason=""), WHO, at(10))
    assert not any(line.startswith(">") for line in lines(shown))


def test_one_approval_is_no_plural() -> None:
    shown = request(request_in(RequestState.PENDING), WHO, at(10))
    assert "⏳ Waiting for 1 approval. @U0JONAS or @S0ADMINS can approve." in lines(shown)


# Buttons


@pytest.mark.parametrize("keys", [1, 2, 20])
@pytest.mark.parametrize("name", STATES)
def test_people_decide_while_a_request_waits_and_never_after(name: str, keys: int) -> None:
    asked = every_request(ORDINARY, keys)[name]
    shown = request(asked, WHO, at(10))
    can = {part["action_id"]: part["value"] for part in parts(shown.blocks) if "action_id" in part}
    assert (can.pop(SHOW_KEYS, None) == "r1") == (keys > 15)
    if asked.state is RequestState.PENDING:
        assert can == dict.fromkeys((APPROVE, DENY, WITHDRAW), "r1")
    else:
        assert can == ({RETRY: "r1"} if name == "failed" else {})


@pytest.mark.parametrize(
    ("moment", "expected"), [(at(10), ["Try again"]), (at(1439), ["Try again"]), (EXPIRES_AT, []), (at(5000), [])]
)
def test_a_failed_change_can_be_tried_again_while_the_approval_is_fresh(moment: object, expected: list[str]) -> None:
    assert buttons(request(STATES["failed"], WHO, moment)) == expected  # type: ignore[arg-type]  # a moment


def test_several_failed_changes_are_counted_on_the_button() -> None:
    succeeded, failed = ChangeState.SUCCEEDED, ChangeState.FAILED
    for states, label in (((failed, succeeded), "Try again"), ((failed, failed), "Try the 2 failed ones again")):
        asked = request_in(RequestState.DONE, *states, approvers=["U0JONAS"])
        assert buttons(request(asked, WHO, at(10))) == [label]


def test_what_changes_a_key_is_asked_once_more() -> None:
    """Approving and trying again reach AWS, so both have a step in between; the first of all is coloured."""
    pressed = [
        *parts(request(STATES["pending"], WHO, at(1)).blocks),
        *parts(request(STATES["failed"], WHO, at(1)).blocks),
    ]
    found = {part["action_id"]: part for part in pressed if "action_id" in part}
    assert {name for name, part in found.items() if "confirm" in part} == {APPROVE, RETRY}
    assert {name for name, part in found.items() if "style" in part} == {APPROVE}
    assert [_asked_once_more(found[name]) for name in (APPROVE, RETRY)] == [
        [
            "Approve this change?",
            (
                "The bot re-reads the key, enables automatic rotation in AWS and reads it back. "
                "Each of the first two rotations adds $1 a month to a key's price."
            ),
            "Approve",
            "Not now",
        ],
        [
            "Try again?",
            "What failed is read again, and rotation enabled where it is still needed, on the approval that was given.",
            "Try again",
            "Not now",
        ],
    ]


def _asked_once_more(button: Element) -> list[str]:
    return [button["confirm"][part]["text"] for part in ("title", "text", "confirm", "deny")]


# Several keys


def test_several_keys_are_each_told_with_their_own_end() -> None:
    ends = (ChangeState.SUCCEEDED, ChangeState.NOT_NEEDED, ChangeState.FAILED)
    asked = request_in(RequestState.DONE, *ends, approvers=["U0JONAS", "U0AIKO"])
    shown = request(asked, WHO, EXPIRES_AT)
    assert lines(shown)[:2] == [
        "❌ 1 enabled, 1 rotating already and 1 failed",
        "@U0MARA asks to enable automatic rotation of 3 keys.",
    ]
    assert lines(shown)[-4:] == [
        "Asked by @U0MARA, approved by @U0JONAS and @U0AIKO.",
        f"• ❌ payments/card-vault-2 – {REFUSED}",
        f"• ✅ payments/card-vault – {ON} Next rotation 2027-03-02 12:00 UTC.",
        f"• ✅ payments/card-vault-1 – {ALREADY} Next rotation 2027-03-02 12:00 UTC.",
    ]
    assert shown.text == (
        "Enable rotation of payments/card-vault and 2 more keys: 1 enabled, 1 rotating already and 1 failed."
    )


def test_several_keys_that_all_ended_well_are_a_success() -> None:
    ends = (ChangeState.SUCCEEDED, ChangeState.NOT_NEEDED)
    shown = request(request_in(RequestState.DONE, *ends, approvers=["U0JONAS"]), WHO, at(10))
    assert lines(shown)[0] == "✅ 1 enabled and 1 rotating already"


def test_several_keys_under_way_are_each_told_with_where_they_are() -> None:
    states = (ChangeState.QUEUED, ChangeState.EXECUTING, ChangeState.SUCCEEDED)
    shown = lines(request(request_in(RequestState.APPROVED, *states, approvers=["U0JONAS"]), WHO, at(10)))
    assert "• ⏳ payments/card-vault – About to be changed." in shown
    assert "• ⏳ payments/card-vault-1 – Being changed now." in shown
    assert any(line.startswith("• ✅ payments/card-vault-2 – Rotation is on") for line in shown)


def test_keys_beyond_the_fifteenth_are_counted() -> None:
    shown = request(request_in(RequestState.PENDING, *[ChangeState.QUEUED] * 16), WHO, at(10))
    assert "… and 1 more key. [Show all 16]" in lines(shown)
    shown = request(request_in(RequestState.PENDING, *[ChangeState.QUEUED] * 20), WHO, at(10))
    assert "… and 5 more keys. [Show all 20]" in lines(shown)


# The result in the thread


def test_a_result_says_what_came_of_it_and_for_whom() -> None:
    shown = result(STATES["succeeded"])
    assert lines(shown) == [
        f"✅ payments/card-vault – {ON}",
        "Next rotation 2027-03-02 12:00 UTC.",
        "AWS request id aws-request-1.",
        "For @U0MARA and @U0JONAS.",
    ]
    assert shown.text == f"Rotation of payments/card-vault: {ON}"


def test_a_failure_is_told_with_its_cause() -> None:
    assert lines(result(STATES["failed"])) == [
        f"❌ payments/card-vault – {REFUSED}",
        "For @U0MARA and @U0JONAS.",
    ]


def test_who_asked_and_approved_is_mentioned_once() -> None:
    """Somebody who tried their own request again is named as the one who asked."""
    asked = request_in(RequestState.DONE, ChangeState.SUCCEEDED, approvers=["U0JONAS", "U0MARA"])
    assert lines(result(asked))[-1] == "For @U0MARA and @U0JONAS."


# In a sentence


@pytest.mark.parametrize("name", STATES)
def test_a_fate_is_one_line_that_names_who_asked(name: str) -> None:
    told = fate(STATES[name], STATES[name].changes[0])
    assert "Asked by <@U0MARA>" in told
    assert told.endswith(".")
    assert "\n" not in told
    assert ("Nothing was changed." in told) == (STATES[name].closed_by is not None)


@pytest.mark.parametrize("given", range(1, 12))
def test_a_request_with_some_of_its_approvals_waits_for_more(given: int) -> None:
    people = [f"U0{number}" for number in range(given)]
    asked = request_in(RequestState.PENDING, approvers=people, required=given + 2)
    told = fate(asked, asked.changes[0])
    assert told.endswith(" so far; waiting for more.")
    assert told.count("<@U0") == min(given, 8) + 1
    assert (" other" in told) == (given > 8)


# The list of open requests


def _listed(*found: Request) -> list[str]:
    return lines(requests(page_of(found), {}))


def test_no_open_request_is_said_so() -> None:
    assert _listed() == ["No request is waiting, and none is being carried out."]


def test_requests_that_wait_say_when_they_expire_and_those_under_way_do_not() -> None:
    for name in ("pending", "partly approved"):
        assert "Expires 2026-03-03 12:00 UTC." in _listed(STATES[name])[-1]
    for name in ("queued", "executing"):
        assert "Expires" not in _listed(STATES[name])[-1]


def test_open_requests_are_counted_and_lead_to_their_messages() -> None:
    one = requests(page_of([STATES["pending"]]), {"r1": "https://example.slack.com/p1"})
    assert one.text == "1 open request."
    assert lines(one)[-1].endswith("<https://example.slack.com/p1|Go to the request>")


@pytest.mark.parametrize(
    ("number", "shown", "turns"),
    [
        (0, 12, ["Next ▶"]),
        (1, 12, ["Next ▶"]),
        (2, 12, ["◀ Previous", "Next ▶"]),
        (3, 1, ["◀ Previous"]),
        (99, 1, ["◀ Previous"]),
    ],
)
def test_open_requests_are_shown_a_page_at_a_time(number: int, shown: int, turns: list[str]) -> None:
    many = [replace(STATES["pending"], id=f"r{each}") for each in range(2 * PAGE_REQUESTS + 1)]
    page = requests(page_of(many, number), {each.id: f"https://example.slack.com/{each.id}" for each in many})
    at = min(max(1, number), 3)
    assert lines(page)[0] == f"25 open requests · page {at} of 3"
    links = [each.id for each in many if f"/{each.id}|" in "".join(lines(page))]
    assert links == [f"r{each}" for each in range((at - 1) * 12, (at - 1) * 12 + shown)]
    assert buttons(page) == turns


def test_the_samples_hold_every_state() -> None:
    assert {each.state for each in STATES.values()} == set(RequestState)
    assert {each.changes[0].state for each in STATES.values()} == set(ChangeState)
    assert {each.changes[0].state for each in STATES.values() if each.state is RequestState.DONE} == FINAL_CHANGE_STATES
