"""`scan.spread`: what a long scan is spread over."""

from typing import Annotated

from pydantic import AfterValidator

from bot.errors import Problem
from bot.settings.mistakes import mistake, shown

PROCESSES, WORKERS = "processes", "workers"


def _spread(text: str) -> str:
    if text in (PROCESSES, WORKERS):
        return text
    raise mistake(
        f"{shown(text)} is nothing that a scan is spread over.",
        'Write "processes" for processes that the bot begins itself, or "workers" for those of “python -m bot worker”.',
    )


Spread = Annotated[str, AfterValidator(_spread)]


def problem_with(spread: str, database_url: str, place: str) -> Problem | None:
    """Say so where scans are to be shared out and there is nothing to share them out with."""
    if spread != WORKERS or not database_url.startswith("sqlite"):
        return None
    return Problem(
        place,
        "Workers share a PostgreSQL, and DATABASE_URL names none.",
        'Set DATABASE_URL to postgresql+psycopg://…, or write "processes".',
    )
