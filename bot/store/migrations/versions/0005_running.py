"""What several processes need beside each other, and an index that answers whose the open keys are."""

import sqlalchemy as sa
from alembic import op

from bot.store.engine import UtcDateTime

revision = "0005"
down_revision = "0004"

_OPEN = "verdict = 'NON_COMPLIANT' AND exempt_until IS NULL"


def upgrade() -> None:
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
