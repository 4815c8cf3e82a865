"""A scan that workers share: the accounts that it consists of, and the workers that are alive."""

import sqlalchemy as sa

from bot.store.engine import UtcDateTime
from bot.store.tables.base import metadata

scan_shares = sa.Table(
    "scan_shares",
    metadata,
    sa.Column("scan_id", sa.ForeignKey("scans.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("account", sa.String(32), primary_key=True),
    sa.Column("account_name", sa.Text, nullable=False),
    sa.Column("regions", sa.JSON, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("turn", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("worker", sa.Text),
    sa.Column("progress", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("told", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("queued_at", UtcDateTime, nullable=False),
    sa.Column("begun_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Index("ix_scan_shares_state", "state"),
)

scan_workers = sa.Table(
    "scan_workers",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("version", sa.String(32), nullable=False),
    sa.Column("settings", sa.String(32), nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)
