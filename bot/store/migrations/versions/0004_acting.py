"""Exemptions that end, owners, snoozed rows, edited routes, and the posture over time."""

import sqlalchemy as sa
from alembic import op

from bot.store.engine import UtcDateTime

revision = "0004"
down_revision = "0003"

_OPEN = "verdict = 'NON_COMPLIANT' AND exempt_until IS NULL"


def upgrade() -> None:
    op.add_column("findings", sa.Column("owner", sa.Text(), server_default=""))
    op.add_column("findings", sa.Column("is_production", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("findings", sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"))
    op.drop_index("ix_findings_open", "findings")
    op.create_index(
        "ix_findings_open",
        "findings",
        ["scan_id", "account_name", "name", "arn", "is_production"],
        sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )
    op.add_column("changes", sa.Column("exemption", sa.JSON()))
    op.add_column("changes", sa.Column("undone_at", UtcDateTime))
    op.create_table(
        "posture_points",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("compliant", sa.Integer(), nullable=False),
        sa.Column("non_compliant", sa.Integer(), nullable=False),
        sa.Column("not_applicable", sa.Integer(), nullable=False),
        sa.Column("insufficient_data", sa.Integer(), nullable=False),
        sa.Column("exempt", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "at", name=op.f("pk_posture_points")),
    )
    op.create_table(
        "exemptions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False, server_default=""),
        sa.Column("owner", sa.Text(), nullable=False, server_default=""),
        sa.Column("until", UtcDateTime, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("approved_by", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("request_id", sa.String(length=32)),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("ended_by", sa.String(length=64)),
        sa.Column("reopened", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exemptions")),
    )
    op.create_index("ix_exemptions_state_until", "exemptions", ["state", "until"])
    op.create_table(
        "snoozes",
        sa.Column("arn", sa.String(length=256), nullable=False),
        sa.Column("whose", sa.String(length=64), nullable=False),
        sa.Column("until", UtcDateTime, nullable=False),
        sa.Column("set_by", sa.String(length=32), nullable=False),
        sa.Column("set_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("arn", "whose", name=op.f("pk_snoozes")),
    )
    op.create_index("ix_snoozes_whose", "snoozes", ["whose", "until"])
    op.create_table(
        "route_edits",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=32)),
        sa.Column("schedule", sa.Text()),
        sa.Column("timezone", sa.Text()),
        sa.Column("edited_by", sa.String(length=32), nullable=False),
        sa.Column("edited_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_route_edits")),
    )
    op.create_table(
        "digest_mentions",
        sa.Column("digest_id", sa.String(length=32), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_id"],
            ["digests.id"],
            name=op.f("fk_digest_mentions_digest_id_digests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest_id", name=op.f("pk_digest_mentions")),
    )
    op.create_table(
        "digest_pictures",
        sa.Column("digest_id", sa.String(length=32), nullable=False),
        sa.Column("file_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_id"], ["digests.id"], name=op.f("fk_digest_pictures_digest_id_digests"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest_id", name=op.f("pk_digest_pictures")),
    )
    op.create_table(
        "channel_troubles",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_troubles")),
    )
    still = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_channel_troubles_open_channel",
        "channel_troubles",
        ["channel"],
        unique=True,
        sqlite_where=still,
        postgresql_where=still,
    )
