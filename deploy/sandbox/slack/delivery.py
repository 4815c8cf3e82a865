"""One payload on its way to the bot, and what became of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic
from uuid import uuid4

from deploy.sandbox.slack.things import Json


class Outcome(StrEnum):
    PENDING = "pending"
    ACKED = "acked"
    TIMED_OUT = "operation_timeout"
    NOBODY_THERE = "dispatch_failed"


@dataclass
class Delivery:
    """`seconds` is the time from sending to the ack, `late_seconds` that of a late one; `answer` is what it carried.

    `confirm` is the dialog that the person was asked to confirm first.
    """

    kind: str
    payload: Json
    user: str
    confirm: Json | None = None
    envelope_id: str = field(default_factory=lambda: str(uuid4()))
    sent_at: float = field(default_factory=monotonic)
    connection: str | None = None
    outcome: Outcome = Outcome.PENDING
    seconds: float | None = None
    late_seconds: float | None = None
    answer: Json | None = None

    @property
    def settled(self) -> bool:
        return self.outcome is not Outcome.PENDING

    def envelope(self) -> Json:
        envelope: Json = {
            "envelope_id": self.envelope_id,
            "payload": self.payload,
            "type": self.kind,
            "accepts_response_payload": self.kind != "events_api",
        }
        if self.kind == "events_api":
            envelope |= {"retry_attempt": 0, "retry_reason": ""}
        return envelope
