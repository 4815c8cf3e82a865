"""One workspace with one installed app: what a server starts from."""

from dataclasses import dataclass

from deploy.sandbox.slack.people import (
    BOT_USER,
    OTHERS,
    OURS,
    Channel,
    Group,
    Person,
    default_channels,
    default_groups,
    default_people,
)

BOT_TOKEN = "xoxb-sandbox-token"
APP_TOKEN = "xapp-1-sandbox-token"
SIGNING_SECRET = "sandbox-signing-secret"
CONFIG_TOKEN = "xoxe.xoxp-1-sandbox-token"

BOT_SCOPES = frozenset(
    {
        "channels:read", "chat:write", "commands", "files:write", "groups:read", "im:write", "usergroups:read",
        "users:read", "users:read.email",
    }
)  # fmt: skip


@dataclass(frozen=True)
class SlackApp:
    """The installed app: its identity, its tokens and what it was granted."""

    id: str = "A0KMS"
    bot_id: str = "B0KMS"
    bot_user: str = BOT_USER
    name: str = "KMS rotation"
    commands: tuple[str, ...] = ("/kms-rotation",)
    bot_token: str = BOT_TOKEN
    app_token: str = APP_TOKEN
    signing_secret: str = SIGNING_SECRET
    config_token: str = CONFIG_TOKEN
    scopes: frozenset[str] = BOT_SCOPES
    app_scopes: frozenset[str] = frozenset({"connections:write"})


@dataclass(frozen=True)
class Workspace:
    team_id: str
    name: str
    domain: str
    app: SlackApp
    people: tuple[Person, ...]
    groups: tuple[Group, ...]
    channels: tuple[Channel, ...]
    foreign_teams: tuple[tuple[str, str], ...] = ()

    def domain_of(self, team_id: str) -> str:
        return dict(self.foreign_teams).get(team_id, self.domain)


def default_workspace() -> Workspace:
    """Northwind: Mara asks, Jonas and Aiko may approve, and four people who should not."""
    return Workspace(
        OURS,
        "Northwind",
        "northwind",
        SlackApp(),
        default_people(),
        default_groups(),
        default_channels(),
        ((OTHERS, "elsewhere"),),
    )
