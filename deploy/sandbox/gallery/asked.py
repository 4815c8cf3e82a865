"""Requests for the gallery, in each of their states."""

from collections.abc import Sequence
from dataclasses import replace

from bot.models.approval import Refused, RuledKey
from bot.models.requests import Change, ChangeState, Decision, DecisionKind, Request, RequestState
from bot.models.scans import Account
from deploy.sandbox.gallery.things import (
    AIKO,
    BERLIN,
    HOUSE,
    JONAS,
    KEY_ADMINS,
    LAKE,
    MARA,
    NOW,
    PAYMENTS,
    PLAIN,
    Words,
    arn_of,
    denied,
    finding,
    later,
)
from deploy.sandbox.slack.people import OURS

GLASS_REASON = "An auditor waits on the line, and nobody else is awake."
UNREACHABLE = (
    "Slack could not be asked (usergroups.users.list of S0KEYADMINS: ratelimited), so nobody can tell whether the "
    "approval still holds. The bot tries again by itself."
)
RESULTS = {
    ChangeState.SUCCEEDED: "Rotation is on, every 365 days. Read back from AWS.",
    ChangeState.NOT_NEEDED: "Nothing was changed: the key rotates already. Rotates every 365 days.",
    ChangeState.FAILED: f"AWS refused the change: {denied('kms:EnableKeyRotation').sentence}",
}


def rule_of(account: Account) -> str:
    decides = HOUSE.ruling(RuledKey(arn_of(account=account), account, BERLIN)).decides
    return "" if isinstance(decides, Refused) else decides.name


def change(state: ChangeState, words: Words = PLAIN, number: int = 1, account: Account | None = None) -> Change:
    found = finding(words, number, account=account)
    is_rotating = state in {ChangeState.SUCCEEDED, ChangeState.NOT_NEEDED}
    return Change(
        id=f"c{number}",
        request_id="r1",
        arn=found.arn,
        key_name=found.name,
        account_name=found.account_name,
        state=state,
        period_days=365,
        rule=rule_of(account or PAYMENTS),
        result=RESULTS.get(state, ""),
        aws_request_id="1e300324-cbc0-415c-b6c8-bc87771d3040" if state is ChangeState.SUCCEEDED else None,
        next_rotation=later(days=365) if is_rotating else None,
        finished_at=later(minutes=6) if state in RESULTS else None,
    )


def request_in(
    state: RequestState,
    *states: ChangeState,
    words: Words = PLAIN,
    approvers: Sequence[str] = (),
    required: int = 1,
    closed_by: str | None = None,
    account: Account | None = None,
) -> Request:
    """One change for each state that is given; one that waits in the queue where none is."""
    changes = tuple(
        change(each, words, number, account) for number, each in enumerate(states or (ChangeState.QUEUED,), 1)
    )
    return Request(
        id="r1",
        state=state,
        requester=MARA,
        team_id=OURS,
        reason=words.reason,
        required=required,
        created_at=NOW,
        expires_at=later(days=1),
        changes=changes,
        decisions=tuple(
            Decision(each, DecisionKind.APPROVE, later(minutes=5), capacities=(KEY_ADMINS,)) for each in approvers
        ),
        closed_by=closed_by,
        closed_at=later(minutes=7) if closed_by else None,
    )


def broken_glass(asked: Request, words: Words = PLAIN) -> Request:
    """Jonas broke the glass for a request; what he wrote may hold anything."""
    reason = GLASS_REASON if words is PLAIN else words.reason
    glass = Decision(JONAS, DecisionKind.BREAK_GLASS, later(minutes=5), reason, (JONAS,))
    return replace(asked, decisions=(*asked.decisions, glass))


def every_request(words: Words = PLAIN, keys: int = 1) -> dict[str, Request]:
    """A request in each of its states, each change in the same one."""

    def made(state: RequestState, each: ChangeState, given: Sequence[str] = (), **more: object) -> Request:
        return request_in(state, *[each] * keys, words=words, approvers=given, **more)  # type: ignore[arg-type]  # as above

    pending, approved, done = RequestState.PENDING, RequestState.APPROVED, RequestState.DONE
    queued = ChangeState.QUEUED
    return {
        "waiting": made(pending, queued),
        "one of two approvals": made(pending, queued, [JONAS], required=2, account=LAKE),
        "approved": made(approved, queued, [JONAS]),
        "being changed": made(approved, ChangeState.EXECUTING, [JONAS]),
        "done": made(done, ChangeState.SUCCEEDED, [JONAS]),
        "done by two approvals": made(done, ChangeState.SUCCEEDED, [JONAS, AIKO], required=2, account=LAKE),
        "found not needed": made(done, ChangeState.NOT_NEEDED, [JONAS]),
        "failed": made(done, ChangeState.FAILED, [JONAS]),
        "denied": made(RequestState.DENIED, queued, closed_by=JONAS),
        "withdrawn": made(RequestState.CANCELLED, queued, closed_by=MARA),
        "expired": made(RequestState.EXPIRED, queued, closed_by="kms-rotation"),
        "expired after one of two approvals": made(
            RequestState.EXPIRED, queued, [JONAS], required=2, closed_by="kms-rotation", account=LAKE
        ),
    }
