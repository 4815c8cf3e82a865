"""What is known of somebody who wants something, asked of Slack at the moment when it matters."""

from collections.abc import Sequence

from bot.models.approval import ApprovalRule
from bot.models.people import Actor, Standing
from bot.remediate.gateways import PeopleDirectory
from bot.rules.approval import is_named


def standing(people: PeopleDirectory, actor: Actor, rules: Sequence[ApprovalRule]) -> Standing:
    """Look somebody up, and of the rules' user groups only those that can matter for them."""
    person = people.person(actor.user_id)
    groups = [] if is_named(actor, rules) else [group for rule in rules for group in rule.groups]
    return Standing(actor, person, people.members(dict.fromkeys(groups)))
