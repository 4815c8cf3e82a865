"""What the real process writes down while people work with it: never a secret."""

import os
import re
import signal
import subprocess
import sys

from tests.app.house import CHANNEL, House, eventually, house
from tests.app.test_delivery import used_up

__all__ = ["house"]

KEY = "payments/card-vault"
SECRETS = re.compile(
    r"xox[a-z]-|xapp-|response_url|/(?:commands|actions)/|verification-token|trigger_id|ticket=\w|Signature|\bASIA\w|\bAKIA\w"
)


def test_no_secret_is_in_the_log_even_at_debug(house: House) -> None:
    house.key(KEY)
    log = house.folder / "bot.log"
    with log.open("w") as written:
        command = [sys.executable, "-m", "bot", "run", "--debug"]
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
    text = text.replace("A response_url answered", "")
    assert [line[:200] for line in text.splitlines() if SECRETS.search(line)] == []
