"""Digests as posted, and for each of them by name what the previous one said of every key."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Row

from bot.models.anchor import Anchor
from bot.models.digests import Comparison, Digest, DigestContent, DigestForm, OpenKey
from bot.models.messages import MessageKind
from bot.models.owners import Owner
from bot.models.trail import Act, Entry
from bot.rules.digest import rows_shown
from bot.rules.filters import Filter
from bot.store import comparing
from bot.store.affairs import affairs_of
from bot.store.answers import gaps_of
from bot.store.baselines import renew_baseline
from bot.store.current_scan import CURRENT, current_scan
from bot.store.engine import Database, insert_missing, take_turns
from bot.store.handles import handles_of, known_handles
from bot.store.history import note_point
from bot.store.messages import owe
from bot.store.opened import Open, opened
from bot.store.owned import ownership
from bot.store.sides import Sides
from bot.store.tables import digest_mentions, digest_rows, digests
from bot.store.trail import append

_CONTENT = TypeAdapter(DigestContent)
_OWNERS = TypeAdapter(tuple[Owner, ...])


class DigestStore:
    """Keeps digests, so that a row can be rendered again when its request moves."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def publish(
        self,
        name: str,
        scope: Filter,
        top: int,
        at: datetime,
        compose: Callable[[Comparison], Digest],
        *,
        by: str,
        since: datetime | None = None,
    ) -> Digest | None:
        """Compare with the digest before, store the one that `compose` makes of it, and keep what it says of each key.

        All in one transaction, and nobody changes the current scan meanwhile: what a digest says and what the next one
        compares with are of the same findings. With `since`, None and nothing stored where one of this name was made at
        or after that moment, by whichever process. Raises LookupError where there is no scan.
        """
        with self._database.write() as connection:
            take_turns(connection, f"the digest {name}")
            take_turns(connection, CURRENT)
            scan, before = current_scan(connection), _latest(connection, name)
            if scan is None:
                raise LookupError("there is no scan to make a digest of")
            if since is not None and before is not None and before.created_at >= since:
                return None
            sides = Sides(connection, scan, name, scope, at, None if before is None else before.created_at)
            digest = compose(compare(sides, before, top))
            renew_baseline(sides)
            return create(connection, digest, digest.content.replies, by=by)

    def preview(
        self, name: str, scope: Filter, top: int, at: datetime, compose: Callable[[Comparison], Digest]
    ) -> Digest:
        """Compare and compose as `publish` does, and keep nothing. Raises LookupError where there is no scan."""
        with self._database.read() as connection:
            scan, before = current_scan(connection), _latest(connection, name)
            if scan is None:
                raise LookupError("there is no scan to make a digest of")
            sides = Sides(connection, scan, name, scope, at, None if before is None else before.created_at)
            return compose(compare(sides, before, top, known_handles))

    def get(self, digest_id: str) -> Digest | None:
        with self._database.read() as connection:
            row = connection.execute(sa.select(digests).where(digests.c.id == digest_id)).one_or_none()
        return None if row is None else _digest(row)

    def owners(self, digest_id: str) -> tuple[Owner, ...] | None:
        """Return who the owners in a digest's thread are; None before that was kept."""
        query = sa.select(digest_mentions.c.people).where(digest_mentions.c.digest_id == digest_id)
        with self._database.read() as connection:
            people = connection.execute(query).scalar_one_or_none()
        return None if people is None else _OWNERS.validate_python(people)

    def keep_owners(self, digest_id: str, owners: Sequence[Owner]) -> None:
        """Keep who they are, so that it is the same whenever it is shown again; what is kept already stays."""
        people = _OWNERS.dump_python(tuple(owners), mode="json")
        with self._database.write() as connection:
            insert_missing(connection, digest_mentions, {"digest_id": digest_id, "people": people})

    def latest(self, name: str) -> Digest | None:
        """Return the newest digest of a name."""
        with self._database.read() as connection:
            return _latest(connection, name)


def compare(
    sides: Sides,
    before: Digest | None,
    top: int,
    handles_for: Callable[[Connection, Iterable[str]], Mapping[str, str]] = handles_of,
) -> Comparison:
    """Read all that a digest says. The first `top` open keys get handles, for their buttons."""
    summary = comparing.summary(sides)
    keys = opened(sides, rows_shown(top, summary.non_compliant))
    handles = handles_for(sides.connection, [each.finding.arn for each in keys.first[:top]])
    changed = comparing.changed(sides, keys.news, summary.non_compliant)
    return Comparison(
        scan=sides.scan,
        before=before,
        summary=summary,
        delta=None if changed is None else changed.delta,
        first=tuple(_open_key(each, handles.get(each.finding.arn, "")) for each in keys.first),
        gaps=gaps_of(sides.connection, sides.scan.id, sides.scope),
        affairs=affairs_of(sides, keys, changed),
        ownership=ownership(sides),
        hidden_accounts=len(sides.sight.hidden_accounts),
    )


def _open_key(each: Open, handle: str) -> OpenKey:
    since, news, is_snoozed = each.since, each.news, each.is_snoozed
    return OpenKey.of(each.finding, handle=handle, open_since=since, news=news, is_snoozed=is_snoozed)


def create(connection: Connection, digest: Digest, replies: int, *, by: str) -> Digest:
    """Store a digest and owe its messages: one, and so many in its thread; none on a quiet day that is not told.

    Returns the digest with its anchor: the very entry that records it. Appending holds the head of the chain until the
    transaction ends, so that this entry is the newest at that moment whoever else writes, and it vouches for the digest
    as well as for all before it. The entry before would leave out the digest's own; an anchor read outside of the
    transaction could be older than entries that are committed before the digest.
    """
    details = {"name": digest.name, "channel": digest.channel, "open": digest.content.open_total}
    is_told = digest.content.form is not DigestForm.SILENT
    act = Act.DIGEST_POSTED if is_told else Act.DIGEST_KEPT
    entry = append(connection, Entry(digest.created_at, by, act, digest.id, details))
    anchored = replace(digest, content=replace(digest.content, anchor=Anchor.of(entry)))
    _insert(connection, anchored)
    note_point(connection, digest.name, digest.created_at, digest.content.summary)
    if is_told:
        owe(connection, MessageKind.DIGEST, digest.id, digest.channel, digest.created_at)
    if not digest.content.ownership.tells_nothing:
        owe(connection, MessageKind.DIGEST_OWNERS, digest.id, digest.channel, digest.created_at)
    for position in range(replies):
        owe(connection, MessageKind.DIGEST_REST, digest.id, digest.channel, digest.created_at, position=position)
    return anchored


def _latest(connection: Connection, name: str) -> Digest | None:
    query = sa.select(digests).where(digests.c.name == name).order_by(digests.c.created_at.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _digest(row)


def _insert(connection: Connection, digest: Digest) -> None:
    content = _CONTENT.dump_python(digest.content, mode="json")
    connection.execute(digests.insert().values(asdict(digest) | {"content": content}))
    rows = [{"digest_id": digest.id, "arn": key.arn} for key in digest.content.top]
    if rows:
        connection.execute(digest_rows.insert(), rows)


def _digest(row: Row[tuple[object, ...]]) -> Digest:
    return Digest(row.id, row.name, row.channel, row.created_at, _CONTENT.validate_python(row.content))
