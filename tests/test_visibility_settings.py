"""`[[visibility.rule]]` and `include_hidden`: what may stand there, and who is told of what."""

from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.models.routes import RouteEdit, RouteTerms
from bot.models.visibility import VisibilityRule
from bot.rules.audience import as_edited
from bot.rules.sight import hidden_from
from bot.wiring.audiences import declared
from tests.configured import ROUTE, folder, read
from tests.store.samples import at

__all__ = ["folder"]

RULE = '[[visibility.rule]]\naccounts = ["secret-*", "222222222222"]\nvisible_to = ["S0SEC", "U0CISO"]\n'


def test_a_rule_names_accounts_and_whom_they_are_shown_to(folder: Path) -> None:
    assert read(folder, RULE).visibility.rules == (VisibilityRule(("secret-*", "222222222222"), ("S0SEC", "U0CISO")),)


def test_without_rules_nothing_is_hidden(folder: Path) -> None:
    assert read(folder, "").visibility.rules == ()


@pytest.mark.parametrize(
    ("text", "place", "what", "remedy"),
    [
        ('accounts = []\nvisible_to = ["U0CISO"]', "accounts", "hides no account", "take the rule out"),
        ('accounts = ["11"]\nvisible_to = ["U0CISO"]', "accounts[1]", "has 2 digits", "12 digits"),
        ('accounts = ["a", "a"]\nvisible_to = ["U0CISO"]', "accounts[2]", "in this list twice", "once"),
        ('accounts = ["secret-*"]\nvisible_to = []', "visible_to", "Nobody could see", "scan.exclude"),
        ('accounts = ["secret-*"]', "visible_to", "It is missing", "Add visible_to"),
        ('visible_to = ["U0CISO"]', "accounts", "It is missing", "Add accounts"),
        ('accounts = ["secret-*"]\nvisible_to = ["@ciso"]', "visible_to[1]", "is a name", "person's id"),
        ('accounts = ["secret-*"]\nvisible_to = ["U0CISO"]\nvisible = 1', "visible", "no such setting", "visible_to"),
    ],
)
def test_what_will_not_do_is_told_with_its_place_and_a_remedy(
    folder: Path, text: str, place: str, what: str, remedy: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, f"[[visibility.rule]]\n{text}\n")
    told = str(caught.value)
    assert f"visibility.rule[1].{place}: " in told
    assert what in told
    assert remedy in told


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize("route", [True, False])
def test_each_channel_is_told_of_hidden_accounts_only_where_it_says_so(
    folder: Path, default: bool, route: bool
) -> None:
    text = f"[digest]\ninclude_hidden = {str(default).lower()}\n{ROUTE}include_hidden = {str(route).lower()}\n{RULE}"
    settings = read(folder, text)
    hidden = hidden_from(settings.visibility.rules)
    audiences = declared(settings.digest, "C0SECURITY", hidden)
    assert [each.scope.hidden for each in audiences] == [() if told else hidden for told in (default, route)]
    assert [each.name for each in audiences] == [each.name for each in declared(settings.digest, "C0SECURITY")]


def test_a_channel_that_was_chosen_in_slack_is_not_told_of_them(folder: Path) -> None:
    settings = read(folder, f"{ROUTE}include_hidden = true\n{RULE}")
    hidden = hidden_from(settings.visibility.rules)
    audiences = declared(settings.digest, "C0SECURITY", hidden)
    name = audiences[1].name
    for terms, told in (
        (RouteTerms(channel="C0GENERAL"), hidden),
        (RouteTerms(channel="C0PAY"), ()),
        (RouteTerms(schedule="0 8 * * *"), ()),
        (RouteTerms(), ()),
    ):
        edited = as_edited(audiences, {name: RouteEdit(name, terms, "U0JONAS", at(0))})
        assert edited[1].scope.hidden == told
