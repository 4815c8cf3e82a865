"""Snoozed keys: for one person, or for a channel's digest. Each move is recorded in the transaction that makes it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.keys import Verdict
from bot.models.requests import ChangeKind, ChangeState
from bot.models.snoozes import Snooze, Waking
from bot.models.trail import SYSTEM, Act, Entry
from bot.store.current_scan import current_scan
from bot.store.engine import Database, insert_missing
from bot.store.patterns import Condition
from bot.store.tables import changes, findings, snoozes
from bot.store.trail import append

_WAS_CHANGED = sa.exists().where(
    changes.c.arn == snoozes.c.arn,
    changes.c.kind == ChangeKind.ENABLE_ROTATION.value,
    changes.c.state == ChangeState.SUCCEEDED.value,
    changes.c.finished_at > snoozes.c.set_at,
)
"""The bot enabled the key's rotation since it was snoozed."""


class Snoozes:
    """Sets snoozes, ends them, and says what is snoozed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def snooze(self, snooze: Snooze) -> None:
        """Snooze a key until a moment; an earlier snooze of the same key for the same person or digest gives way."""
        values = {"until": snooze.until, "set_by": snooze.set_by, "set_at": snooze.set_at}
        whose = "for oneself" if snooze.whose == snooze.set_by else "in a digest"
        note = f"{whose}, until {snooze.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        details = {"whose": snooze.whose, "until": snooze.until.isoformat(), "note": note}
        with self._database.write() as connection:
            moved = connection.execute(snoozes.update().where(*_is(snooze.arn, snooze.whose)).values(values))
            if not moved.rowcount:
                row = {"arn": snooze.arn, "whose": snooze.whose, **values}
                if not insert_missing(connection, snoozes, row):  # somebody else was first by a moment
                    connection.execute(snoozes.update().where(*_is(snooze.arn, snooze.whose)).values(values))
            append(connection, Entry(snooze.set_at, snooze.set_by, Act.KEY_SNOOZED, snooze.arn, details))

    def wake(self, arn: str, whose: str, by: str, at: datetime) -> bool:
        """End a snooze by hand; False where there is none any more."""
        with self._database.write() as connection:
            is_woken = _end(connection, arn, whose)
            if is_woken:
                append(connection, _woken(arn, whose, by, at, Waking.BY_HAND))
            return is_woken

    def wake_due(self, now: datetime) -> int:
        """End the snoozes whose time is over, and those of keys that were fixed meanwhile; return how many."""
        with self._database.read() as connection:
            found = list(_over(connection, now))
        if not found:
            return 0
        with self._database.write() as connection:
            ended = [each for each in found if _end(connection, each.arn, each.whose, _due(each.why, now))]
            for each in ended:  # the record after all rows, as in every transaction
                append(connection, _woken(each.arn, each.whose, SYSTEM, now, each.why))
        return len(ended)

    def snoozed(self, whose: str, now: datetime) -> set[str]:
        """Say which keys are snoozed for a person, or for an audience by its name."""
        with self._database.read() as connection:
            return set(connection.execute(snoozed_arns(whose, now)).scalars())

    def of(self, whose: str, now: datetime) -> list[Snooze]:
        """Return the snoozes of a person or an audience, those that end first before the others."""
        query = sa.select(snoozes).where(*_holds(whose, now)).order_by(snoozes.c.until, snoozes.c.arn)
        with self._database.read() as connection:
            return [Snooze(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name

    def of_key(self, arn: str, whose: Iterable[str], now: datetime) -> list[Snooze]:
        """Return the snoozes of one key for any of these."""
        query = sa.select(snoozes).where(snoozes.c.arn == arn, snoozes.c.whose.in_(list(whose)), *_runs(now))
        with self._database.read() as connection:
            return [Snooze(**row._mapping) for row in connection.execute(query.order_by(snoozes.c.whose))]  # noqa: SLF001 - SQLAlchemy's public name


def snoozed_arns(whose: str, now: datetime) -> sa.Select[str]:
    """Choose the keys that are snoozed for a person or an audience: for a condition inside another query."""
    return sa.select(snoozes.c.arn).where(*_holds(whose, now))


def _holds(whose: str, now: datetime) -> tuple[Condition, ...]:
    return (snoozes.c.whose == whose, *_runs(now))


def _runs(now: datetime) -> tuple[Condition, ...]:
    return (snoozes.c.until > now, sa.not_(_WAS_CHANGED))


def _is(arn: str, whose: str) -> tuple[Condition, ...]:
    return (snoozes.c.arn == arn, snoozes.c.whose == whose)


class _Over(NamedTuple):
    """A snooze that is over, and why."""

    arn: str
    whose: str
    why: Waking


def _over(connection: Connection, now: datetime) -> Iterable[_Over]:
    scan = current_scan(connection)
    complies = sa.exists().where(
        findings.c.scan_id == ("" if scan is None else scan.id),
        findings.c.arn == snoozes.c.arn,
        findings.c.verdict == Verdict.COMPLIANT.value,
        findings.c.read_at > snoozes.c.set_at,
    )
    is_fixed = sa.or_(_WAS_CHANGED, complies)
    query = sa.select(snoozes.c.arn, snoozes.c.whose, is_fixed.label("is_fixed"))
    over = query.where(sa.or_(snoozes.c.until <= now, is_fixed)).order_by(snoozes.c.arn, snoozes.c.whose)
    for row in connection.execute(over):
        yield _Over(row.arn, row.whose, Waking.FIXED if row.is_fixed else Waking.TIME)


def _due(why: Waking, now: datetime) -> Condition:
    """Say that a snooze is still the one that was found to be over: it may have been set anew meanwhile."""
    return snoozes.c.until <= now if why is Waking.TIME else snoozes.c.set_at < now


def _end(connection: Connection, arn: str, whose: str, *conditions: Condition) -> bool:
    return connection.execute(snoozes.delete().where(*_is(arn, whose), *conditions)).rowcount == 1


def _woken(arn: str, whose: str, by: str, at: datetime, why: Waking) -> Entry:
    return Entry(at, by, Act.KEY_WOKEN, arn, {"whose": whose, "why": why.value})
