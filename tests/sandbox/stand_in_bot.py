"""A bot of a few lines that the sandbox starts in place of the real one: `python -m tests.sandbox.stand_in_bot`.

STAND_IN names what it does: `serve`, `die` after it has connected, or `refuse` to start.
"""

import os
import signal
import sys
from threading import Event

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from tests.sandbox.slack_bot import CHANNEL, Given, section


def main() -> int:
    doing = os.environ["STAND_IN"]
    if doing == "refuse":
        print("environment: SLACK_BOT_TOKEN: It is not set.", file=sys.stderr)  # noqa: T201 - its log
        return 2
    told_to_stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: told_to_stop.set())
    web = WebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    app: Given = App(client=web)

    @app.command("/kms-rotation")  # type: ignore[untyped-decorator]  # Bolt is published without types
    def digest(ack: Given, command: Given) -> None:
        ack()
        asked = f"{command['user_id']} asked for {command['text']}"
        web.chat_postMessage(channel=CHANNEL, text=asked, blocks=[section(asked)])
        if doing == "die":
            print("line one\nthe cause", file=sys.stderr)  # noqa: T201 - its log
            os._exit(70)

    handler: Given = SocketModeHandler(app, os.environ["SLACK_APP_TOKEN"], web_client=web)
    handler.connect()
    told_to_stop.wait()
    os._exit(0)  # without the second that Slack's client takes to close


if __name__ == "__main__":
    sys.exit(main())
