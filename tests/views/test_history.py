"""The record, an entry a sentence."""

import json

import pytest

from bot.models.trail import GENESIS_HASH, SYSTEM, Act, ChainedEntry
from bot.views.history import SENTENCES, history, keys_in
from tests.store.samples import at
from tests.views.reading import lines


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
            entry(Act.APPROVAL_GIVEN, rule="production: 1 of S0ADMINS; payments: 2 of S0PAYMENTS", note=""),
            "@U0MARA approved: r1 (by the rules production and payments)",
        ),
        (
            entry(Act.GLASS_BROKEN, rule="production: 1 of S0ADMINS", note="The key leaked."),
            "@U0MARA broke the glass: r1 (by the rule production; The key leaked.)",
        ),
        (
            entry(Act.REFUSED, wish="APPROVE", reason="NOT_AN_APPROVER"),
            "@U0MARA was refused: r1 (approve; not an approver)",
        ),
        (
            entry(Act.CHANGE_SUCCEEDED, SYSTEM, key="arn:1", result="Rotation is on.", aws_request_id="a-1"),
            "The bot enabled rotation: arn:1 (Rotation is on; AWS request id a-1)",
        ),
        (
            entry(Act.SCAN_STARTED, "schedule", "s1", scope="account=prod-*"),
            "schedule started a scan: s1 (account=prod-*)",
        ),
        (
            entry(Act.REQUEST_CREATED, change="EXEMPT", keys=["account=prod-*"], reason="The vendor mends it in May."),
            "@U0MARA asked for an exemption: account=prod-* (The vendor mends it in May.)",
        ),
        (
            entry(Act.CHANGE_SUCCEEDED, SYSTEM, change="EXEMPT", key="account=prod-*", result="Exempted."),
            "The bot granted an exemption: account=prod-* (Exempted.)",
        ),
        (
            entry(Act.EXEMPTION_LAPSED, SYSTEM, exemption="e1", keys=["arn:1"], reopened=1),
            "The bot saw an exemption end: arn:1",
        ),
        (entry(Act.BOT_STARTED, SYSTEM, "U0KMSBOT"), "The bot started"),
        (entry(Act.DIGEST_POSTED, subject="d1", channel="C0SECURITY"), "@U0MARA made a digest: #C0SECURITY"),
        (entry("KEY_BLESSED"), "@U0MARA key blessed: r1"),
    ],
)
def test_an_entry_of_the_record_is_a_sentence(found: ChainedEntry, told: str) -> None:
    assert lines(history([found], "r1", {})) == [
        "The record of r1",
        f"• #7 2026-03-02 12:00 UTC – {told}",
        f"Record, entry and hash: `7:{'ab' * 32}` | `python -m bot audit verify` proves the whole chain.",
    ]


def test_keys_go_by_their_names_where_somebody_knows_them() -> None:
    named = entry(Act.REQUEST_CREATED, keys=["arn:1", "arn:2"])
    refused = entry(Act.REFUSED, subject="arn:3", wish="ASK")
    assert keys_in([named, refused]) == {"arn:1", "arn:2", "arn:3"}
    names = {"arn:1": "payments/card-vault (prod-payments)", "arn:3": "web/sessions (prod-web)"}
    told = lines(history([named, refused], "", names))
    assert told[1].endswith("asked for rotation: payments/card-vault (prod-payments), arn:2")
    assert told[2].endswith("was refused: web/sessions (prod-web) (ask)")


ACTS = {
    Act.BOT_STARTED: "started",
    Act.SCAN_STARTED: "started a scan",
    Act.SCAN_FINISHED: "finished a scan",
    Act.SCAN_INTERRUPTED: "saw a scan interrupted",
    Act.SCAN_STOPPED: "stopped a scan",
    Act.DIGEST_POSTED: "made a digest",
    Act.DIGEST_KEPT: "made the digest of a quiet day, and did not post it",
    Act.REQUEST_CREATED: "asked for rotation",
    Act.APPROVAL_GIVEN: "approved",
    Act.REQUEST_APPROVED: "gave the last approval that was needed",
    Act.REQUEST_PRE_APPROVED: "let a request through, which its rules approve beforehand",
    Act.GLASS_BROKEN: "broke the glass",
    Act.APPROVERS_REMINDED: "reminded the approvers",
    Act.REQUEST_DENIED: "denied",
    Act.REQUEST_EXPIRED: "let a request expire",
    Act.REQUEST_CANCELLED: "withdrew a request",
    Act.REQUEST_DONE: "finished a request",
    Act.REFUSED: "was refused",
    Act.CHANGE_CLAIMED: "took up a change",
    Act.CHANGE_CALLING: "is about to call EnableKeyRotation",
    Act.CHANGE_SUCCEEDED: "enabled rotation",
    Act.CHANGE_FAILED: "failed to change a key",
    Act.CHANGE_NOT_NEEDED: "found nothing to change",
    Act.CHANGE_RETRIED: "had failed changes tried again",
    Act.MESSAGE_LOST: "could not show a message",
    Act.EXEMPTION_GRANTED: "let an exemption begin",
    Act.EXEMPTION_LAPSED: "saw an exemption end",
    Act.EXEMPTION_WITHDRAWN: "withdrew an exemption",
    Act.EXEMPTION_RENEWED: "replaced an exemption with a later one",
    Act.KEY_SNOOZED: "snoozed a key",
    Act.KEY_WOKEN: "woke a snoozed key",
    Act.ROUTE_EDITED: "edited where a digest goes and when",
    Act.FIX_UNDONE: "found that an enabled rotation was undone",
    Act.CHANNEL_LOST: "found a channel that takes no messages",
    Act.CHANNEL_BACK: "could post to a channel again",
    Act.SETTINGS_DIFFER: "found that processes of the bot have different settings",
    Act.SETTINGS_AGREE: "found that these settings do not differ any more",
}


@pytest.mark.parametrize("act", Act)
def test_the_newest_entries_say_what_was_done_and_why(act: Act) -> None:
    shown = lines(history([entry(act, why="Nobody was there.")], "", {}))
    assert shown[0] == "The newest entries of the record"
    about = "" if act is Act.BOT_STARTED else ": r1"
    assert shown[1].endswith(f" – @U0MARA {ACTS[act]}{about} (Nobody was there.)")


def test_every_act_has_its_words() -> None:
    assert set(SENTENCES) == set(Act)


def test_an_empty_record_says_so() -> None:
    assert lines(history([], "", {})) == ["The record is empty so far."]
    assert lines(history([], "r1", {})) == ["The record holds nothing about r1."]
