"""The bot's version, as `pyproject.toml` has it: the bot runs from its folder, and is installed nowhere."""

VERSION = "0.1.0"
