"""What the real process writes down while people work with it: never a secret."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from deploy.sandbox.slack.people import Group
from tests.app.house import CHANNEL, CONFIGURATION, House, eventually, house
from tests.app.test_delivery import used_up

__all__ = ["house"]

KEY = "payments/card-vault"
SECRETS = re.compile(
    r"xox[a-z]-|xapp-|response_url|/(?:commands|actions)/|verification-token|trigger_id|\.trigger|ticket=\w|Signature|\bASIA\w|\bAKIA\w"
)
GONE = CONFIGURATION.replace('["S0KEYADMINS"]\n', '["S0KEYADMINS", "S0GONE"]\n')
"""Where that group is not there, the log warns of it whenever somebody is looked up: at every step of a request."""


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_in_the_log_even_at_debug(house: House, form: str) -> None:
    house.key(KEY)
    house.configure(GONE)
    house.slack.state.groups["S0GONE"] = Group("S0GONE", "gone", "Gone soon", ())
    log = house.folder / "bot.log"
    with log.open("w") as written:
        command = [sys.executable, "-m", "bot", "run", "--debug", "--log-format", form]
        bot = subprocess.Popen(command, env={**os.environ, **house.environ}, stderr=written)
        try:
            house.slack.wait_for_bot(30)
            eventually(house.scans.current, "the first scan")
            eventually(lambda: "Ready." in log.read_text(encoding="utf-8"), "the end of the start")
            del house.slack.state.groups["S0GONE"]
            message = house.ask(house.mara, KEY)
            house.whisper(house.mara, lambda: house.press(house.mara, message, "Approve"))
            house.slack.faults.fail_next("chat.update", times=3)
            house.press(house.jonas, message, "Approve")
            house.until_shown(message, "Rotation is on")
            used_up(house, house.mara.slash("/kms-rotation list", channel=CHANNEL).payload)
        finally:
            bot.send_signal(signal.SIGTERM)
            bot.wait(30)
    text = log.read_text(encoding="utf-8")
    assert "A response_url answered" in text
    if form == "json":
        lines = [json.loads(line) for line in text.splitlines()]
        tell_of_their_scan_and_request(lines, house)
        tell_what_each_is_about(lines, house)
    text = text.replace("A response_url answered", "")
    assert [line[:200] for line in text.splitlines() if SECRETS.search(line)] == []


def tell_what_each_is_about(lines: list[dict[str, str]], house: House) -> None:
    """Every line names its piece of work, and all of them between the form and the end of the request name that.

    At --debug each statement for the database is a line, so that there are hundreds of each piece.
    """
    request, change = house.request(), house.request().changes[0]
    ready = next(at for at, line in enumerate(lines) if line["message"] == "Ready.")
    nameless = [line for line in lines[ready + 1 :] if not {"task", "slack_envelope"} & set(line)]
    assert [line for line in nameless if not line["logger"].startswith("apscheduler.")] == []
    threads = {line["thread"].partition("_")[0] for line in lines[ready + 1 :]}
    assert threads >= {"listener", "looking", "deciding", "changing", "courier"}
    asking = [line for line in lines if line.get("task") == "asking"]
    made = [line["message"] for line in asking].index("A request was made, and is PENDING; keys: 1.")
    deciding = [line for line in lines if line.get("task") in {"approve", f"the change of {change.arn}"}]
    posting = [line for line in lines if line.get("message_id")]
    for pieces in (asking[made:], deciding, posting):
        assert {line.get("request") for line in pieces} == {request.id}
    assert any("S0GONE" in line["message"] for line in deciding)
    assert any(" waits: " in line["message"] for line in posting)
    by_slack = [line for line in lines if "slack_envelope" in line]
    acts = {line["slack_payload"]: {"slack_envelope", "slack_trigger"} <= set(line) for line in by_slack}
    assert acts == {"command": True, "click": True, "form": True}
    assert {line["slack_payload"] for line in asking} == {"form"}
    assert {line["slack_payload"] for line in deciding} == {"click"}, "a change is part of the click that approved it"


def tell_of_their_scan_and_request(lines: list[dict[str, str]], house: House) -> None:
    """Every line is an object; the scan, the request and AWS's own call are found by their ids."""
    assert len({line["run"] for line in lines}) == 1
    [ended] = [line for line in lines if line["message"].startswith("A scan ended: FINISHED")]
    [changed] = [line for line in lines if line["message"].endswith("ended: SUCCEEDED.")]
    scan, request = house.scans.current(), house.request()
    assert scan is not None
    assert ended["scan"] == scan.id
    assert (changed["request"], changed["change"]) == (request.id, request.changes[0].id)
    assert changed["aws_request_id"] == request.changes[0].aws_request_id == house.enable_calls[0].request_id
