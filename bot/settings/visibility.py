"""`[[visibility.rule]]`: accounts whose keys not everybody is to see, and who may."""

from typing import Annotated

from pydantic import Field

from bot.models.visibility import VisibilityRule
from bot.settings.fields import aws, slack
from bot.settings.fields.lists import LIST, at_least_one
from bot.settings.section import Section


class VisibilityRuleSection(Section):
    """One `[[visibility.rule]]`: accounts, by id or pattern, and the people and groups that may see them."""

    accounts: Annotated[
        tuple[aws.AccountPattern, ...],
        LIST,
        at_least_one("The rule hides no account.", "Write ids or patterns of names, or take the rule out."),
    ]
    visible_to: Annotated[
        tuple[slack.Approver, ...],
        LIST,
        at_least_one(
            "Nobody could see these accounts in Slack.",
            "Name people (U…) or user groups (S…); scan.exclude keeps accounts out of the scan altogether.",
        ),
    ]


class Visibility(Section):
    """Who may see which accounts in Slack. Without a rule, everybody sees all of them."""

    sections: Annotated[tuple[VisibilityRuleSection, ...], LIST, Field(alias="rule")] = ()

    @property
    def rules(self) -> tuple[VisibilityRule, ...]:
        return tuple(VisibilityRule(each.accounts, each.visible_to) for each in self.sections)
