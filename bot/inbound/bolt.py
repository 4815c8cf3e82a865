"""Bolt's app, and the threads of its listeners."""

from collections.abc import Callable
from typing import Any

from pydantic import SecretStr
from slack_bolt import Ack, App, BoltContext, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.slack.introduction import Introduction
from bot.tracing import FollowingThreads

LISTENER_THREADS = 32
"""Bolt's own five left clicks without an ack while others were busy."""


class LastingAck(Ack):
    """An ack that holds though its listener fails right after it.

    Bolt takes it back where it has not looked yet (`ThreadListenerRunner.run`, every 10 ms): Slack is left without it,
    and after three seconds the next listener that matches is asked as well.
    """

    _given: BoltResponse | None = None

    @property
    def response(self) -> BoltResponse | None:
        return self._given

    @response.setter
    def response(self, response: BoltResponse | None) -> None:
        self._given = response or self._given


def make_listeners() -> FollowingThreads:
    return FollowingThreads(LISTENER_THREADS, thread_name_prefix="listener")


def make_app(
    us: Introduction, client: WebClient, listeners: FollowingThreads, signing_secret: SecretStr | None = None
) -> Any:  # noqa: ANN401 - Bolt is published without types
    """Make the app. Over HTTP it verifies every request with the signing secret; a socket needs none."""

    def authorize(user_id: str | None) -> AuthorizeResult:
        """Say who the bot is, whosever payload it is; the rules decide from each payload who may act.

        Otherwise Bolt asks Slack at the first payload, and the person waits. It passes over what the bot did itself.
        https://docs.slack.dev/tools/bolt-python/concepts/authorization
        """
        return AuthorizeResult(
            enterprise_id=None,
            team_id=us.team_id,
            bot_user_id=us.bot_user_id,
            bot_id=us.bot_id,
            bot_token=client.token,
            user_id=user_id,
        )

    app = App(
        client=WebClient(base_url=client.base_url),  # of one with a token Bolt warns that it is ignored
        authorize=authorize,
        listener_executor=listeners,
        signing_secret=None if signing_secret is None else signing_secret.get_secret_value(),
    )
    app.use(_give_acks_that_last)
    return app


def _give_acks_that_last(context: BoltContext, next: Callable[[], BoltResponse]) -> BoltResponse:  # noqa: A002 - Bolt's name
    context["ack"] = LastingAck()  # type: ignore[no-untyped-call]  # published half typed
    return next()
