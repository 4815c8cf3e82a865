"""The tables. Their history is in `migrations/`; a test proves that both agree."""

import sqlalchemy as sa

from bot.store.engine import UtcDateTime

ONE_OPEN_CHANGE_A_KEY = "uq_changes_open_arn"
"""The index that lets a key have one open change at most: the second to ask is told of the first."""

ONE_OPEN_TROUBLE_A_CHANNEL = "uq_channel_troubles_open_channel"
"""The index by which a channel that takes no messages is told of once, however many messages wait for it."""

OPEN = "verdict = 'NON_COMPLIANT' AND exempt_until IS NULL"
"""What makes a finding an open key. Written out, or the databases would not see that the index of open keys serves."""

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

IN_ORDER = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text that both databases sort as Python does, by code point, whatever language the server speaks."""

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

digests = sa.Table(
    "digests",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
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

digest_pictures = sa.Table(
    "digest_pictures",
    metadata,
    sa.Column("digest_id", sa.ForeignKey("digests.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("file_id", sa.String(32), nullable=False),
)

digest_mentions = sa.Table(
    "digest_mentions",
    metadata,
    sa.Column("digest_id", sa.ForeignKey("digests.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("people", sa.JSON, nullable=False),
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
    sa.Index(
        ONE_OPEN_TROUBLE_A_CHANNEL,
        "channel",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
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

firings = sa.Table(
    "firings",
    metadata,
    sa.Column("job", sa.String(64), primary_key=True),
    sa.Column("due_at", UtcDateTime, primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("claimed_at", UtcDateTime, nullable=False),
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
