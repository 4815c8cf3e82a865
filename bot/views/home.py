"""The Home tab: how the keys stand, and what waits."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.models.posture import Posture
from bot.models.requests import Request
from bot.views.names import COMMAND
from bot.views.parts import Element, context, divider, header, note, said
from bot.views.posture import status
from bot.views.requests import requests


def home(posture: Posture | None, open_requests: Sequence[Request], links: Mapping[str, str], now: datetime) -> Element:
    nothing = (header("KMS key rotation"), said("Nothing has been scanned yet. The first scan comes by itself."))
    stand = nothing if posture is None else status(posture, now).blocks
    waiting = requests(open_requests, links).blocks
    return {
        "type": "home",
        "blocks": [*stand, divider(), *waiting, context(note(f"{COMMAND} help says what else there is."))],
    }
