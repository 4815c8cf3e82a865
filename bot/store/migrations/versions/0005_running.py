"""What several processes need beside each other, and an index that answers whose the open keys are."""

import sqlalchemy as sa
from alembic import op

from bot.store.engine import UtcDateTime

revision = "0005"
down_revision = "0004"

_OPEN = "verdict = 'NON_COMPLIANT' AND exempt_until IS NULL"


def upgrade() -> None:
    op.create_index(
        "ix_findings_open_arn",
        "findings",
        ["scan_id", "arn"],
        sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )
    op.create_index(
        "ix_findings_owner",
        "findings",
        ["scan_id", "owner", "name", "arn"],
        sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )
    op.create_table(
        "processes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_processes")),
    )
    op.create_table(
        "disagreements",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("differences", sa.JSON(), nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("ended_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disagreements")),
    )
    op.create_table(
        "scan_shares",
        sa.Column("scan_id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("worker", sa.Text()),
        sa.Column("progress", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("told", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("queued_at", UtcDateTime, nullable=False),
        sa.Column("begun_at", UtcDateTime),
        sa.Column("ended_at", UtcDateTime),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scans.id"], name=op.f("fk_scan_shares_scan_id_scans"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("scan_id", "account", name=op.f("pk_scan_shares")),
    )
    op.create_index("ix_scan_shares_state", "scan_shares", ["state"])
    op.create_table(
        "scan_workers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("settings", sa.String(length=32), nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_workers")),
    )
    op.create_table(
        "home_tabs",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_home_tabs")),
    )
    op.add_column("channel_troubles", sa.Column("told", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("channel_troubles", sa.Column("given_up_at", UtcDateTime))
