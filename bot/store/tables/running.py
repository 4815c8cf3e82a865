"""What the running bot owes and has done: messages, firings, and the audit trail."""

import sqlalchemy as sa

from bot.store.engine import UtcDateTime
from bot.store.tables.base import metadata

ONE_OPEN_TROUBLE_A_CHANNEL = "uq_channel_troubles_open_channel"
"""The index by which a channel that takes no messages is told of once, however many messages wait for it."""

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("ts", sa.String(32)),
    sa.Column("wanted", sa.Integer, nullable=False),
    sa.Column("shown", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_attempt_at", UtcDateTime, nullable=False),
    sa.Column("lost", sa.Text),
    sa.UniqueConstraint("kind", "subject", "position"),
)

channel_troubles = sa.Table(
    "channel_troubles",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("code", sa.String(64), nullable=False),
    sa.Column("message_id", sa.String(32), nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("told", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("given_up_at", UtcDateTime),
    sa.Index(
        ONE_OPEN_TROUBLE_A_CHANNEL,
        "channel",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

firings = sa.Table(
    "firings",
    metadata,
    sa.Column("job", sa.String(64), primary_key=True),
    sa.Column("due_at", UtcDateTime, primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("claimed_at", UtcDateTime, nullable=False),
)

processes = sa.Table(
    "processes",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("settings", sa.JSON, nullable=False),
)

disagreements = sa.Table(
    "disagreements",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("differences", sa.JSON, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("told", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("ended_at", UtcDateTime),
)

home_tabs = sa.Table(
    "home_tabs",
    metadata,
    sa.Column("user_id", sa.String(32), primary_key=True),
    sa.Column("hash", sa.Text, nullable=False),
)

audit_entries = sa.Table(
    "audit_entries",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("act", sa.String(32), nullable=False),
    sa.Column("subject", sa.String(256), nullable=False, index=True),
    sa.Column("details", sa.Text, nullable=False),
    sa.Column("previous_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("hash", sa.String(64), nullable=False),
)

audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
