"""What is known of somebody who wants something, asked of Slack at the moment when it matters."""

from collections.abc import Iterable

from bot.models.approval import ApprovalRule, Wish
from bot.models.people import Actor, Standing
from bot.remediate.gateways import PeopleDirectory
from bot.rules.approval import groups_that_matter


def standing(people: PeopleDirectory, actor: Actor, rules: Iterable[ApprovalRule], wish: Wish) -> Standing:
    """Look somebody up, and of the rules' user groups only those that can matter for them."""
    person = people.person(actor.user_id)
    return Standing(actor, person, people.members(groups_that_matter(actor, rules, wish)))
