"""The record: an entry for every act."""

import json
from collections.abc import Iterator, Mapping

from bot.models.approval import RefusalReason, Wish
from bot.models.requests import ChangeKind, ChangeState, RequestState
from bot.models.slack import SlackFailure, SlackFailureKind
from bot.models.snoozes import Waking
from bot.models.trail import SYSTEM, Act, ChainedEntry
from bot.views.history import history
from deploy.sandbox.gallery.asked import GLASS_REASON, RESULTS, request_in
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.things import JONAS, MARA, STRANGE_WORDS, arn_of, finding, later

SHUT_OUT = SlackFailure(SlackFailureKind.CHANNEL, "is_archived")
REQUEST, SCAN = "r41c7be09d2f3", "7f3a9c2e1b5d8640"
KEY = {"key": arn_of()}
NAMES = {arn_of(): "payments/card-vault (prod-payments)"}

ENTRIES: Mapping[Act, tuple[str, str, Mapping[str, object]]] = {
    Act.BOT_STARTED: (SYSTEM, "U0KMSBOT", {}),
    Act.SCAN_STARTED: (JONAS, SCAN, {"scope": "account=prod-*"}),
    Act.SCAN_FINISHED: (SYSTEM, SCAN, {"compliant": 16, "non_compliant": 22, "scope": ""}),
    Act.SCAN_INTERRUPTED: (SYSTEM, SCAN, {}),
    Act.SCAN_STOPPED: (JONAS, SCAN, {}),
    Act.DIGEST_POSTED: (SYSTEM, "d0a1b2c3d4e5", {"name": "default", "channel": "C0SECURITY", "open": 22}),
    Act.ROUTE_EDITED: (
        JONAS,
        "payments",
        {"name": "route 1", "note": "channel C0PAYMENTS → C0SECURITY; schedule 0 9 * * * → 30 7 * * *"},
    ),
    Act.DIGEST_KEPT: (SYSTEM, "d1a1b2c3d4e5", {"name": "default", "channel": "C0SECURITY", "open": 22}),
    Act.REQUEST_CREATED: (
        MARA, REQUEST, {"keys": [arn_of()], "period_days": 365, "reason": "Finding 3.8 of the March audit"},
    ),
    Act.APPROVAL_GIVEN: (JONAS, REQUEST, {"rule": "production: 1 of S0KEYADMINS", "required": 1, "note": ""}),
    Act.REQUEST_APPROVED: (JONAS, REQUEST, {"approvals": 1}),
    Act.REQUEST_PRE_APPROVED: (SYSTEM, REQUEST, {"rules": {"playground": 20}}),
    Act.GLASS_BROKEN: (JONAS, REQUEST, {"rule": "production: 1 of S0KEYADMINS", "note": GLASS_REASON}),
    Act.APPROVERS_REMINDED: (SYSTEM, REQUEST, {"number": 1}),
    Act.REQUEST_DENIED: (JONAS, REQUEST, {"note": "", "rule": "production: 1 of S0KEYADMINS"}),
    Act.REQUEST_EXPIRED: (SYSTEM, REQUEST, {"note": ""}),
    Act.REQUEST_CANCELLED: (MARA, REQUEST, {"note": ""}),
    Act.REQUEST_DONE: (SYSTEM, REQUEST, {}),
    Act.REFUSED: (
        MARA, REQUEST, {"wish": Wish.APPROVE.value, "reason": RefusalReason.OWN_REQUEST.value, "team": "T0OURS"},
    ),
    Act.CHANGE_CLAIMED: (SYSTEM, REQUEST, KEY),
    Act.CHANGE_CALLING: (SYSTEM, REQUEST, {**KEY, "period_days": 365}),
    Act.CHANGE_SUCCEEDED: (
        SYSTEM,
        REQUEST,
        {**KEY, "result": RESULTS[ChangeState.SUCCEEDED], "aws_request_id": "1e300324-cbc0-415c-b6c8-bc87771d3040"},
    ),
    Act.CHANGE_FAILED: (SYSTEM, REQUEST, {**KEY, "result": RESULTS[ChangeState.FAILED]}),
    Act.CHANGE_NOT_NEEDED: (SYSTEM, REQUEST, {**KEY, "result": RESULTS[ChangeState.NOT_NEEDED]}),
    Act.CHANGE_RETRIED: (JONAS, REQUEST, {"changes": 1}),
    Act.MESSAGE_LOST: (
        SYSTEM, REQUEST, {"kind": "REQUEST", "channel": "C0SECURITY", "why": "Slack refuses the message (no_text)."},
    ),
    Act.EXEMPTION_GRANTED: (
        SYSTEM, REQUEST, {"keys": ["account=prod-* alias=legacy/*"], "reason": "The vendor mends its library in May."},
    ),
    Act.EXEMPTION_LAPSED: (SYSTEM, REQUEST, {"keys": ["account=prod-* alias=legacy/*"], "reopened": 3}),
    Act.EXEMPTION_WITHDRAWN: (MARA, REQUEST, {"keys": [arn_of()], "reopened": 1}),
    Act.EXEMPTION_RENEWED: (SYSTEM, REQUEST, {"keys": [arn_of()], "reopened": 0}),
    Act.FIX_UNDONE: (
        SYSTEM, REQUEST, {**KEY, "enabled_at": later(days=-4).isoformat(), "why": finding().message},
    ),
    Act.KEY_SNOOZED: (
        MARA, arn_of(), {"whose": MARA, "note": "for oneself, until 2026-03-08 23:00 UTC"},
    ),
    Act.KEY_WOKEN: (SYSTEM, arn_of(), {"whose": MARA, "why": Waking.FIXED.value}),
    Act.CHANNEL_LOST: (SYSTEM, "C0PAYMENTS", {"why": SHUT_OUT.sentence}),
    Act.CHANNEL_BACK: (SYSTEM, "C0PAYMENTS", {}),
    Act.SETTINGS_DIFFER: (SYSTEM, "p1", {"why": "approval: bot-1:1, bot-2:1 | bot-3:1"}),
    Act.SETTINGS_AGREE: (SYSTEM, "p1", {}),
}  # fmt: skip


def records() -> Iterator[Sample]:
    yield shown("empty", Surface.REPLY, "Nothing happened yet").by(history, [], "", {})
    yield shown("nothing about it", Surface.REPLY, "A key of which the record holds nothing").by(
        history, [], "payments/card-vault", {}
    )
    everything = [_entry(number, act, *ENTRIES[act]) for number, act in enumerate(ENTRIES, 1)][::-1]
    yield shown("every act", Surface.REPLY, "An entry for every act").by(history, everything, "", NAMES)
    refusals = [
        _entry(number, Act.REFUSED, MARA, REQUEST, {"wish": Wish.APPROVE.value, "reason": reason.value})
        for number, reason in enumerate(RefusalReason, 1)
    ]
    yield shown("every refusal", Surface.REPLY, "Refused for every reason").by(history, refusals, REQUEST, NAMES)
    on_demand = {"change": ChangeKind.ROTATE_ON_DEMAND.value}
    acts = (Act.REQUEST_CREATED, Act.CHANGE_CALLING, Act.CHANGE_SUCCEEDED, Act.CHANGE_FAILED, Act.CHANGE_NOT_NEEDED)
    rotated = [_entry(number, act, SYSTEM, REQUEST, KEY | on_demand) for number, act in enumerate(acts, 1)]
    yield shown("on demand", Surface.REPLY, "A rotation on demand").by(history, rotated, REQUEST, NAMES)
    exempt = {"change": ChangeKind.EXEMPT.value}
    steps = (Act.REQUEST_CREATED, Act.CHANGE_CLAIMED, Act.CHANGE_SUCCEEDED, Act.CHANGE_FAILED)
    excused = [_entry(number, act, SYSTEM, REQUEST, KEY | exempt) for number, act in enumerate(steps, 1)]
    yield shown("exempt", Surface.REPLY, "An exemption").by(history, excused, REQUEST, NAMES)
    newer = [_entry(1, "KEY_RETIRED", SYSTEM, REQUEST, {})]
    yield shown("an act of a newer version", Surface.REPLY, "This version has no sentence for it").by(
        history, newer, REQUEST, NAMES
    )
    for kind, words in STRANGE_WORDS.items():
        asked = request_in(RequestState.PENDING, words=words)
        strange = [_entry(1, Act.REQUEST_CREATED, MARA, asked.id, {"keys": [arn_of()], "reason": words.reason})]
        yield shown(f"{kind} words", Surface.REPLY, f"A name and a reason: {kind}").by(
            history, strange, words.alias, {}
        )


def _entry(number: int, act: str, actor: str, subject: str, details: Mapping[str, object]) -> ChainedEntry:
    at = later(minutes=number).isoformat()
    return ChainedEntry(number, at, actor, act, subject, json.dumps(details), "0" * 64, f"{number:02x}" * 32)
