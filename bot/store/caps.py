"""How many keys may go through without an approval: counted inside the transaction that makes the request."""

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.asking import DailyCapError
from bot.models.requests import Request
from bot.store.tables import changes, requests

DAY = timedelta(hours=24)


def keep_to_caps(connection: Connection, request: Request, caps: Mapping[str, int]) -> None:
    """Raise DailyCapError where a request, whose rows are written already, is more than a rule lets through.

    The caller holds the head of the trail, so that no two are counted at once, each without the other.
    """
    for rule, cap in sorted(caps.items()):
        query = (
            sa.select(sa.func.count())
            .select_from(changes.join(requests, requests.c.id == changes.c.request_id))
            .where(changes.c.rule == rule, requests.c.required == 0, requests.c.created_at > request.created_at - DAY)
        )
        used = connection.execute(query).scalar_one()
        if used > cap:
            raise DailyCapError(rule, cap, used - sum(change.rule == rule for change in request.changes))
