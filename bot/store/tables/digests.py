"""Digests, what the next one compares with, and what people set about them."""

import sqlalchemy as sa

from bot.store.engine import UtcDateTime
from bot.store.tables.base import metadata

digests = sa.Table(
    "digests",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
)

digest_rows = sa.Table(
    "digest_rows",
    metadata,
    sa.Column("digest_id", sa.ForeignKey("digests.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("arn", sa.String(256), primary_key=True, index=True),
)

digest_baselines = sa.Table(
    "digest_baselines",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("arn", sa.String(256), primary_key=True),
    sa.Column("open", sa.Boolean, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("account", sa.String(32), nullable=False, server_default=""),
    sa.Column("region", sa.String(32), nullable=False, server_default=""),
    sa.Index(
        "ix_digest_baselines_open",
        "name",
        "arn",
        sqlite_where=sa.text("open = 1"),
        postgresql_where=sa.text("open"),
    ),
)

digest_mentions = sa.Table(
    "digest_mentions",
    metadata,
    sa.Column("digest_id", sa.ForeignKey("digests.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("people", sa.JSON, nullable=False),
)

digest_pictures = sa.Table(
    "digest_pictures",
    metadata,
    sa.Column("digest_id", sa.ForeignKey("digests.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("file_id", sa.String(32), nullable=False),
)

posture_points = sa.Table(
    "posture_points",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("at", UtcDateTime, primary_key=True),
    sa.Column("compliant", sa.Integer, nullable=False),
    sa.Column("non_compliant", sa.Integer, nullable=False),
    sa.Column("not_applicable", sa.Integer, nullable=False),
    sa.Column("insufficient_data", sa.Integer, nullable=False),
    sa.Column("exempt", sa.Integer, nullable=False),
)

route_edits = sa.Table(
    "route_edits",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("channel", sa.String(32)),
    sa.Column("schedule", sa.Text),
    sa.Column("timezone", sa.Text),
    sa.Column("edited_by", sa.String(32), nullable=False),
    sa.Column("edited_at", UtcDateTime, nullable=False),
)

snoozes = sa.Table(
    "snoozes",
    metadata,
    sa.Column("arn", sa.String(256), primary_key=True),
    sa.Column("whose", sa.String(64), primary_key=True),
    sa.Column("until", UtcDateTime, nullable=False),
    sa.Column("set_by", sa.String(32), nullable=False),
    sa.Column("set_at", UtcDateTime, nullable=False),
    sa.Index("ix_snoozes_whose", "whose", "until"),
)
