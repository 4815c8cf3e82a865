"""When the approvers of a request are reminded: less and less often, and never once it has expired."""

from datetime import datetime, timedelta

from bot.models.requests import Request


def reminders_due(request: Request, patience: timedelta, now: datetime) -> int:
    """Count the reminders that a request should have had by now.

    The first comes after `patience`, and each further one after twice the time of the one before.
    """
    if now >= request.expires_at:
        return 0
    due, wait, at = 0, patience, request.created_at + patience
    while at <= now:
        due, wait = due + 1, 2 * wait
        at += wait
    return due
