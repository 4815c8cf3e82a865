"""What a digest says of every key, kept for the next one to compare with."""

from typing import Any

import sqlalchemy as sa

from bot.store.engine import UtcDateTime
from bot.store.sides import IS_COMPLIANT, IS_KNOWN, IS_OPEN, IS_UNREAD, WAS_OPEN, Sides
from bot.store.tables import digest_baselines, findings


def renew_baseline(sides: Sides) -> None:
    """Make the baseline say what a digest says, by writing those keys alone of which that is something else.

    Keys that could not be read, or that nobody looked for, stay as they are. Compliant ones are kept as well, or they
    would be new when they are open again.
    """
    if sides.has_baseline:
        _forget(sides)
        _close(sides)
        _reopen(sides)
        _add(sides, sides.now.where(sa.not_(IS_KNOWN)))
    else:
        _add(sides, sides.matching)


def _forget(sides: Sides) -> None:
    """Drop the keys that are gone."""
    is_found = sa.exists().where(sides.is_same_known)
    sides.connection.execute(digest_baselines.delete().where(sides.of_name, ~is_found, sa.not_(sides.is_dark)))


def _close(sides: Sides) -> None:
    is_closed = sa.exists().where(sides.is_same_known, sa.not_(sa.or_(IS_OPEN, IS_UNREAD)))
    closing = digest_baselines.update().where(sides.of_name, WAS_OPEN, is_closed)
    sides.connection.execute(closing.values(open=False, since=sides.at))


def _reopen(sides: Sides) -> None:
    again = sides.open_now.add_columns(findings.c.arn).where(IS_KNOWN, sides.is_news)
    opening = digest_baselines.update().where(sides.of_name, digest_baselines.c.arn.in_(again))
    sides.connection.execute(opening.values(open=True, since=sides.at))


def _add(sides: Sides, unknown: sa.Select[tuple[()]]) -> None:
    columns: dict[str, sa.ColumnElement[Any]] = {
        "name": sa.literal(sides.name),
        "arn": findings.c.arn,
        "account": findings.c.account,
        "region": findings.c.region,
        "open": IS_OPEN,
        "since": sa.literal(sides.at, UtcDateTime),
    }
    judged = unknown.add_columns(*columns.values()).where(sa.or_(IS_OPEN, IS_COMPLIANT))
    sides.connection.execute(digest_baselines.insert().from_select(list(columns), judged))
