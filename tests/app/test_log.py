"""What the real process writes down while people work with it: never a secret."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from tests.app.house import CHANNEL, House, eventually, house
from tests.app.test_delivery import used_up

__all__ = ["house"]

KEY = "payments/card-vault"
SECRETS = re.compile(
    r"xox[a-z]-|xapp-|response_url|/(?:commands|actions)/|verification-token|trigger_id|ticket=\w|Signature|\bASIA\w|\bAKIA\w"
)


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_in_the_log_even_at_debug(house: House, form: str) -> None:
    house.key(KEY)
    log = house.folder / "bot.log"
    with log.open("w") as written:
        command = [sys.executable, "-m", "bot", "run", "--debug", "--log-format", form]
        bot = subprocess.Popen(command, env={**os.environ, **house.environ}, stderr=written)
        try:
            house.slack.wait_for_bot(30)
            eventually(house.scans.current, "the first scan")
            message = house.ask(house.mara, KEY)
            house.whisper(house.mara, lambda: house.press(house.mara, message, "Approve"))
            house.press(house.jonas, message, "Approve")
            house.until_shown(message, "Rotation is on")
            used_up(house, house.mara.slash("/kms-rotation list", channel=CHANNEL).payload)
        finally:
            bot.send_signal(signal.SIGTERM)
            bot.wait(30)
    text = log.read_text(encoding="utf-8")
    assert "A response_url answered" in text
    if form == "json":
        tell_of_their_scan_and_request(text, house)
    text = text.replace("A response_url answered", "")
    assert [line[:200] for line in text.splitlines() if SECRETS.search(line)] == []


def tell_of_their_scan_and_request(text: str, house: House) -> None:
    """Every line is an object; the scan, the request and AWS's own call are found by their ids."""
    lines = [json.loads(line) for line in text.splitlines()]
    assert len({line["run"] for line in lines}) == 1
    [ended] = [line for line in lines if line["message"].startswith("A scan ended: FINISHED")]
    [changed] = [line for line in lines if line["message"].endswith("ended: SUCCEEDED.")]
    scan, request = house.scans.current(), house.request()
    assert scan is not None
    assert ended["scan"] == scan.id
    assert (changed["request"], changed["change"]) == (request.id, request.changes[0].id)
    assert changed["aws_request_id"] == request.changes[0].aws_request_id == house.enable_calls[0].request_id
