"""Every method: what answers it, the scopes and the kind of token it takes, and its rate tier.

Source: docs.slack.dev/reference/methods.
"""

from collections.abc import Callable
from dataclasses import dataclass

from deploy.sandbox.slack.api import chat, conversations, files, identity, people, views
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import Json

PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
SPECIAL_TIER = 0


@dataclass(frozen=True)
class Method:
    answer: Callable[[State, Json], Json]
    scope: str | None = None
    tier: int = 3
    app_token: bool = False
    config_token: bool = False

    @property
    def per_minute(self) -> int | None:
        return PER_MINUTE.get(self.tier)


METHODS: dict[str, Method] = {
    "api.test": Method(identity.api_test, tier=4),
    "auth.test": Method(identity.auth_test, tier=SPECIAL_TIER),
    "apps.connections.open": Method(identity.connections_open, "connections:write", tier=1, app_token=True),
    "apps.manifest.export": Method(identity.manifest_export, config_token=True),
    "bots.info": Method(identity.bots_info, "users:read"),
    "team.info": Method(identity.team_info, "team:read"),
    "chat.postMessage": Method(chat.post_message, "chat:write", tier=SPECIAL_TIER),
    "chat.postEphemeral": Method(chat.post_ephemeral, "chat:write", tier=4),
    "chat.update": Method(chat.update, "chat:write"),
    "chat.delete": Method(chat.delete, "chat:write"),
    "chat.getPermalink": Method(chat.get_permalink, tier=SPECIAL_TIER),
    "conversations.info": Method(conversations.info),
    "conversations.list": Method(conversations.list_, tier=2),
    "conversations.members": Method(conversations.members, tier=4),
    "conversations.open": Method(conversations.open_, "im:write"),
    "users.info": Method(people.users_info, "users:read", tier=4),
    "users.list": Method(people.users_list, "users:read", tier=2),
    "users.lookupByEmail": Method(people.lookup_by_email, "users:read.email"),
    "usergroups.list": Method(people.usergroups_list, "usergroups:read", tier=2),
    "usergroups.users.list": Method(people.usergroups_users_list, "usergroups:read", tier=2),
    "views.open": Method(views.open_, tier=4),
    "views.push": Method(views.push, tier=4),
    "views.update": Method(views.update, tier=4),
    "views.publish": Method(views.publish, tier=4),
    "files.getUploadURLExternal": Method(files.get_upload_url, "files:write", tier=4),
    "files.completeUploadExternal": Method(files.complete_upload, "files:write", tier=4),
}
