"""Requests, what each of them changes and who decided, and the exemptions that came of them."""

import sqlalchemy as sa

from bot.store.engine import UtcDateTime
from bot.store.tables.base import metadata

ONE_OPEN_CHANGE_A_KEY = "uq_changes_open_arn"
"""The index that lets a key have one open change at most: the second to ask is told of the first."""

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("requester", sa.String(32), nullable=False),
    sa.Column("team_id", sa.String(32), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("required", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("closed_by", sa.String(32)),
    sa.Column("closed_at", UtcDateTime),
    sa.Column("reminders", sa.Integer, nullable=False, server_default="0"),
    sa.Index("ix_requests_state_created_at", "state", "created_at"),
)

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("request_id", sa.ForeignKey("requests.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("arn", sa.String(256), nullable=False),
    sa.Column("key_name", sa.Text, nullable=False),
    sa.Column("account_name", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("open", sa.Boolean, nullable=False),
    sa.Column("period_days", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(24), nullable=False, server_default="ENABLE_ROTATION"),
    sa.Column("rule", sa.Text, nullable=False, server_default=""),
    sa.Column("facts", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("rotations_before", sa.Integer),
    sa.Column("result", sa.Text, nullable=False, server_default=""),
    sa.Column("before", sa.Text, nullable=False, server_default=""),
    sa.Column("after", sa.Text, nullable=False, server_default=""),
    sa.Column("aws_request_id", sa.String(64)),
    sa.Column("next_rotation", UtcDateTime),
    sa.Column("started_at", UtcDateTime),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("exemption", sa.JSON),
    sa.Column("undone_at", UtcDateTime),
    sa.Index("ix_changes_arn", "arn"),
    sa.Index(ONE_OPEN_CHANGE_A_KEY, "arn", unique=True, sqlite_where=sa.text("open"), postgresql_where=sa.text("open")),
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("request_id", sa.ForeignKey("requests.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("user_id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("capacities", sa.JSON, nullable=False, server_default="[]"),
)

exemptions = sa.Table(
    "exemptions",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("scope", sa.JSON, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("ticket", sa.Text, nullable=False, server_default=""),
    sa.Column("owner", sa.Text, nullable=False, server_default=""),
    sa.Column("until", UtcDateTime, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("asked_by", sa.String(64), nullable=False),
    sa.Column("approved_by", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("request_id", sa.String(32)),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("ended_by", sa.String(64)),
    sa.Column("reopened", sa.Integer),
    sa.Index("ix_exemptions_state_until", "state", "until"),
)
