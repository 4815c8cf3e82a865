"""Builds the app's manifest. https://docs.slack.dev/reference/app-manifest."""

from typing import Any

import yaml

from bot.slack.scopes import APP_SCOPES, BOT_SCOPES, EVENTS
from bot.views.help import TOPICS
from bot.views.names import COMMAND

NAME = "KMS rotation"
PATH = "/slack/events"
"""Where the bot takes Slack's requests over HTTP, all of them."""

_CREATE = """\
# The Slack app. Create it at https://api.slack.com/apps: “Create New App”, “From a manifest”, paste this file.
"""
_TOKEN = "# SLACK_BOT_TOKEN is shown under “OAuth & Permissions” once the app is installed in the workspace.\n"  # noqa: S105 - the name of one
_SOCKET = f"""\
# Then, under “Basic Information”, make an app-level token with the scope {", ".join(APP_SCOPES)}:
# that is SLACK_APP_TOKEN.
"""
_HTTP = """\
# Slack reaches this one over HTTP, at {url}: `python -m deploy.slack --url https://your.host` writes yours.
# SLACK_SIGNING_SECRET is shown under “Basic Information”.
"""
_MADE = "# Made by `python -m deploy.slack` from the bot's own commands and scopes: change those, and run it again.\n"


def manifest(url: str | None = None) -> dict[str, Any]:
    """Describe the app: over Socket Mode, or over HTTP where the bot is reached at a URL."""
    address = {} if url is None else {"request_url": url + PATH}
    command = {
        "command": COMMAND,
        **({} if url is None else {"url": url + PATH}),
        "description": "Which KMS keys rotate, which do not, and what waits for approval",
        "usage_hint": " | ".join(topic.usage for topic in TOPICS),
        "should_escape": False,
    }
    return {
        "display_information": {
            "name": NAME,
            "description": "Finds AWS KMS keys that do not rotate, and enables rotation once somebody has approved it.",
            "background_color": "#3b1140",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": NAME, "always_online": False},
            "slash_commands": [command],
        },
        "oauth_config": {"scopes": {"bot": sorted(BOT_SCOPES)}},
        "settings": {
            "event_subscriptions": {**address, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **address},
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }


def text(url: str | None = None) -> str:
    """Spell the manifest as the file that is pasted into Slack."""
    way = _SOCKET if url is None else _HTTP.format(url=url)
    body = yaml.safe_dump(manifest(url), sort_keys=False, allow_unicode=True, width=10_000)
    return _CREATE + way + _TOKEN + _MADE + body
