"""The manifest from which the Slack app is made."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.views.help import TOPICS
from bot.views.names import COMMAND
from deploy.sandbox.slack.workspace import SlackApp
from handlers.commands import SUBCOMMANDS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "deploy/slack/manifest.yml").read_text(encoding="utf-8"))
    return loaded


def test_the_scopes_are_those_with_which_the_bot_is_tested(manifest: dict[str, Any]) -> None:
    scopes = manifest["oauth_config"]["scopes"]
    assert sorted(scopes) == ["bot"]
    assert sorted(scopes["bot"]) == sorted(SlackApp().scopes)


def test_no_scope_reads_what_people_write(manifest: dict[str, Any]) -> None:
    assert [
        scope for scope in manifest["oauth_config"]["scopes"]["bot"] if ":history" in scope or "search" in scope
    ] == []
    assert manifest["settings"]["event_subscriptions"] == {"bot_events": ["app_home_opened"]}


def test_the_commands_are_those_with_which_the_bot_is_tested(manifest: dict[str, Any]) -> None:
    assert tuple(each["command"] for each in manifest["features"]["slash_commands"]) == SlackApp().commands


def test_everything_comes_over_socket_mode(manifest: dict[str, Any]) -> None:
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}
    assert "request_url" not in str(manifest)


def test_home_is_there_and_nobody_can_write_to_the_app(manifest: dict[str, Any]) -> None:
    assert manifest["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": True,
    }


def test_texts_keep_within_slacks_limits(manifest: dict[str, Any]) -> None:
    """https://docs.slack.dev/reference/app-manifest."""
    about = manifest["display_information"]
    assert (len(about["name"]) <= 35, len(about["description"]) <= 140) == (True, True)
    assert len(manifest["features"]["bot_user"]["display_name"]) <= 80
    for command in manifest["features"]["slash_commands"]:
        assert len(command["command"]) <= 32
        assert len(command["description"]) <= 2000
        assert len(command["usage_hint"]) <= 1000


def test_the_hint_is_what_the_help_says_of_the_subcommands_that_there_are(manifest: dict[str, Any]) -> None:
    (command,) = manifest["features"]["slash_commands"]
    assert command["command"] == COMMAND
    assert command["usage_hint"].split(" | ") == [topic.usage for topic in TOPICS]
    assert [topic.name for topic in TOPICS] == list(SUBCOMMANDS)
