"""Accounts that a scan leaves out: not read, not meant to be, and told."""

from collections.abc import Sequence
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.models.scans import Account, LeftOut
from bot.rules.filters import Filter
from bot.store.tables import coverage, findings, left_out


def add_left_out(connection: Connection, scan_id: str, accounts: Sequence[LeftOut]) -> None:
    if accounts:
        connection.execute(left_out.insert(), [asdict(each) | {"scan_id": scan_id} for each in accounts])


def left_out_of(connection: Connection, scan_id: str) -> list[LeftOut]:
    query = sa.select(left_out).where(left_out.c.scan_id == scan_id).order_by(left_out.c.account)
    return [LeftOut(row.account, row.account_name, row.why) for row in connection.execute(query)]


def left_out_in(connection: Connection, scan_id: str, scope: Filter) -> tuple[LeftOut, ...]:
    """Read those that the account part of a filter names."""
    every = left_out_of(connection, scan_id)
    return tuple(each for each in every if scope.matches_account(Account(each.account, each.account_name)))


def fold_left_out(connection: Connection, narrowed_id: str, current_id: str) -> None:
    """Let a narrowed scan's word on which accounts are left out replace the current scan's, of accounts that it met."""
    for table in (left_out, coverage):
        met = sa.select(table.c.account).where(table.c.scan_id == narrowed_id)
        connection.execute(left_out.delete().where(left_out.c.scan_id == current_id, left_out.c.account.in_(met)))
    gone = sa.select(left_out.c.account).where(left_out.c.scan_id == narrowed_id)
    for table in (coverage, findings):
        connection.execute(table.delete().where(table.c.scan_id == current_id, table.c.account.in_(gone)))
    add_left_out(connection, current_id, left_out_of(connection, narrowed_id))
