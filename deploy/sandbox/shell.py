"""The shell that the sandbox was started from."""

import os
from collections.abc import Mapping

NO_FILES = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def cleaned(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what leads to a real AWS or Slack, or over a proxy."""
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith(("AWS_", "SLACK_")) and not name.lower().endswith("_proxy")
    }
    return {**kept, **NO_FILES}


def clean() -> None:
    """Let nothing in this process and its children see a real AWS or Slack, be it an SDK or an emulator."""
    environment = cleaned(os.environ)
    os.environ.clear()
    os.environ.update(environment)
