"""The trend of an audience, and its picture in a digest."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.models.digests import Digest, DigestForm
from bot.models.messages import Message
from bot.models.posture import PosturePoint
from bot.models.slack import SlackFailure, SlackFailureKind
from bot.models.trend import Picture, Trend
from bot.rules.filters import Filter
from bot.rules.trend import WINDOW, can_be_drawn, trend

log = logging.getLogger(__name__)


class History(Protocol):
    """What digests counted."""

    def points(self, name: str, since: datetime, until: datetime) -> list[PosturePoint]: ...


class PictureBook(Protocol):
    """Which file shows a digest's trend; empty where it goes without, None where nobody has come to it yet."""

    def of(self, digest_id: str) -> str | None: ...

    def keep(self, digest_id: str, file_id: str) -> None: ...

    def do_without(self, digest_id: str) -> None: ...


class DigestBook(Protocol):
    """Digests as stored."""

    def get(self, digest_id: str) -> Digest | None: ...


@dataclass(frozen=True, slots=True)
class Trends:
    """Reads trends. `zone` says when a day begins, but for digests that have a time zone of their own."""

    history: History
    pictures: PictureBook
    zone: ZoneInfo

    def up_to(self, name: str, scope: str, at: datetime) -> Trend:
        """How the keys of an audience went until a moment. Nobody counts what complies of a team's keys."""
        return self._up_to(name, scope, at, self.zone)

    def of(self, digest: Digest) -> Trend | None:
        """What a digest shows, the same however often it is asked; None for one that is only a line, or a preview for
        somebody who may not see all that was counted.
        """
        if digest.content.form is not DigestForm.FULL or digest.content.is_narrowed:
            return None
        counted = PosturePoint(digest.created_at, digest.content.summary)
        zone = self._zone_of(digest.content.timezone)
        shown = self._up_to(digest.name, digest.content.scope, digest.created_at, zone, counted)
        return replace(shown, picture=self.pictures.of(digest.id) or None)

    def _zone_of(self, name: str) -> ZoneInfo:
        """Read a stored time zone, which may be gone from the data of time zones since."""
        try:
            return ZoneInfo(name) if name else self.zone
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return self.zone

    def _up_to(self, name: str, scope: str, at: datetime, zone: ZoneInfo, *newest: PosturePoint) -> Trend:
        """`newest` is what a digest counted that may not be stored: a preview."""
        points = [*self.history.points(name, at - WINDOW, at), *newest]
        return trend(points, zone, with_percent=not Filter.parse(scope).team)


@dataclass(frozen=True, slots=True)
class Illustrator:
    """Sees to it that a digest's picture is in Slack before its message is, and that no picture holds up a message.

    Whatever keeps it from being drawn or uploaded, the digest goes out with the trend in words. Where that will be so
    for the next one as well, the log says it once.
    """

    digests: DigestBook
    trends: Trends
    draw: Callable[[Trend], Picture]
    upload: Callable[[Picture], str | SlackFailure]
    _told: set[str] = field(default_factory=set, init=False)

    def prepare(self, message: Message) -> None:
        """Draw and upload the picture of a digest that was not posted yet, unless that was done before.

        A process that dies after the upload and before the note leaves a file behind that nobody sees.
        """
        digest = self.digests.get(message.subject)
        if digest is None or self.trends.pictures.of(digest.id) is not None:
            return
        shown = self.trends.of(digest)
        if shown is None or not can_be_drawn(shown):
            return
        file_id = self._uploaded(shown)
        if file_id is not None:
            self.trends.pictures.keep(digest.id, file_id)

    def do_without(self, message: Message) -> None:
        self.trends.pictures.do_without(message.subject)

    def _uploaded(self, shown: Trend) -> str | None:
        """Return the file's id, empty where there will be none; None where Slack is away, as the message may find."""
        try:
            answer = self.upload(self.draw(shown))
        except Exception:  # a digest without a picture is worth more than none
            log.exception("The trend cannot be drawn or uploaded; the digest tells it in words.")
            return ""
        if not isinstance(answer, SlackFailure):
            return answer
        if answer.kind in {SlackFailureKind.UNAVAILABLE, SlackFailureKind.TOKEN}:
            log.warning("The trend's picture cannot be uploaded now: %s", answer.sentence)
            return None
        if answer.code not in self._told:
            self._told.add(answer.code)
            log.warning("Digests tell the trend in words, without a picture. %s", answer.sentence)
        return ""
