"""A request as a channel may read it that is not to see its keys: what is done is told, and to which key is not."""

from dataclasses import replace

from bot.models.approval import KeyFacts, Refused
from bot.models.asking import Waiting
from bot.models.exemptions import Exemption, ExemptionScope
from bot.models.requests import Change, ChangeState, Decision, Request
from bot.rules.approvers import what_it_waits_for
from bot.rules.house import House, keys_of
from bot.rules.sight import Sight

VEILED_ARN = "arn:aws:kms:…:…:key/…"
VEILED_SCOPE = ExemptionScope(account="…")
"""Stands for a pattern. What it covers is not to be counted."""

KEY, KEYS, ACCOUNT = "a key that is not shown here", "keys that are not shown here", "account not shown"
REASON = "The reason is not shown here."
RESULTS = {
    ChangeState.SUCCEEDED: "Done.",
    ChangeState.NOT_NEEDED: "Nothing had to be done.",
    ChangeState.FAILED: "Why is not shown here.",
}
"""What is said of how it ended; of one that waits, nothing."""


def veiled(request: Request, sight: Sight) -> Request:
    """Take out of a request what tells of hidden keys: their names and places, results, and what people wrote."""
    if not sight.hides_request(request):
        return request
    return replace(
        request,
        reason=REASON if request.reason else "",
        changes=tuple(map(_without_key, request.changes)),
        decisions=tuple(map(_without_note, request.decisions)),
    )


def as_told(ended: Exemption, sight: Sight) -> Exemption:
    """Take out of an exemption that has ended how many keys are open again, where any of them may be hidden."""
    return replace(ended, reopened=None) if sight.hides_part_of(ended.scope) else ended


def veiled_waiting(house: House, request: Request) -> Waiting:
    """Say what a request waits for, but not why nobody may approve: that names its account."""
    if isinstance(house.rules_for(keys_of(request)), Refused):
        return Waiting("Nobody can approve it as things are.")
    return what_it_waits_for(house, request)


def _without_key(change: Change) -> Change:
    terms, arn = change.exemption, VEILED_ARN
    if terms is not None:
        scope = ExemptionScope(arn=VEILED_ARN) if change.is_one_key else VEILED_SCOPE
        terms, arn = replace(terms, scope=scope, ticket="", owner="", renews=""), str(scope)
    return replace(
        change,
        arn=arn,
        key_name=KEY if change.is_one_key else KEYS,
        account_name=ACCOUNT,
        rule="",
        facts=KeyFacts(),
        result=RESULTS.get(change.state, ""),
        before="",
        after="",
        aws_request_id=None,
        exemption=terms,
    )


def _without_note(decision: Decision) -> Decision:
    return replace(decision, note=REASON if decision.note else "")
