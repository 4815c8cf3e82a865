"""The settings: secrets and addresses from the environment, everything else from one TOML file, validated whole."""

from bot.settings.load import load, place_of
from bot.settings.routes import Route
from bot.settings.tree import Approval, Digest, Policy, Scan, Settings, Slack

__all__ = ["Approval", "Digest", "Policy", "Route", "Scan", "Settings", "Slack", "load", "place_of"]
