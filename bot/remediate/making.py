"""What every request begins with, whatever it asks for: who may ask, its terms, and its ids."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.models.approval import Permitted, Refused, Ruled, Wish
from bot.models.people import Actor, Standing
from bot.models.requests import ChangeKind, Request, RequestState
from bot.remediate.gateways import PeopleDirectory
from bot.rules.approval import groups_that_matter, may_ask
from bot.rules.house import House

UNKNOWN_KEY = (
    "The last scan does not know this key any more: it was deleted, or it lies outside the scan now. "
    "Run `/kms-rotation list` for what is open today."
)


def decide(house: House, people: PeopleDirectory, who: Standing, wanted: Sequence[Ruled]) -> Permitted | Refused:
    """Say whether somebody may ask for this. Groups are looked up as far as the rules that decide name any."""
    rules = house.rules_for(wanted)
    if isinstance(rules, Refused):
        return rules
    groups = people.members(groups_that_matter(who.actor, rules, Wish.ASK))
    return may_ask(house, replace(who, groups=groups), wanted)


def caps_of(permitted: Permitted) -> Mapping[str, int]:
    """Return the caps that hold where nobody has to approve; approvals that were given need none."""
    return {} if permitted.required else {rule.name: rule.daily_cap for rule in permitted.rules}


def begin(house: House, actor: Actor, permitted: Permitted, reason: str, now: datetime) -> Request:
    """Make a request without its changes, which are to be added. Where no rule wants an approval, it has them all."""
    return Request(
        id=f"r{secrets.token_hex(6)}",
        state=RequestState.PENDING if permitted.required else RequestState.APPROVED,
        requester=actor.user_id,
        team_id=actor.team_id,
        reason=reason,
        required=permitted.required,
        created_at=now,
        expires_at=now + house.lifetime(permitted.rules),
        changes=(),
    )


def already_asked(request: Request, wanted: ChangeKind) -> str:
    """Say which open request is in the way of another for the same, and where it is for something else, the way out."""
    who, is_for_exemption = f"<@{request.requester}>", request.kind is ChangeKind.EXEMPT
    if request.state is not RequestState.PENDING:
        return f"A request by {who} for this key has been approved and is being carried out."
    if is_for_exemption is (wanted is ChangeKind.EXEMPT):
        what = "exemption" if is_for_exemption else "key"
        return f"{who} has asked for this {what} already; that request waits for approval."
    did = "asked to exempt this key" if is_for_exemption else "asked for the rotation of this key"
    return (
        f"{who} has {did}, and a key has one open request at a time. Once that one is withdrawn by {who} or denied by "
        "an approver, ask again: `/kms-rotation requests` leads to it."
    )


def new_change_id() -> str:
    return f"c{secrets.token_hex(6)}"
