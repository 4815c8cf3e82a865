"""What the listeners work with: the use cases, and ways to answer."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Protocol

from bot.exempt import Exempting
from bot.explain import Explaining
from bot.home import Homes
from bot.key import KeyLookup
from bot.listing import Listing
from bot.models.approval import Permitted, Refused, Wish
from bot.models.messages import Block, Message, MessageKind, Rendered
from bot.models.people import Actor
from bot.models.requests import Request, RequestState
from bot.models.slack import Posted, SlackFailure
from bot.models.trail import ChainedEntry
from bot.posture import Postures
from bot.remediate.ask import Asking
from bot.remediate.decide import Deciding
from bot.rounds import Rounds
from bot.routing import Routing
from bot.rules.sight import Sight
from bot.snoozing import Snoozing
from bot.views.notice import say
from bot.visibility import Visibility
from handlers.tabs import Tabs

log = logging.getLogger(__name__)

Payload = Mapping[str, Any]
"""What Slack sends: JSON whose shape depends on the act."""


class Handles(Protocol):
    """Opaque ids back to keys."""

    def arn(self, handle: str) -> str | None: ...


class Requests(Protocol):
    """Requests as stored."""

    def get(self, request_id: str) -> Request | None: ...

    def in_state(self, *states: RequestState) -> list[Request]: ...

    def ids_for(self, arn: str) -> list[str]: ...


class Messages(Protocol):
    """Where the bot's messages are."""

    def find(self, kind: MessageKind, subject: str, position: int = 0) -> Message | None: ...


class Trail(Protocol):
    """The record."""

    def newest(self, limit: int, subjects: frozenset[str] | None = None) -> list[ChainedEntry]: ...


class Writer(Protocol):
    """Writing into Slack."""

    def post(self, channel: str, message: Rendered, thread_ts: str | None = None) -> Posted | SlackFailure: ...

    def update(self, channel: str, ts: str, message: Rendered) -> SlackFailure | None: ...

    def whisper(self, channel: str, user: str, message: Rendered) -> SlackFailure | None: ...

    def open_modal(self, trigger_id: str, view: Block) -> SlackFailure | None: ...

    def update_modal(self, view_id: str, view: Block, known_hash: str | None = None) -> SlackFailure | None: ...

    def update_submitted(self, view_id: str, submitted_hash: str, view: Block) -> SlackFailure | None: ...

    def publish_home(self, user: str, view: Block, known_hash: str = "") -> str | SlackFailure: ...

    def link(self, channel: str, ts: str) -> str | None: ...


class Later(Protocol):
    """Work that nobody waits for."""

    def submit(self, name: str, task: Callable[[], None], on_failure: Callable[[str], None] | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that a listener may need."""

    postures: Postures
    listing: Listing
    lookup: KeyLookup
    asking: Asking
    deciding: Deciding
    explaining: Explaining
    exempting: Exempting
    visibility: Visibility
    homes: Homes
    tabs: Tabs
    snoozing: Snoozing
    rounds: Rounds
    routing: Routing
    preview: Callable[[Collection[str], Sight], Sequence[Rendered]]
    handles: Handles
    requests: Requests
    messages: Messages
    trail: Trail
    writer: Writer
    looking: Later
    deciding_crew: Later
    may_look: Callable[[Actor], bool]
    may_operate: Callable[[Actor, Wish], Permitted | Refused]
    would_let: Callable[[Actor, Wish], bool]
    carry_out: Callable[[Request], None]
    settle: Callable[[], None]

    def sight(self, actor: Actor) -> Sight:
        return self.visibility.of(actor.user_id)

    def arn_for(self, actor: Actor, handle: str) -> str | None:
        """Find the key of a handle; a key that somebody may not see is not there for them."""
        arn = self.handles.arn(handle)
        return None if arn is None or self.sight(actor).hides_key(arn) else arn


NOT_OURS = "Only people of this workspace can do that."


@dataclass(frozen=True, slots=True)
class Reply:
    """Answers one person about one act of theirs, so that nobody else sees it.

    `respond` uses Slack's response_url, five times in 30 minutes; past that a whisper does.
    https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
    """

    respond: Any
    writer: Writer
    channel: str
    user: str

    def show(self, message: Rendered, *, replace: bool = False) -> None:
        if self._is_responded(message, replace=replace):
            return
        failure = self.writer.whisper(self.channel, self.user, message)
        if failure is not None:
            log.error("An answer for %s could not be shown: %s", self.user, failure.code)

    def _is_responded(self, message: Rendered, *, replace: bool) -> bool:
        if self.respond.response_url is None:  # a button on the Home tab or in a modal comes without one
            return False
        try:
            answer = self.respond(
                text=message.text,
                blocks=list(message.blocks),
                response_type="ephemeral",
                replace_original=replace,
            )
        except (OSError, HTTPException) as error:
            log.warning("A response_url could not be reached (%s); the answer is whispered.", type(error).__name__)
            return False
        if answer.status_code != OK:
            log.warning("A response_url answered %s; the answer is whispered.", answer.status_code)
        return bool(answer.status_code == OK)

    def say(self, sentence: str) -> None:
        self.show(say(sentence))


OK = 200


def actor_of(payload: Payload) -> Actor:
    """Take the person and their workspace from the payload: of a click, a submission or a command.

    For somebody met in a shared channel Slack names their own workspace in `user.team_id`.
    """
    if "user_id" in payload:
        return Actor(str(payload["user_id"]), str(payload["team_id"]))
    user = payload["user"]
    return Actor(str(user["id"]), str(user.get("team_id") or payload["team"]["id"]))


def reply_to(desk: Desk, payload: Payload, respond: Any) -> Reply:  # noqa: ANN401 - Bolt's
    """Answer whoever acted, in the channel where they did; on the Home tab and in a modal directly."""
    user = actor_of(payload).user_id
    channel = payload.get("channel_id") or (payload.get("channel") or {}).get("id") or user
    return Reply(respond, desk.writer, str(channel), user)
