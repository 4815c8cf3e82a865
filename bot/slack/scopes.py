"""The scopes that the bot needs in Slack, each with what it is for. deploy/slack makes the manifests from them."""

from collections.abc import Mapping
from types import MappingProxyType

BOT_SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "channels:read": "see whether the bot is in a public channel",
        "chat:write": "post and update messages",
        "commands": "answer slash commands",
        "files:write": "put the picture of the trend into a digest",
        "groups:read": "see whether the bot is in a private channel",
        "im:write": "write direct messages",
        "usergroups:read": "see who is in a user group that approves",
        "users:read": "see who asks and approves",
        "users:read.email": "find an owner by an e-mail address",
    }
)
"""Of the bot token, SLACK_BOT_TOKEN. https://docs.slack.dev/reference/scopes"""

APP_SCOPES: Mapping[str, str] = MappingProxyType({"connections:write": "open a socket"})
"""Of the app-level token, SLACK_APP_TOKEN, which Socket Mode needs. https://docs.slack.dev/apis/events-api/using-socket-mode"""

EVENTS = ("app_home_opened",)
"""What the app subscribes to. https://docs.slack.dev/reference/events"""
