"""The workspace: tokens, scopes, the app's own settings, the clock, and the channels that the settings name."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from bot.doctor.app import app_lines
from bot.doctor.clocks import clock_line
from bot.doctor.examination import Step
from bot.doctor.gateways import SlackToExamine
from bot.doctor.lines import Check, Line, Status, not_tested, of_problem, ok
from bot.errors import UnknownProblem, UserError
from bot.models.examined import Introduced
from bot.models.slack import SlackFailure, SlackFailureKind

BOT_TOKEN = "SLACK_BOT_TOKEN"  # noqa: S105 - the name of a variable
APP_TOKEN = "SLACK_APP_TOKEN"  # noqa: S105 - as above
EDITED = "edited in Slack"
SOME_DO_WITHOUT = frozenset({"files:write", "users:read.email"})
"""Scopes without which the bot does less, and says so."""

_WITH_THE_BOT_TOKEN = (
    Check.CLOCK,
    Check.SCOPE,
    Check.APP,
    Check.WORKSPACE,
    Check.APPROVERS,
    Check.VISIBILITY,
    Check.OWNERS,
)
_AGAIN = "Update the app from deploy/slack/manifest.yml, and install it again."


@dataclass(frozen=True, slots=True)
class SlackChecks:
    """What is looked at in Slack.

    `scopes` are those that the bot needs, with what for; `channels` are ids by the place that names them, and `edited`
    finds those that were set in Slack; it raises UserError where what keeps them cannot be read. `over_http`
    says that Slack reaches the bot over HTTP, `opens_sockets` that there is an app-level token to look at. `people` are
    further steps, which look people up.
    """

    slack: SlackToExamine
    scopes: Mapping[str, str]
    channels: Mapping[str, str]
    workspaces: Sequence[str]
    over_http: bool
    opens_sockets: bool
    people: Callable[[Introduced], Iterable[Step]] = field(default=lambda _: ())
    edited: Callable[[], Mapping[str, str]] = dict

    def steps(self) -> list[Step]:
        tokens = [Step(Check.BOT_TOKEN, BOT_TOKEN, self._bot_token)]
        return [*tokens, Step(Check.APP_TOKEN, APP_TOKEN, self._app_token)] if self.opens_sockets else tokens

    def _bot_token(self) -> Iterator[Line | Step]:
        found = self.slack.introduce()
        if isinstance(found, SlackFailure):
            yield _of_token(Check.BOT_TOKEN, BOT_TOKEN, found)
            why = f"Not looked at: {found.sentence}"
            yield from (not_tested(Check.CHANNEL, f"{place}: {channel}", why) for place, channel in self._places())
            yield from (not_tested(check, "Slack", why) for check in _WITH_THE_BOT_TOKEN)
            return
        yield ok(Check.BOT_TOKEN, BOT_TOKEN, f"It is {found.user_id}'s, in {found.team or found.team_id}.")
        yield clock_line("Slack", found.ahead)
        yield from self._scopes(found)
        yield self._workspace(found)
        for place, channel in self._places():
            yield Step(Check.CHANNEL, channel, partial(self._channel, place, channel))
        yield from self._edited()
        yield Step(Check.APP, "Slack", partial(app_lines, self.slack, found, over_http=self.over_http))
        yield from self.people(found)

    def _edited(self) -> Iterator[Line | Step]:
        try:
            channels = self.edited()
        except UserError as error:
            seen = f"Whether digests were given another channel in Slack cannot be read. {error}"
            yield not_tested(Check.CHANNEL, EDITED, seen)
            return
        for place, channel in channels.items():
            yield Step(Check.CHANNEL, channel, partial(self._channel, place, channel))

    def _app_token(self) -> Iterator[Line]:
        failure = self.slack.app_token_failure()
        if failure is None:
            yield ok(Check.APP_TOKEN, APP_TOKEN, "Slack opens sockets with it.")
        else:
            yield _of_token(Check.APP_TOKEN, APP_TOKEN, failure)

    def _scopes(self, found: Introduced) -> Iterator[Line]:
        if found.scopes is None:
            seen = "Slack does not say which scopes the bot token has."
            yield Line(Check.SCOPE, BOT_TOKEN, Status.UNKNOWN, seen, "Look under “OAuth & Permissions” of the app.")
            return
        missing = [each for each in self.scopes if each not in found.scopes]
        for scope in missing:
            status = Status.WARNING if scope in SOME_DO_WITHOUT else Status.FAILED
            yield Line(Check.SCOPE, scope, status, f"It is not granted: the bot cannot {self.scopes[scope]}.", _AGAIN)
        if not missing:
            yield ok(Check.SCOPE, BOT_TOKEN, f"All {len(self.scopes)} scopes are granted.")

    def _workspace(self, found: Introduced) -> Line:
        ours = f"{found.team} ({found.team_id})" if found.team else found.team_id
        if not self.workspaces or found.team_id in self.workspaces:
            return ok(Check.WORKSPACE, found.team_id, f"People of {ours} may act.")
        seen = f"The bot is in {ours}, whose people slack.workspaces does not let act."
        return Line(Check.WORKSPACE, found.team_id, Status.FAILED, seen, "Add it there, or leave slack.workspaces out.")

    def _channel(self, place: str, channel: str) -> Iterator[Line]:
        problem = self.slack.place_problem(place, channel)
        if problem is None:
            seen = "Direct messages reach them." if channel[:1] in {"U", "W"} else "The bot is in it, and may post."
            yield ok(Check.CHANNEL, channel, seen)
            return
        is_unknown = isinstance(problem, UnknownProblem)
        yield of_problem(Check.CHANNEL, problem, Status.UNKNOWN if is_unknown else Status.FAILED)

    def _places(self) -> Iterable[tuple[str, str]]:
        return self.channels.items()


def _of_token(check: Check, variable: str, failure: SlackFailure) -> Line:
    if failure.kind is SlackFailureKind.UNAVAILABLE:
        what = "Check the network and proxy; unless SLACK_API_URL is set, it is https://slack.com/api/ that is asked."
        return Line(check, variable, Status.UNKNOWN, failure.sentence, what)
    needs = "connections:write" if check is Check.APP_TOKEN else "the scopes of deploy/slack/manifest.yml"
    seen = f"Slack does not accept it ({failure.code})."
    return Line(check, variable, Status.FAILED, seen, f"Copy it anew from the app's settings; it needs {needs}.")
