"""The bot from a terminal: `python -m bot {run,scan,audit,db}`."""

from bot.terminal.main import main

__all__ = ["main"]
