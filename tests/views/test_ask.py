"""The modal behind “Enable rotation”."""

from dataclasses import replace

from bot.models.asking import Asked, Proposal, RotationProposal
from bot.models.requests import RequestState
from bot.views.ask import ask, asked, asking, declined
from bot.views.form import REASON_CHARACTERS
from bot.views.names import ASK_MODAL, PERIOD_BLOCK, PERIOD_INPUT, REASON_BLOCK, REASON_INPUT
from bot.views.rotate import rotate_now
from tests.views.reading import lines, parts
from tests.views.samples import open_finding, request_in

PROPOSAL = Proposal("k0", open_finding(managed_by=None), 180, 90, 365)


def test_the_modal_says_what_is_changed_what_it_costs_and_that_nothing_happens_yet() -> None:
    assert lines(ask(PROPOSAL)) == [
        "payments/card-vault",
        "prod-payments · eu-central-1",
        "arn:aws:kms:eu-central-1:111111111111:key/key-0",
        "Automatic rotation is off. Read 2026-03-02 12:00 UTC.",
        "Days between rotations (From 90 to 365, the longest that the policy allows.)",
        "Why now? (The approvers see it, and it goes on record.)",
        "• Price now: enabling adds nothing. The key costs $1 a month if it was never rotated.",
        (
            "• Price at most: $3 a month. The first two rotations add $1 a month each, $2 together, later ones nothing."
            " Source: AWS KMS pricing."
        ),
        "• Data stays as it is: nothing is encrypted anew, and rotation does not undo a leak.",
        "• Older key material stays usable: what it encrypted can still be decrypted.",
        "Nothing is changed before the approval rules are satisfied.",
    ]


def test_a_house_that_approves_some_keys_beforehand_says_that_asking_may_be_enough() -> None:
    told = "those are changed as soon as you ask"
    assert told in lines(ask(replace(PROPOSAL, may_be_at_once=True)))[-1]
    assert told in lines(rotate_now(RotationProposal("k0", open_finding(), 3, may_be_at_once=True)))[-1]
    assert not any(told in line for line in lines(ask(PROPOSAL)))


def test_a_key_that_code_manages_is_warned_of_with_the_lines_for_the_offered_period() -> None:
    shown = lines(ask(Proposal("k0", open_finding(managed_by="Terraform"), 180, 90, 365)))
    assert shown[4:7] == [
        (
            "⚠️ Managed by Terraform. The next run from there may undo the change, unless this stands there too, "
            "with the days chosen below:"
        ),
        "enable_key_rotation     = true",
        "rotation_period_in_days = 180",
    ]


def test_the_replicas_of_a_multi_region_key_are_told_to_cost_as_much() -> None:
    multi_region = open_finding(managed_by=None, arn="arn:aws:kms:eu-central-1:111111111111:key/mrk-0")
    assert any(
        "Each replica of this multi-Region key" in line for line in lines(ask(replace(PROPOSAL, finding=multi_region)))
    )
    assert not any("replica" in line for line in lines(ask(PROPOSAL)))


def test_the_modal_carries_an_opaque_id_and_the_bounds() -> None:
    shown = ask(PROPOSAL)
    assert (shown["callback_id"], shown["private_metadata"]) == (ASK_MODAL, "k0")
    blocks = {block["block_id"]: block for block in shown["blocks"] if "block_id" in block}
    period, reason = blocks[PERIOD_BLOCK]["element"], blocks[REASON_BLOCK]["element"]
    assert (period["action_id"], reason["action_id"]) == (PERIOD_INPUT, REASON_INPUT)
    assert (period["initial_value"], period["min_value"], period["max_value"]) == ("180", "90", "365")
    assert reason["max_length"] == REASON_CHARACTERS
    assert blocks[REASON_BLOCK]["optional"] is True


def test_after_sending_the_modal_says_who_can_approve_and_until_when() -> None:
    shown = asked(Asked(request_in(RequestState.PENDING), "<@U0JONAS> or <!subteam^S0ADMINS> can approve."))
    assert lines(shown) == [
        "✅ Your request is on its way to the channel.",
        "payments/card-vault – every 365 days",
        "@U0JONAS or @S0ADMINS can approve.",
        "It expires 2026-03-03 12:00 UTC.",
    ]
    assert "submit" not in shown


def test_while_the_key_is_read_the_modal_says_so() -> None:
    assert lines(asking()) == ["Reading the key …"]


def test_a_refusal_names_people_and_stays_in_the_modal() -> None:
    shown = declined("<@U0JONAS> has asked for this key already; that request waits for approval.")
    assert lines(shown) == ["@U0JONAS has asked for this key already; that request waits for approval."]
    assert [part["user_id"] for part in parts(shown) if part.get("type") == "user"] == ["U0JONAS"]
