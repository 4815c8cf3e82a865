"""Secrets and addresses from the environment. An empty variable counts as one that is not set."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import Problem
from bot.settings.tree import Slack, SlackSection
from bot.settings.web import EVERY_NETWORK, HTTP, OVER_HTTP, PORTS, ListenAddress, Web

DEFAULT_API_URL = "https://slack.com/api/"
DEFAULT_DATABASE = "kms-rotation.sqlite3"
MOST_DIGITS = 6

POSTGRESQL = "postgresql+psycopg"

_DATABASES = ("sqlite", POSTGRESQL)
_ALSO_POSTGRESQL = ("postgres", "postgresql")
"""What hosts write that set DATABASE_URL by themselves. https://devcenter.heroku.com/articles/connecting-heroku-postgres"""


@dataclass(frozen=True, slots=True)
class _Token:
    """A kind of Slack token: what it is called, how it begins, where Slack shows it."""

    variable: str
    name: str
    prefix: str
    where: str


_BOT_TOKEN = _Token("SLACK_BOT_TOKEN", "a bot token", "xoxb-", "“OAuth & Permissions”")
_APP_TOKEN = _Token("SLACK_APP_TOKEN", "an app-level token", "xapp-", "“Basic Information”, “App-Level Tokens”")
_TOKENS = (_BOT_TOKEN, _APP_TOKEN)


class Environment:
    """The variables that are set, and the problems found while reading them. No message ever holds a value."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._values = {name: value.strip() for name, value in environ.items() if value.strip()}
        self.problems: list[Problem] = []

    def get(self, name: str) -> str | None:
        return self._values.get(name)

    def complain(self, name: str, what: str, remedy: str) -> None:
        self.problems.append(Problem(f"environment: {name}", what, remedy))

    def slack(self, section: SlackSection) -> Slack:
        """Join what the environment and the file say about Slack. Where a problem was found the result is unusable."""
        over_http = section.mode == HTTP
        return Slack(
            bot_token=self._token(_BOT_TOKEN),
            app_token=SecretStr("") if over_http else self._token(_APP_TOKEN),
            signing_secret=self._signing_secret(is_needed=over_http),
            api_url=self._api_url(),
            channel=section.channel or "",
            workspaces=section.workspaces,
            fallback=section.fallback,
            over_http=over_http,
        )

    def slack_to_look(self, section: SlackSection) -> Slack | None:
        """Join what is needed to look people up; None where no bot token is set."""
        if self.get(_BOT_TOKEN.variable) is None:
            return None
        return Slack(
            bot_token=self._token(_BOT_TOKEN),
            app_token=SecretStr(""),
            signing_secret=None,
            api_url=self._api_url(),
            channel=section.channel or "",
            workspaces=section.workspaces,
            fallback=section.fallback,
            over_http=section.mode == HTTP,
        )

    def listen_over_http(self, section: Web) -> Web:
        """Where Slack's requests are waited for: hosts that choose a port say so in PORT, and mean every network."""
        text = self.get("PORT")
        if text is None:
            return section.model_copy(update={"listen": section.listen or OVER_HTTP})
        port = int(text) if text.isascii() and text.isdigit() and len(text) < MOST_DIGITS else 0
        if port not in PORTS:
            self.complain("PORT", "It is not a port.", "Write 1 to 65535, or leave it out for web.listen.")
            return section
        return section.model_copy(update={"listen": ListenAddress(EVERY_NETWORK, port)})

    def database_url(self, folder: Path) -> str:
        """Read DATABASE_URL; unless set, a SQLite file in the folder."""
        text = self.get("DATABASE_URL")
        if text is None:
            return URL.create("sqlite", database=str(folder / DEFAULT_DATABASE)).render_as_string()
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            self.complain(
                "DATABASE_URL",
                "It is not the URL of a database.",
                "Write sqlite:///path/to/file or postgresql+psycopg://user:password@host/database.",
            )
            return text
        driver = url.drivername
        if driver in _ALSO_POSTGRESQL:
            return url.set(drivername=POSTGRESQL).render_as_string(hide_password=False)
        if driver not in _DATABASES:
            remedy = (
                f"Write {POSTGRESQL}://…" if driver.startswith("postgres") else f"Write sqlite:///… or {POSTGRESQL}://…"
            )
            self.complain("DATABASE_URL", f"{driver}:// is not supported.", f"{remedy} instead.")
        return text

    def _token(self, kind: _Token) -> SecretStr:
        text = self.get(kind.variable) or ""
        remedy = f"Set it to {kind.name} ({kind.prefix}…), which Slack shows under {kind.where} of the app."
        other = next((each for each in _TOKENS if each is not kind and text.startswith(each.prefix)), None)
        if not text:
            self.complain(kind.variable, "It is not set.", remedy)
        elif other is not None:
            self.complain(kind.variable, f"It holds {other.name}, not {kind.name}.", remedy)
        elif not re.fullmatch(rf"{kind.prefix}[A-Za-z0-9-]+", text):
            self.complain(kind.variable, f"It does not hold {kind.name}.", remedy)
        return SecretStr(text)

    def _signing_secret(self, *, is_needed: bool) -> SecretStr | None:
        text = self.get("SLACK_SIGNING_SECRET")
        if text is None and is_needed:
            self.complain(
                "SLACK_SIGNING_SECRET",
                'It is not set, and with slack.mode = "http" nobody could tell Slack\'s requests from others.',
                "Set it to the signing secret under “Basic Information” of the app.",
            )
        held = next((each for each in _TOKENS if text is not None and text.startswith(each.prefix)), None)
        if held is not None:
            self.complain(
                "SLACK_SIGNING_SECRET",
                f"It holds {held.name}, not the signing secret.",
                "Set it to the signing secret under “Basic Information” of the app, or leave it out.",
            )
        return None if text is None else SecretStr(text)

    def _api_url(self) -> str:
        text = self.get("SLACK_API_URL") or DEFAULT_API_URL
        if not _is_web_address(text):
            self.complain(
                "SLACK_API_URL",
                "It is not a web address.",
                f"Leave it out for Slack's own, {DEFAULT_API_URL}, or write http://… or https://… in full.",
            )
        return text if text.endswith("/") else f"{text}/"


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port  # reading it is what checks it
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment
