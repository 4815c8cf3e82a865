"""Rules that look at more than the account, rotation on demand, reminders."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("requests", sa.Column("reminders", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("changes", sa.Column("kind", sa.String(length=24), nullable=False, server_default="ENABLE_ROTATION"))
    op.add_column("changes", sa.Column("rule", sa.Text(), nullable=False, server_default=""))
    op.add_column("changes", sa.Column("facts", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("changes", sa.Column("rotations_before", sa.Integer()))
    op.add_column("decisions", sa.Column("capacities", sa.JSON(), nullable=False, server_default="[]"))
