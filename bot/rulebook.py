"""Wires what looks at the rules from a terminal: with Slack as far as that is set, and with the database as it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.app import Aws
from bot.check import RuleCheck
from bot.explain import Explaining
from bot.roll import RollCall
from bot.rules.house import House
from bot.settings import Settings, Slack, place_of
from bot.slack.client import web_client
from bot.slack.introduction import team_of
from bot.slack.people import People
from bot.store.caps import Caps
from bot.store.engine import Database

MOST_CHECKED = 100
"""People who are looked up when the rules are checked by hand."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules, and the ways to look at them. `why_nobody` says why people are not looked up, where they are not."""

    house: House
    explaining: Explaining
    check: RuleCheck
    why_nobody: str = ""


def house_of(settings: Settings, workspaces: frozenset[str]) -> House:
    approval = settings.approval
    return House(workspaces, approval.rules, approval.expires_after, approval.remind_after)


def build_rulebook(
    settings: Settings, aws: Aws, database: Database | None, clock: Callable[[], datetime], most: int = MOST_CHECKED
) -> Rulebook:
    """Wire it. Without a database nothing is counted; where Slack is not set, or does not answer, nobody is looked up.

    Raises ConfigurationError where Slack does not accept the token.
    """
    workspaces, why_nobody = _workspaces(settings.slack)
    house, roll_call = house_of(settings, workspaces), None
    if settings.slack is not None and not why_nobody:
        client = web_client(settings.slack.bot_token, settings.slack.api_url)
        roll_call = RollCall(People(client), workspaces, clock, most)
    explaining = Explaining(
        house=house,
        keys=aws.reader,
        organization=aws.discovery,
        roll_call=roll_call,
        caps=None if database is None else Caps(database),
        clock=clock,
    )
    check = RuleCheck(house, partial(place_of, settings), roll_call, aws.discovery, settings.visibility.rules)
    return Rulebook(house, explaining, check, why_nobody)


def _workspaces(slack: Slack | None) -> tuple[frozenset[str], str]:
    """Say whose people may act, as far as that is known without running; and why nobody can be looked up."""
    if slack is None:
        return frozenset(), "SLACK_BOT_TOKEN is not set."
    team = team_of(web_client(slack.bot_token, slack.api_url))
    if not isinstance(team, str):
        return frozenset(), team.sentence
    return frozenset(slack.workspaces or (team,)), ""
