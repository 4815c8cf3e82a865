"""Reads the environment and the file, and tells everything that is wrong with them at once."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr, ValidationError

from bot.errors import ConfigurationError, Problem
from bot.settings.tree import Document, Settings, Slack


def load(environ: Mapping[str, str], *, with_slack: bool) -> Settings:
    named = environ.get("KMS_ROTATION_CONFIG", "")
    path = Path(named or "kms-rotation.toml")
    raw = tomllib.loads(path.read_text(encoding="utf-8")) if named or path.exists() else {}
    try:
        document = Document.model_validate(raw)
    except ValidationError as error:
        raise ConfigurationError(
            Problem(f"{path}: {'.'.join(map(str, each['loc']))}", each["msg"], "") for each in error.errors()
        ) from error
    slack = None
    if with_slack:
        slack = Slack(
            SecretStr(environ["SLACK_BOT_TOKEN"]),
            SecretStr(environ["SLACK_APP_TOKEN"]),
            None,
            environ.get("SLACK_API_URL", "https://slack.com/api/"),
            document.slack.channel or "",
            document.slack.workspaces,
        )
    return Settings(
        slack,
        environ.get("DATABASE_URL") or f"sqlite:///{path.resolve().parent}/kms-rotation.sqlite3",
        document.scan,
        document.policy,
        document.digest,
        document.approval,
        path if path.exists() else None,
    )
