"""Asking Slack about the bot itself: its tokens, what they may do, and the app that they are for. Nothing is posted."""

from collections.abc import Callable, Mapping
from datetime import datetime

from slack_sdk import WebClient

from bot.errors import Problem
from bot.models.examined import Introduced
from bot.models.slack import SlackFailure
from bot.rules.clocks import ahead_by
from bot.slack.failures import SLACK_ERRORS, failure_of
from bot.slack.introduction import app_token_failure, place_problem

_SCOPES = "x-oauth-scopes"


class SlackExamination:
    """Asks with the bot token, with the app-level one where there is one, and for the manifest with a token of its own.

    `clock` is ours, which is compared with Slack's.
    """

    def __init__(
        self,
        client: WebClient,
        app_client: WebClient | None,
        manifest_client: WebClient | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._app_client = app_client
        self._manifest_client = manifest_client
        self._clock = clock

    def introduce(self) -> Introduced | SlackFailure:
        """Ask who we are, what was granted (in the header X-OAuth-Scopes), and what time it is.

        https://docs.slack.dev/authentication/installing-with-oauth
        """
        asked_at = self._clock()
        try:
            answer = self._client.auth_test()
        except SLACK_ERRORS as error:
            return failure_of(error)
        headers = {str(name).lower(): _text(value) for name, value in answer.headers.items()}
        granted = headers.get(_SCOPES)
        return Introduced(
            team_id=str(answer["team_id"]),
            team=str(answer.get("team", "")),
            user_id=str(answer["user_id"]),
            bot_id=str(answer.get("bot_id", "")),
            scopes=None if granted is None else frozenset(each.strip() for each in granted.split(",") if each.strip()),
            ahead=ahead_by(headers.get("date"), asked_at, self._clock()),
        )

    def app_id(self, bot_id: str) -> str | SlackFailure:
        """Ask which app the bot belongs to. https://docs.slack.dev/reference/methods/bots.info."""
        try:
            return str(self._client.bots_info(bot=bot_id)["bot"]["app_id"])
        except SLACK_ERRORS as error:
            return failure_of(error)

    def app_token_failure(self) -> SlackFailure | None:
        return None if self._app_client is None else app_token_failure(self._app_client)

    def place_problem(self, place: str, named: str) -> Problem | None:
        """Look at a channel or a person as the start does, and at who may post in the channel besides."""
        return place_problem(self._client, place, named, minds_locks=True)

    def manifest(self, app_id: str) -> Mapping[str, object] | SlackFailure | None:
        """Ask how the app is set up; None without a configuration token.

        https://docs.slack.dev/reference/methods/apps.manifest.export
        """
        if self._manifest_client is None:
            return None
        try:
            told: Mapping[str, object] = self._manifest_client.apps_manifest_export(app_id=app_id)["manifest"]
        except SLACK_ERRORS as error:
            return failure_of(error)
        return told


def _text(value: object) -> str:
    """Read a header's value, which the SDK gives as text or as a list of texts."""
    return str(value[0] if isinstance(value, list | tuple) and value else value)
