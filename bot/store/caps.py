"""How many keys may go through without an approval: counted inside the transaction that makes the request."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.asking import DailyCapError
from bot.models.requests import Request
from bot.store.engine import Database
from bot.store.tables import changes, requests

DAY = timedelta(hours=24)


def keep_to_caps(connection: Connection, request: Request, caps: Mapping[str, int]) -> None:
    """Raise DailyCapError where a request, whose rows are written already, is more than a rule lets through.

    The caller holds the head of the trail, so that no two are counted at once, each without the other.
    """
    for rule, cap in sorted(caps.items()):
        used = _used(connection, rule, request.created_at)
        if used > cap:
            raise DailyCapError(rule, cap, used - sum(change.rule == rule for change in request.changes))


class Caps:
    """Says how much of a rule's cap is used, for people who look; nothing is decided by it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def used(self, rule: str, now: datetime) -> int:
        with self._database.read() as connection:
            return _used(connection, rule, now)


def _used(connection: Connection, rule: str, now: datetime) -> int:
    """Count the keys that a rule let through in the 24 hours before."""
    query = (
        sa.select(sa.func.count())
        .select_from(changes.join(requests, requests.c.id == changes.c.request_id))
        .where(changes.c.rule == rule, requests.c.required == 0, requests.c.created_at > now - DAY)
    )
    return int(connection.execute(query).scalar_one())
