"""Scans: what was found of each key, where, and what is remembered of it."""

import sqlalchemy as sa

from bot.store.engine import UtcDateTime
from bot.store.tables.base import IN_ORDER, metadata

OPEN = "verdict = 'NON_COMPLIANT' AND exempt_until IS NULL"
"""What makes a finding an open key. Written out, or the databases would not see that an index of open keys serves."""

scans = sa.Table(
    "scans",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("started_by", sa.String(64), nullable=False),
    sa.Column("stopped_by", sa.String(64), nullable=False, server_default=""),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("compliant", sa.Integer, nullable=False, server_default="0"),
    sa.Column("non_compliant", sa.Integer, nullable=False, server_default="0"),
    sa.Column("not_applicable", sa.Integer, nullable=False, server_default="0"),
    sa.Column("insufficient_data", sa.Integer, nullable=False, server_default="0"),
    sa.Column("exempt", sa.Integer, nullable=False, server_default="0"),
    sa.Index("ix_scans_state_finished_at", "state", "finished_at"),
)

coverage = sa.Table(
    "coverage",
    metadata,
    sa.Column("scan_id", sa.ForeignKey("scans.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("account", sa.String(32), primary_key=True),
    sa.Column("region", sa.String(32), primary_key=True),
    sa.Column("account_name", IN_ORDER, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("keys", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    sa.Index("ix_coverage_scan_id_status", "scan_id", "status", "account", "region"),
)

findings = sa.Table(
    "findings",
    metadata,
    sa.Column("scan_id", sa.ForeignKey("scans.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("arn", sa.String(256), primary_key=True),
    sa.Column("account", sa.String(32), nullable=False),
    sa.Column("account_name", IN_ORDER, nullable=False),
    sa.Column("region", sa.String(32), nullable=False),
    sa.Column("aliases", sa.JSON, nullable=False),
    sa.Column("verdict", sa.String(24), nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("read_at", UtcDateTime, nullable=False),
    sa.Column("rotation_enabled", sa.Boolean),
    sa.Column("rotation_period_days", sa.Integer),
    sa.Column("next_rotation", UtcDateTime),
    sa.Column("team", sa.Text),
    sa.Column("managed_by", sa.Text),
    sa.Column("exempt_until", UtcDateTime),
    sa.Column("name", IN_ORDER, nullable=False, server_default=""),
    sa.Column("owner", sa.Text, server_default=""),
    sa.Column("is_production", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("tags", sa.JSON, nullable=False, server_default="[]"),
    sa.Index("ix_findings_scan_id_verdict", "scan_id", "verdict", "account", "region", "arn"),
    sa.Index("ix_findings_scan_id_account", "scan_id", "account", "region"),
    sa.Index(
        "ix_findings_open",
        "scan_id",
        "account_name",
        "name",
        "arn",
        "is_production",
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    ),
    sa.Index(
        "ix_findings_open_arn",
        "scan_id",
        "arn",
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    ),
    sa.Index(
        "ix_findings_owner",
        "scan_id",
        "owner",
        "name",
        "arn",
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    ),
)

finding_counts = sa.Table(
    "finding_counts",
    metadata,
    sa.Column("scan_id", sa.ForeignKey("scans.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("account", sa.String(32), primary_key=True),
    sa.Column("account_name", IN_ORDER, primary_key=True),
    sa.Column("region", sa.String(32), primary_key=True),
    sa.Column("team", sa.Text, primary_key=True),
    sa.Column("verdict", sa.String(24), primary_key=True),
    sa.Column("exempt", sa.Boolean, primary_key=True),
    sa.Column("keys", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

left_out = sa.Table(
    "left_out",
    metadata,
    sa.Column("scan_id", sa.ForeignKey("scans.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("account", sa.String(32), primary_key=True),
    sa.Column("account_name", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)

key_facts = sa.Table(
    "key_facts",
    metadata,
    sa.Column("arn", sa.String(256), primary_key=True),
    sa.Column("account", sa.String(32), nullable=False),
    sa.Column("region", sa.String(32), nullable=False),
    sa.Column("manager", sa.String(32), nullable=False),
    sa.Column("spec", sa.String(64), nullable=False),
    sa.Column("usage", sa.String(64), nullable=False),
    sa.Column("origin", sa.String(64), nullable=False),
    sa.Index("ix_key_facts_account", "account", "region"),
)

key_handles = sa.Table(
    "key_handles",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("arn", sa.String(256), nullable=False, unique=True),
)
