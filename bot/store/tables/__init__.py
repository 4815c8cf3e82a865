"""The tables. Their history is in `migrations/`; a test proves that both agree."""

from bot.store.tables.base import metadata
from bot.store.tables.digests import (
    digest_baselines,
    digest_mentions,
    digest_pictures,
    digest_rows,
    digests,
    posture_points,
    route_edits,
    snoozes,
)
from bot.store.tables.requests import ONE_OPEN_CHANGE_A_KEY, changes, decisions, exemptions, requests
from bot.store.tables.running import (
    ONE_OPEN_TROUBLE_A_CHANNEL,
    audit_entries,
    audit_head,
    channel_troubles,
    disagreements,
    firings,
    home_tabs,
    messages,
    processes,
)
from bot.store.tables.scans import OPEN, coverage, finding_counts, findings, key_facts, key_handles, left_out, scans
from bot.store.tables.sharing import scan_shares, scan_workers

__all__ = [
    "ONE_OPEN_CHANGE_A_KEY",
    "ONE_OPEN_TROUBLE_A_CHANNEL",
    "OPEN",
    "audit_entries",
    "audit_head",
    "changes",
    "channel_troubles",
    "coverage",
    "decisions",
    "digest_baselines",
    "digest_mentions",
    "digest_pictures",
    "digest_rows",
    "digests",
    "disagreements",
    "exemptions",
    "finding_counts",
    "findings",
    "firings",
    "home_tabs",
    "key_facts",
    "key_handles",
    "left_out",
    "messages",
    "metadata",
    "posture_points",
    "processes",
    "requests",
    "route_edits",
    "scan_shares",
    "scan_workers",
    "scans",
    "snoozes",
]
