"""The bot from a terminal: `python -m bot {run,scan,worker,rules,audit,doctor,db}`."""

from bot.terminal.main import main

__all__ = ["main"]
