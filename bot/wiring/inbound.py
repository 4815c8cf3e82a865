"""The way by which Slack reaches the bot, as the settings say."""

from functools import partial
from typing import Any

from bot.inbound.http import HttpMode
from bot.inbound.socket import SocketMode
from bot.inbound.ways import Inbound
from bot.slack.socket_address import socket_address
from bot.wiring.parts import Parts


def build_inbound(parts: Parts, app: Any) -> Inbound:  # noqa: ANN401 - Bolt is published without types
    """Make it; nothing is open yet. Over HTTP the pages stand beside Slack's address, in the same server."""
    slack, watch = parts.slack.settings, parts.watch
    watch.metrics.expect_all()
    if slack.over_http and slack.signing_secret is not None:
        watch.listening = None
        return HttpMode(app, slack.signing_secret.get_secret_value(), watch.pages, on_ack=watch.metrics.slack_waited)
    patience = parts.timing.patience
    metrics = watch.metrics
    counted = metrics.slack_answered, metrics.slack_called
    ask = partial(socket_address, slack.app_token, slack.api_url, patience.asking, *counted)
    socket = SocketMode(app, ask, metrics.socket_replaced, patience, metrics.slack_waited)
    watch.ask_whether_connected(lambda: socket.is_open)
    return socket
