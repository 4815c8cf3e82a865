"""The first words with Slack: whether the tokens are good, whose workspace it is, whether the bot may write there."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from slack_sdk import WebClient

from bot.errors import ConfigurationError, Problem, UnknownProblem
from bot.models.slack import SlackFailure, SlackFailureKind
from bot.slack.failures import SLACK_ERRORS, failure_of

_LOCKS = ("is_read_only", "is_thread_only")
"""A channel's fields for who may not post. https://docs.slack.dev/reference/objects/conversation-object"""


@dataclass(frozen=True, slots=True)
class Introduction:
    """Who the bot is in Slack."""

    team_id: str
    bot_user_id: str
    bot_id: str


def introduce(
    client: WebClient,
    app_client: WebClient | None,
    channels: Mapping[str, str],
    also: Callable[[], Iterable[Problem]] = tuple,
) -> Introduction:
    """Ask Slack who the bot is, and about each channel; `channels` are their ids by the setting that names them.

    `app_client` has the app-level token; over HTTP there is none. `also` looks for more problems once the bot
    token is known to be good. Raises ConfigurationError with every problem.
    """
    try:
        answer = client.auth_test()
    except SLACK_ERRORS as error:
        raise ConfigurationError([_token_problem("SLACK_BOT_TOKEN", client, failure_of(error))]) from error
    problems = [
        problem for place, channel in channels.items() if (problem := place_problem(client, place, channel)) is not None
    ]
    if app_client is not None and (failure := app_token_failure(app_client)) is not None:
        problems.insert(0, _token_problem("SLACK_APP_TOKEN", client, failure))
    problems += also()
    if problems:
        raise ConfigurationError(problems)
    return Introduction(str(answer["team_id"]), str(answer["user_id"]), str(answer.get("bot_id", "")))


def team_of(client: WebClient) -> str | SlackFailure:
    """Ask Slack whose workspace the bot token is for; say so where it does not answer.

    Raises ConfigurationError where Slack does not accept the token.
    """
    try:
        return str(client.auth_test()["team_id"])
    except SLACK_ERRORS as error:
        failure = failure_of(error)
        if failure.kind is SlackFailureKind.UNAVAILABLE:
            return failure
        raise ConfigurationError([_token_problem("SLACK_BOT_TOKEN", client, failure)]) from error


def bot_token_failure(client: WebClient) -> SlackFailure | None:
    """Ask Slack about the bot token. https://docs.slack.dev/reference/methods/auth.test."""
    try:
        client.auth_test()
    except SLACK_ERRORS as error:
        return failure_of(error)
    return None


def app_token_failure(client: WebClient) -> SlackFailure | None:
    """Ask Slack about the app-level token; the address of a socket that comes with the answer is not used."""
    try:
        client.apps_connections_open(app_token=str(client.token))
    except SLACK_ERRORS as error:
        return failure_of(error)
    return None


def channel_trouble(client: WebClient, channel: str) -> str | None:
    """Say why the bot cannot write into a channel, and what to do; None where it can."""
    problem = _channel_problem(client, "", channel)
    return None if problem is None else f"{problem.what} {problem.remedy}"


def _token_problem(variable: str, client: WebClient, failure: SlackFailure) -> Problem:
    if failure.kind is SlackFailureKind.UNAVAILABLE:
        return Problem(
            "environment: SLACK_API_URL",
            f"Slack does not answer at {client.base_url} ({failure.code}).",
            "Check the network and proxy, or leave the variable out for Slack's own address.",
        )
    scope = "connections:write" if variable == "SLACK_APP_TOKEN" else "the scopes of deploy/slack/manifest.yml"
    return Problem(
        f"environment: {variable}",
        f"Slack does not accept it ({failure.code}).",
        f"Copy it anew from the app's settings; it needs {scope}.",
    )


def place_problem(client: WebClient, place: str, named: str, *, minds_locks: bool = False) -> Problem | None:
    """Look at a channel, or at a person whose direct messages are meant; say what is wrong with it.

    `minds_locks` has it look at who may post as well, of which Slack's word is not always the last.
    """
    if named[:1] in {"U", "W"}:
        return _person_problem(client, place, named)
    return _channel_problem(client, place, named, minds_locks=minds_locks)


def _person_problem(client: WebClient, place: str, user: str) -> Problem | None:
    try:
        found = client.users_info(user=user)["user"]
    except SLACK_ERRORS as error:
        failure = failure_of(error)
        if failure.code == "user_not_found":
            return Problem(place, f"There is nobody {user} in the workspace.", "Copy the id from the person's profile.")
        return _unsaid(place, f"Slack does not say who {user} is ({failure.code}).", failure)
    if found.get("deleted") or found.get("is_bot"):
        what = "has left the workspace" if found.get("deleted") else "is a bot"
        return Problem(place, f"{user} {what}.", "Name a person who reads direct messages, or a channel.")
    return None


def _channel_problem(client: WebClient, place: str, channel: str, *, minds_locks: bool = False) -> Problem | None:
    try:
        found = client.conversations_info(channel=channel)["channel"]
    except SLACK_ERRORS as error:
        failure = failure_of(error)
        if failure.code == "channel_not_found":
            what = f"There is no channel {channel} that the bot can see."
            return Problem(place, what, "Check the id; into a private channel the bot must be invited first.")
        return _unsaid(place, f"Slack does not say what {channel} is ({failure.code}).", failure)
    name = f"#{found.get('name', channel)}"
    if found.get("is_archived"):
        return Problem(place, f"{name} ({channel}) is archived.", "Unarchive it, or name another channel.")
    if not found.get("is_member"):
        return Problem(place, f"The bot is not in {name} ({channel}).", f"Type /invite @KMS rotation in {name}.")
    if minds_locks and (lock := next(filter(found.get, _LOCKS), None)):
        what = f"The bot may not post in {name} ({channel}), says Slack ({lock})."
        return Problem(place, what, "Let it post, in the channel's settings, or name another channel.")
    return None


def _unsaid(place: str, what: str, failure: SlackFailure) -> Problem:
    """Tell apart what Slack refuses to say from what it could not say just now."""
    kind = UnknownProblem if failure.kind is SlackFailureKind.UNAVAILABLE else Problem
    return kind(place, what, failure.sentence)
