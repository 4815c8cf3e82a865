"""What Slack knows of an app's commands: the manifest from which the app was made, and nothing of the bot."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

MANIFEST = Path(__file__).parents[2] / "slack" / "manifest.yml"


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One alternative of a usage hint: its first word, and what may follow it."""

    name: str
    takes: str


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    description: str
    subcommands: tuple[Subcommand, ...]


@lru_cache
def manifest() -> dict[str, Any]:
    """The whole manifest."""
    loaded: dict[str, Any] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return loaded


@lru_cache
def commands() -> tuple[Command, ...]:
    """The slash commands as the manifest describes them."""
    loaded = manifest()
    return tuple(
        Command(each["command"], each.get("description", ""), alternatives(each.get("usage_hint", "")))
        for each in loaded["features"]["slash_commands"]
    )


def alternatives(usage_hint: str) -> tuple[Subcommand, ...]:
    """`status | key <id>` as its two subcommands."""
    words = (each.strip().partition(" ") for each in usage_hint.split("|"))
    return tuple(Subcommand(name, takes.strip()) for name, _, takes in words if name)
