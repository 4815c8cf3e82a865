"""The manifests from which the Slack app is made."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import yaml

from bot.slack.scopes import APP_SCOPES, BOT_SCOPES, EVENTS
from bot.views.help import TOPICS
from bot.views.names import COMMAND
from deploy.sandbox.slack.workspace import SlackApp
from deploy.slack.__main__ import EXAMPLE_URL, FOLDER, main, manifests
from deploy.slack.manifest import PATH
from handlers import register
from handlers.commands import SUBCOMMANDS

SOCKET, HTTP = "manifest.yml", "manifest-http.yml"
ADDRESS = EXAMPLE_URL + PATH


def _load(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@pytest.fixture(params=[SOCKET, HTTP])
def manifest(request: pytest.FixtureRequest) -> dict[str, Any]:
    return _load((FOLDER / request.param).read_text(encoding="utf-8"))


def test_the_files_are_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", [SOCKET, HTTP])
@pytest.mark.parametrize("text", [None, "display_information: {}\n"])
def test_a_file_that_is_missing_or_stale_is_named_with_the_remedy_and_then_written(
    name: str, text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([], tmp_path) == 0
    (tmp_path / name).unlink() if text is None else (tmp_path / name).write_text(text, encoding="utf-8")
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err == f"deploy/slack/{name} is not what the code says. Run: python -m deploy.slack\n"
    assert (main([], tmp_path), main(["--check"], tmp_path)) == (0, 0)
    assert (tmp_path / name).read_text(encoding="utf-8") == manifests()[name]


def test_the_scopes_are_those_with_which_the_bot_is_tested(manifest: dict[str, Any]) -> None:
    scopes = manifest["oauth_config"]["scopes"]
    assert sorted(scopes) == ["bot"]
    assert sorted(scopes["bot"]) == sorted(BOT_SCOPES) == sorted(SlackApp().scopes)
    assert sorted(APP_SCOPES) == sorted(SlackApp().app_scopes)


def test_no_scope_reads_what_people_write(manifest: dict[str, Any]) -> None:
    assert [
        scope for scope in manifest["oauth_config"]["scopes"]["bot"] if ":history" in scope or "search" in scope
    ] == []
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == ["app_home_opened"]


def test_the_events_are_those_that_the_handlers_listen_for() -> None:
    app = Mock()
    register(app, Mock())
    assert tuple(call.args[0] for call in app.event.call_args_list) == EVENTS


def test_the_commands_are_those_with_which_the_bot_is_tested(manifest: dict[str, Any]) -> None:
    assert tuple(each["command"] for each in manifest["features"]["slash_commands"]) == SlackApp().commands


def test_everything_comes_over_socket_mode_and_no_address_is_known() -> None:
    manifest = _load(manifests()[SOCKET])
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}
    assert "http" not in str(manifest)


def test_over_http_everything_comes_to_the_one_address() -> None:
    manifest = _load(manifests()[HTTP])
    (command,) = manifest["features"]["slash_commands"]
    assert manifest["settings"]["socket_mode_enabled"] is False
    assert manifest["settings"]["interactivity"] == {"is_enabled": True, "request_url": ADDRESS}
    assert manifest["settings"]["event_subscriptions"]["request_url"] == command["url"] == ADDRESS


@pytest.mark.parametrize("given", ["https://bot.example.org", "https://bot.example.org/"])
def test_ones_own_address_is_printed_and_nothing_written(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = [(FOLDER / name).read_bytes() for name in manifests()]
    assert main(["--url", given]) == 0
    assert capsys.readouterr().out == manifests()[HTTP].replace(EXAMPLE_URL, "https://bot.example.org")
    assert [(FOLDER / name).read_bytes() for name in manifests()] == before


@pytest.mark.parametrize(
    "given", ["http://bot.example.org", "bot.example.org", "https://", "https://a.b/slack/events", "https://[", ""]
)
def test_an_address_that_slack_would_not_take_is_refused(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--url", given])
    assert ended.value.code == 2
    assert "https://your.host" in capsys.readouterr().err


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
