"""The bot from a terminal: `python -m bot {run,scan,rules,audit,db}`."""

from bot.terminal.main import main

__all__ = ["main"]
