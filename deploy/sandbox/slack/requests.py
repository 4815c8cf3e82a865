"""HTTP mode: Slack posts each payload to the app's request URL, and signs it.

Sources: docs.slack.dev/authentication/verifying-requests-from-slack, …/interactivity/implementing-slash-commands.
Everything here runs on the server's event loop.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from time import monotonic
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout

from deploy.sandbox.slack.clock import Clock
from deploy.sandbox.slack.delivery import Delivery, Outcome
from deploy.sandbox.slack.things import Json

ACK_SECONDS = 3.0
FORM = "application/x-www-form-urlencoded"


class Requests:
    """`url` is the app's request URL; None where it has a socket. `finish` is told what became of each delivery."""

    def __init__(self, secret: str, clock: Clock, finish: Callable[[Delivery, Outcome], None]) -> None:
        self.url: str | None = None
        self.secret = secret
        self.ack_seconds = ACK_SECONDS
        self.statuses: list[int] = []
        self._clock = clock
        self._finish = finish
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, delivery: Delivery) -> None:
        delivery.sent_at = monotonic()
        task = asyncio.get_running_loop().create_task(self._post(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post(self, delivery: Delivery) -> None:
        content_type, body = _body(delivery)
        timeout = ClientTimeout(total=self.ack_seconds)
        outcome = Outcome.NOBODY_THERE
        try:
            async with (
                ClientSession(timeout=timeout) as session,
                session.post(str(self.url), data=body, headers=self.headers(content_type, body)) as response,
            ):
                text = await response.text()
                self.statuses.append(response.status)
                if response.ok:
                    outcome = Outcome.ACKED
                    delivery.seconds = monotonic() - delivery.sent_at
                    delivery.answer = _answer(response.content_type, text)
        except TimeoutError:
            outcome = Outcome.TIMED_OUT
        except ClientError:
            pass  # nobody listens there, or whoever does hung up: the person is told
        self._finish(delivery, outcome)

    def headers(self, content_type: str, body: bytes) -> dict[str, str]:
        """What Slack sends along, the signature of this very body among it."""
        timestamp = str(int(self._clock.now()))
        signed = hmac.new(self.secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256)
        return {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={signed.hexdigest()}",
        }


def _body(delivery: Delivery) -> tuple[str, bytes]:
    if delivery.kind == "slash_commands":
        return FORM, urlencode(delivery.payload).encode()
    text = json.dumps(delivery.payload)
    return ("application/json", text.encode()) if delivery.kind == "events_api" else (
        FORM, urlencode({"payload": text}).encode()
    )  # fmt: skip


def _answer(content_type: str, text: str) -> Json | None:
    """An ack may be empty, a text, or JSON."""
    if not text:
        return None
    if content_type != "application/json":
        return {"text": text}
    answer: Json | None = json.loads(text) or None
    return answer
