"""What Slack sends, as those who watch the bot know it: of which kind it is, by which ids, and how long its ack took.

https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from bot.tracing import about

OnAck = Callable[[str, float, bool], None]
"""Is told the kind of a payload, how many seconds Slack waited, and whether it got its ack."""

LATE_SECONDS = 2.0
"""Slack waits three, and then shows the person that nothing answers."""

_KINDS = {"block_actions": "click", "view_submission": "form", "view_closed": "form", "event_callback": "event"}
_TRIGGER = re.compile(r"([^.]+)\.[^.]+\..+")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Answer:
    """What became of a payload. It counts as acked only once that was said to Slack."""

    is_acked: bool = False


def unheard(_kind: str, _seconds: float, _is_acked: bool) -> None:  # noqa: FBT001 - the signature of OnAck
    """Let nobody know: there is nobody who counts."""


@contextmanager
def answering(payload: Mapping[str, Any], since: float, on_ack: OnAck, envelope: str = "") -> Iterator[Answer]:
    """Answer a payload in this block, which came at `since` by `perf_counter`. Lines of the log have its ids."""
    kind, answer = kind_of(payload), Answer()
    with about(slack_payload=kind, **({"slack_envelope": envelope} if envelope else {}), **_ids(payload)):
        try:
            yield answer
        finally:
            seconds = perf_counter() - since
            on_ack(kind, seconds, answer.is_acked)
            if seconds > LATE_SECONDS:
                log.warning("Slack waited %.1f s for the answer to a payload; past 3 s it tells people so.", seconds)


def kind_of(payload: Mapping[str, Any]) -> str:
    """Say what a person did, or that Slack tells of something by itself."""
    return "command" if "command" in payload else _KINDS.get(str(payload.get("type")), "other")


def _ids(payload: Mapping[str, Any]) -> dict[str, str]:
    """Find the ids by which Slack knows it. The last part of a trigger's opens forms, and is nobody else's business."""
    ids = {}
    if event := payload.get("event_id"):
        ids["slack_event"] = str(event)
    if trigger := _TRIGGER.fullmatch(str(payload.get("trigger_id", ""))):
        ids["slack_trigger"] = trigger[1]
    return ids
