"""What must be true once everything is settled, wherever the bot was killed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.models.messages import Attachment, MessageKind
from bot.models.messages import Message as Owed
from bot.models.requests import Change, ChangeState, Request, RequestState
from bot.models.trail import ChainedEntry
from bot.store.messages import MessageStore
from bot.store.tables import messages
from deploy.sandbox.aws.calls import RecordedCall
from deploy.sandbox.slack.things import Message
from tests.app.house import House

ONCE = ("REQUEST_CREATED", "APPROVAL_GIVEN", "REQUEST_APPROVED")
ENDS = ("CHANGE_SUCCEEDED", "CHANGE_FAILED", "CHANGE_NOT_NEEDED")


@dataclass
class Truth:
    """What must hold once everything is settled, while the bot still lives.

    `lost_posts` are the posts whose answer the bot never wrote down: it cannot ask, and posts again.
    """

    house: House
    lost_posts: int = 0
    retries: int = 0
    request: Request = field(init=False)
    _told: dict[str, Message] = field(default_factory=dict, init=False)

    def holds(self) -> None:
        self.request = self.house.request()
        assert self.request.state is RequestState.DONE
        for change in self.request.changes:
            assert (change.state is ChangeState.SUCCEEDED) is self.is_done(change), change
            assert change.state in {ChangeState.SUCCEEDED, ChangeState.FAILED}
        self.one_call_a_change()
        self.everything_is_on_record()
        self.slack_shows_what_is_stored()
        self.the_list_shows_what_is_stored()

    def is_done(self, change: Change) -> bool:
        """Say whether AWS holds what was asked for."""
        return self.house.rotates(change.arn)

    @property
    def calls(self) -> Sequence[RecordedCall]:
        """The calls that bring it about."""
        return self.house.enable_calls

    def one_call_a_change(self) -> None:
        for change in self.request.changes:
            calls = [call for call in self.calls if call.key == change.arn]
            assert len([call for call in calls if call.error is None]) <= 1
            noted = [entry for entry in self.entries("CHANGE_CALLING") if change.arn in entry.details]
            assert len(calls) <= len(noted) <= 1 + self.retries
            for call, entry in zip(calls, noted[len(noted) - len(calls) :], strict=True):
                assert datetime.fromisoformat(entry.at) <= call.time

    def everything_is_on_record(self) -> None:
        assert self.house.trail.verify().fault is None
        for act in ONCE:
            assert len(self.entries(act)) == 1, act
        assert len(self.entries("REQUEST_DONE")) == 1 + self.retries
        assert len(self.entries("CHANGE_RETRIED")) == self.retries
        for change in self.request.changes:
            claims = [entry for entry in self.entries("CHANGE_CLAIMED") if change.arn in entry.details]
            ends = [entry.act for entry in self.entries(*ENDS) if change.arn in entry.details]
            assert len(claims) == len(ends) <= 1 + self.retries
            assert ends == ["CHANGE_FAILED"] * (len(ends) - 1) + [f"CHANGE_{change.state.value}"]

    def entries(self, *acts: str) -> list[ChainedEntry]:
        return [each for each in self.house.trail.entries() if each.act in acts and each.subject == self.request.id]

    def slack_shows_what_is_stored(self) -> None:
        rows = stored_messages(self.house)
        assert not any(row.lost for row in rows)
        for row in rows:
            there = self.house.channel.message(str(row.ts))
            if row.kind is MessageKind.RESULT and row.position < self.retries:
                assert there == self._told[row.id], "what was told of an earlier try stays as it was"
            else:
                self._says_what_is_stored(row, there)
            self._told[row.id] = there
        posted = {message.ts for message in self.house.channel.messages}
        assert len(posted - {row.ts for row in rows}) == self.lost_posts

    def _says_what_is_stored(self, row: Owed, there: Message) -> None:
        rendered = self.house.presenter.render(row)
        assert rendered is not None
        assert not isinstance(rendered, Attachment)
        assert there.text == rendered.text
        assert unnamed(there.blocks) == unnamed(rendered.blocks)

    def the_list_shows_what_is_stored(self) -> None:
        listed = self.house.command(self.house.mara, "list")
        for change in self.request.changes:
            assert (change.key_name in listed) is not self.house.rotates(change.arn)


def unnamed(thing: Any) -> Any:  # noqa: ANN401 - JSON
    """Leave the names out that Slack gives to blocks and elements without one."""
    if isinstance(thing, dict):
        return {key: unnamed(inner) for key, inner in thing.items() if key not in {"block_id", "action_id"}}
    return [unnamed(inner) for inner in thing] if isinstance(thing, list | tuple) else thing


def stored_messages(house: House) -> list[Owed]:
    store = MessageStore(house.database)
    with house.database.read() as connection:
        names = connection.execute(sa.select(messages.c.kind, messages.c.subject, messages.c.position)).all()
    found = [store.find(MessageKind(kind), subject, position) for kind, subject, position in names]
    return [each for each in found if each is not None]
