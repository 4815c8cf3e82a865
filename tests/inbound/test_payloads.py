"""What Slack sends is known by its kind and its ids, and how long Slack waits for the answer is told."""

import logging
from time import perf_counter
from typing import Any

import pytest

from bot.inbound.payloads import LATE_SECONDS, answering
from bot.tracing import subjects

PAYLOADS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "command": ({"command": "/kms-rotation", "trigger_id": "71.92.ab3f"}, {"slack_trigger": "71"}),
    "click": ({"type": "block_actions", "trigger_id": "72.92.ab3f.more"}, {"slack_trigger": "72"}),
    "form": ({"type": "view_submission"}, {}),
    "event": ({"type": "event_callback", "event_id": "Ev07"}, {"slack_event": "Ev07"}),
    "other": ({"type": "url_verification", "trigger_id": "whole-and-secret"}, {}),
}


@pytest.mark.parametrize("kind", PAYLOADS)
def test_its_lines_have_its_kind_and_its_ids_and_no_trigger_that_opens_a_form(kind: str) -> None:
    payload, ids = PAYLOADS[kind]
    with answering(payload, perf_counter(), lambda *_: None, "envelope-1"):
        assert subjects() == {"slack_payload": kind, "slack_envelope": "envelope-1", **ids}
    with answering(payload, perf_counter(), lambda *_: None):
        assert "slack_envelope" not in subjects()
    assert subjects() == {}


@pytest.mark.parametrize("is_acked", [True, False])
def test_it_is_told_how_long_slack_waited_and_for_what(is_acked: bool) -> None:
    told: list[tuple[str, float, bool]] = []
    with answering(PAYLOADS["click"][0], perf_counter() - 1.5, lambda *each: told.append(each)) as answer:
        answer.is_acked = is_acked
    [(kind, seconds, acked)] = told
    assert (kind, acked) == ("click", is_acked)
    assert seconds >= 1.5


def test_what_raises_got_no_ack() -> None:
    told: list[bool] = []
    with (
        pytest.raises(ZeroDivisionError),
        answering({}, perf_counter(), lambda _kind, _seconds, acked: told.append(acked)),
    ):
        raise ZeroDivisionError
    assert told == [False]


@pytest.mark.parametrize(("waited", "lines"), [(LATE_SECONDS + 0.1, 1), (0.0, 0)])
def test_the_log_tells_of_those_that_were_nearly_too_late(
    caplog: pytest.LogCaptureFixture, waited: float, lines: int
) -> None:
    with caplog.at_level(logging.WARNING), answering({}, perf_counter() - waited, lambda *_: None):
        pass
    assert len(caplog.messages) == lines
    assert all(each.startswith("Slack waited ") for each in caplog.messages)
