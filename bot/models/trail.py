"""The audit trail: what happened, who did it, and the hash that chains each entry to the one before."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

GENESIS_HASH = "0" * 64
"""What the first entry points back to."""

Details = Mapping[str, object]
"""Whatever is to be known of an entry, as long as JSON can hold it."""


class Act(StrEnum):
    """Everything that the record speaks of."""

    BOT_STARTED = "BOT_STARTED"
    SCAN_STARTED = "SCAN_STARTED"
    SCAN_FINISHED = "SCAN_FINISHED"
    SCAN_INTERRUPTED = "SCAN_INTERRUPTED"
    SCAN_STOPPED = "SCAN_STOPPED"
    DIGEST_POSTED = "DIGEST_POSTED"
    DIGEST_KEPT = "DIGEST_KEPT"
    """A quiet day's, which is compared with and not posted."""
    REQUEST_CREATED = "REQUEST_CREATED"
    REQUEST_APPROVED = "REQUEST_APPROVED"
    REQUEST_PRE_APPROVED = "REQUEST_PRE_APPROVED"
    REQUEST_DENIED = "REQUEST_DENIED"
    REQUEST_EXPIRED = "REQUEST_EXPIRED"
    REQUEST_CANCELLED = "REQUEST_CANCELLED"
    REQUEST_DONE = "REQUEST_DONE"
    APPROVAL_GIVEN = "APPROVAL_GIVEN"
    APPROVERS_REMINDED = "APPROVERS_REMINDED"
    GLASS_BROKEN = "GLASS_BROKEN"
    REFUSED = "REFUSED"
    CHANGE_CLAIMED = "CHANGE_CLAIMED"
    CHANGE_CALLING = "CHANGE_CALLING"
    CHANGE_SUCCEEDED = "CHANGE_SUCCEEDED"
    CHANGE_FAILED = "CHANGE_FAILED"
    CHANGE_NOT_NEEDED = "CHANGE_NOT_NEEDED"
    CHANGE_RETRIED = "CHANGE_RETRIED"
    MESSAGE_LOST = "MESSAGE_LOST"
    EXEMPTION_GRANTED = "EXEMPTION_GRANTED"
    EXEMPTION_LAPSED = "EXEMPTION_LAPSED"
    EXEMPTION_WITHDRAWN = "EXEMPTION_WITHDRAWN"
    EXEMPTION_RENEWED = "EXEMPTION_RENEWED"
    KEY_SNOOZED = "KEY_SNOOZED"
    KEY_WOKEN = "KEY_WOKEN"
    ROUTE_EDITED = "ROUTE_EDITED"
    FIX_UNDONE = "FIX_UNDONE"
    CHANNEL_LOST = "CHANNEL_LOST"
    CHANNEL_BACK = "CHANNEL_BACK"
    SETTINGS_DIFFER = "SETTINGS_DIFFER"
    SETTINGS_AGREE = "SETTINGS_AGREE"


SYSTEM = "kms-rotation"
"""The actor of what nobody did by hand."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be recorded. `actor` is a Slack user id or SYSTEM, `subject` a request, a key or a scan."""

    at: datetime
    actor: str
    act: Act
    subject: str
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChainedEntry:
    """A recorded entry with its place in the chain, exactly as stored."""

    sequence: int
    at: str
    actor: str
    act: str
    subject: str
    details: str
    previous_hash: str
    hash: str

    def expected_hash(self) -> str:
        """SHA-256 over every other field, as canonical JSON."""
        content = [self.sequence, self.at, self.actor, self.act, self.subject, self.details, self.previous_hash]
        return hashlib.sha256(json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()
