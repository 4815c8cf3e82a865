"""The time from a click to its ack, with the bot idle and while it scans."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import sleep

from slack_sdk import WebClient

from deploy.sandbox.slack import SlackServer
from deploy.sandbox.slack.workspace import BOT_TOKEN
from tests.benchmarks.bench import Bench
from tests.benchmarks.fake_aws.serving import Server, serving
from tests.benchmarks.tables import table
from tests.benchmarks.worlds import one_account

CHANNEL = "C0SECURITY"
CLICKS = 100
SCANNED = one_account("one account, 20,000 keys", 20_000)
CONFIGURATION = """
[slack]
channel = "C0SECURITY"

[scan]
regions = ["eu-central-1"]
schedule = "0 0 1 1 *"

[digest]
schedule = "0 0 1 1 *"

[[approval.rule]]
accounts = ["*"]
approvers = ["U0JONAS"]
"""
PATIENCE_SECONDS = 120.0


def report(_bench: Bench) -> Iterator[str]:
    """Yield the section of the report."""
    yield f"## From a click to its ack, {CLICKS} clicks on “Approve”, 20,000 keys being scanned\n"
    with serving(SCANNED.recipe) as aws, SlackServer() as slack, _bot(slack, aws):
        slack.wait_for_bot(PATIENCE_SECONDS)
        client = WebClient(BOT_TOKEN, base_url=slack.api_url)
        button = {"type": "button", "action_id": "approve_request", "value": "r0", "text": _plain("Approve")}
        blocks = [{"type": "actions", "elements": [button]}]
        ts = str(client.chat_postMessage(channel=CHANNEL, text="A request", blocks=blocks)["ts"])
        while "compliant" not in _status(slack):
            sleep(0.5)
        idle = _acks(slack, ts, lambda: True)
        slack.person("U0JONAS").slash("/kms-rotation scan", channel=CHANNEL)
        reading = re.compile(r"\b[1-9][\d,]* (of [\d,]+ known )?keys? read")
        slack.wait_for(lambda: reading.search(_newest(slack)), PATIENCE_SECONDS, "the scan to read keys")
        busy = _acks(slack, ts, lambda: "Scan finished" not in _newest(slack))
    rows = [_row("idle", idle), _row("while it scans", busy)]
    yield table(("the bot", "clicks", "median", "95th percentile", "slowest"), rows)
    yield "Slack gives an app 3,000 ms.\n"


def _acks(slack: SlackServer, ts: str, goes_on: Callable[[], bool]) -> list[float]:
    """Click, one after the other, while something goes on; the seconds until each ack."""
    jonas, seconds = slack.person("U0JONAS"), list[float]()
    while len(seconds) < CLICKS and goes_on():
        delivery = jonas.click(ts, text="Approve")
        if delivery is None or delivery.seconds is None:
            raise RuntimeError("a click was not acked")
        seconds.append(delivery.seconds)
    return seconds


def _row(name: str, seconds: list[float]) -> tuple[str, ...]:
    ordered = sorted(seconds)
    figures = (median(ordered), ordered[int(len(ordered) * 0.95)], ordered[-1])
    return (name, str(len(ordered)), *(f"{each * 1000:.0f} ms" for each in figures))


def _status(slack: SlackServer) -> str:
    mara = slack.person("U0MARA")
    before = len(mara.ephemerals)
    mara.slash("/kms-rotation status", channel=CHANNEL)
    slack.wait_for(lambda: len(mara.ephemerals) > before, PATIENCE_SECONDS, "an answer")
    return mara.ephemerals[-1].text


def _newest(slack: SlackServer) -> str:
    return slack.channel(CHANNEL).roots[-1].visible_text


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


@contextmanager
def _bot(slack: SlackServer, aws: Server) -> Iterator[None]:
    with TemporaryDirectory() as folder:
        configuration = Path(folder) / "kms-rotation.toml"
        configuration.write_text(CONFIGURATION, encoding="utf-8")
        environment = {
            **slack.environment(),
            **aws.environment(),
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "KMS_ROTATION_CONFIG": str(configuration),
        }
        with subprocess.Popen([sys.executable, "-m", "bot", "run"], env=environment, stderr=subprocess.DEVNULL) as bot:
            try:
                yield
            finally:
                bot.terminate()
