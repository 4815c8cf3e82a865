"""The messages that the bot owes to Slack. A state change and the wish to show it are one transaction."""

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from bot.models.messages import Message, MessageKind
from bot.models.requests import Request
from bot.models.slack import SlackFailure
from bot.models.trail import SYSTEM, Act, Entry
from bot.models.troubles import GIVEN_UP_AFTER, Refusal
from bot.store.engine import Database
from bot.store.narrowing import is_among
from bot.store.tables import digest_rows, digests, messages
from bot.store.trail import append, hold
from bot.store.troubles import end_trouble, note_refusal


def owe(
    connection: Connection, kind: MessageKind, subject: str, channel: str, at: datetime, *, position: int = 0
) -> None:
    """Wish for a new message."""
    connection.execute(
        messages.insert().values(
            id=secrets.token_hex(8),
            kind=kind.value,
            subject=subject,
            position=position,
            channel=channel,
            wanted=1,
            shown=0,
            next_attempt_at=at,
        )
    )


def owe_another(connection: Connection, kind: MessageKind, subject: str, channel: str, at: datetime) -> None:
    """Wish for one more message on the same subject."""
    same = sa.and_(messages.c.kind == kind.value, messages.c.subject == subject)
    there = connection.execute(sa.select(sa.func.count()).select_from(messages).where(same)).scalar_one()
    owe(connection, kind, subject, channel, at, position=there)


def show_anew(connection: Connection, kind: MessageKind, subject: str, at: datetime) -> None:
    """Wish to show the new state of a subject in the messages of this kind that there are."""
    same = sa.and_(messages.c.kind == kind.value, messages.c.subject == subject, messages.c.lost.is_(None))
    anew = {"wanted": messages.c.wanted + 1, "next_attempt_at": at, "attempts": 0}
    connection.execute(messages.update().where(same).values(anew))


def touch_request(connection: Connection, request_id: str, arns: Iterable[str], at: datetime) -> None:
    """Wish to show a request's new state: in its own message, in reminders of it, in digests with rows of its keys."""
    digests_with_rows = sa.select(digest_rows.c.digest_id).where(digest_rows.c.arn.in_(list(arns)))
    about_it = (MessageKind.REQUEST.value, MessageKind.REMINDER.value)
    of_request = sa.and_(messages.c.kind.in_(about_it), messages.c.subject == request_id)
    of_digest = sa.and_(messages.c.kind == MessageKind.DIGEST.value, messages.c.subject.in_(digests_with_rows))
    connection.execute(
        messages.update()
        .where(sa.or_(of_request, of_digest), messages.c.lost.is_(None))
        .values(wanted=messages.c.wanted + 1, next_attempt_at=at, attempts=0)
    )


def touch_digests(connection: Connection, arns: Collection[str], at: datetime) -> None:
    """Wish to show the newest digest of each name anew, where it has rows of these keys.

    A pattern may mean any number of keys. The digests of the days before are left: hundreds of them would keep all
    that is to be told beside them waiting, by Slack's limit. https://docs.slack.dev/apis/web-api/rate-limits
    """
    later = digests.alias()
    is_newest = ~sa.exists().where(later.c.name == digests.c.name, later.c.created_at > digests.c.created_at)
    chosen = sa.select(digest_rows.c.digest_id).where(is_among(connection, digest_rows.c.arn, arns))
    found = connection.execute(sa.select(digests.c.id).where(digests.c.id.in_(chosen), is_newest)).scalars().all()
    for digest_id in found:
        show_anew(connection, MessageKind.DIGEST, digest_id, at)


def touch_whole_request(connection: Connection, request: Request, at: datetime) -> None:
    touch_request(connection, request.id, [change.arn for change in request.changes], at)


def forget_reminders(connection: Connection, request_id: str) -> None:
    """Owe no reminder that Slack does not show yet: the request is decided."""
    unposted = sa.and_(
        messages.c.kind == MessageKind.REMINDER.value, messages.c.subject == request_id, messages.c.ts.is_(None)
    )
    connection.execute(messages.delete().where(unposted))


class MessageStore:
    """Says what is still to be posted or updated, and takes note of what was."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, now: datetime) -> list[Message]:
        """Return what Slack does not show yet, in the order in which it is to appear.

        A kind that a newer version knows is left to its processes.

        The pages of a digest's thread come after everything else: hundreds of them must not delay a request.
        """
        last = sa.case((messages.c.kind == MessageKind.DIGEST_REST.value, 1), else_=0)
        query = (
            sa.select(messages)
            .where(
                messages.c.shown < messages.c.wanted,
                messages.c.lost.is_(None),
                messages.c.next_attempt_at <= now,
                messages.c.kind.in_([kind.value for kind in MessageKind]),
            )
            .order_by(last, messages.c.next_attempt_at, messages.c.kind, messages.c.subject, messages.c.position)
        )
        with self._database.read() as connection:
            return [_message(row) for row in connection.execute(query)]

    def find(self, kind: MessageKind, subject: str, position: int = 0) -> Message | None:
        query = sa.select(messages).where(
            messages.c.kind == kind.value, messages.c.subject == subject, messages.c.position == position
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else _message(row)

    def mark_shown(self, message: Message, ts: str, at: datetime, channel: str | None = None) -> None:
        """Note that Slack shows the state that was rendered; a change made meanwhile stays owed.

        `channel` is where Slack put it, if that is another than was named: a person's direct messages. Where the
        channel took no messages before, whoever was told so is told that it does again.
        """
        shown = {"ts": ts, "shown": message.wanted, "attempts": 0, "channel": channel or messages.c.channel}
        with self._database.write() as connection:
            ended = end_trouble(connection, message, at)
            connection.execute(messages.update().where(messages.c.id == message.id).values(shown))
            if ended is not None:
                _tell_of_the_end(connection, ended, at)

    def mark_refused(
        self, message: Message, failure: SlackFailure, retry_at: datetime, at: datetime, tell: str | None
    ) -> Refusal:
        """Note that a message's channel takes none, and owe word of that to another channel, if there is one.

        The message is tried again, unless its channel has taken none for too long: then it is given up.
        """
        with self._database.write() as connection:
            noted = note_refusal(connection, message, failure, at, None if tell == message.channel else tell)
            if noted.is_to_be_told and tell is not None:
                owe_another(connection, MessageKind.TROUBLE, noted.trouble_id, tell, at)
            if noted.refusal is Refusal.GIVEN_UP:
                days = GIVEN_UP_AFTER.days
                _lose(connection, message, f"Its channel has taken no message for {days} days ({failure.code}).", at)
            else:
                _put_off(connection, message, retry_at)
            return noted.refusal

    def mark_failed(self, message: Message, retry_at: datetime) -> None:
        with self._database.write() as connection:
            _put_off(connection, message, retry_at)

    def post_anew(self, message: Message) -> None:
        """Forget where a message was: it was deleted, and what it is about still matters."""
        with self._database.write() as connection:
            connection.execute(messages.update().where(messages.c.id == message.id).values(ts=None))

    def mark_lost(self, message: Message, why: str, at: datetime) -> None:
        """Give a message up for good (deleted by hand, channel gone), and put that on record."""
        with self._database.write() as connection:
            hold(connection)
            _lose(connection, message, why, at)


def _lose(connection: Connection, message: Message, why: str, at: datetime) -> None:
    kept = sa.and_(messages.c.id == message.id, messages.c.lost.is_(None))
    if connection.execute(messages.update().where(kept).values(lost=why)).rowcount:
        details = {"kind": message.kind.value, "channel": message.channel, "why": why}
        append(connection, Entry(at, SYSTEM, Act.MESSAGE_LOST, message.subject, details))


def _put_off(connection: Connection, message: Message, retry_at: datetime) -> None:
    later = {"attempts": messages.c.attempts + 1, "next_attempt_at": retry_at}
    connection.execute(messages.update().where(messages.c.id == message.id).values(later))


def _tell_of_the_end(connection: Connection, trouble_id: str, at: datetime) -> None:
    """Owe word of a trouble's end to whoever was told of it. Word that Slack does not show yet is not owed any more."""
    word = sa.and_(messages.c.kind == MessageKind.TROUBLE.value, messages.c.subject == trouble_id)
    connection.execute(messages.delete().where(word, messages.c.ts.is_(None)))
    query = sa.select(messages.c.channel, messages.c.position).where(word, messages.c.lost.is_(None))
    told = connection.execute(query.order_by(messages.c.position.desc())).all()
    show_anew(connection, MessageKind.TROUBLE, trouble_id, at)
    for channel, position in {row.channel: row.position for row in told}.items():  # the first one in each
        owe(connection, MessageKind.TROUBLE_OVER, trouble_id, channel, at, position=position)


def _message(row: Row[tuple[object, ...]]) -> Message:
    return Message(
        id=row.id,
        kind=MessageKind(row.kind),
        subject=row.subject,
        position=row.position,
        channel=row.channel,
        ts=row.ts,
        wanted=row.wanted,
        shown=row.shown,
        attempts=row.attempts,
        lost=row.lost,
    )
