"""From the stored state to a message: the one place where the store and the views meet."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.models.digests import Digest
from bot.models.keys import Finding
from bot.models.messages import Attachment, Message, MessageKind, Rendered
from bot.models.requests import Request
from bot.rules.approvers import everybody_concerned, what_it_waits_for
from bot.rules.filters import Filter
from bot.rules.house import House
from bot.views.digest import digest, digest_file, digest_page
from bot.views.glass import glass_broken
from bot.views.request import reminder, request, result


class DigestBook(Protocol):
    """Digests as stored."""

    def get(self, digest_id: str) -> Digest | None: ...


class RequestBook(Protocol):
    """Requests as stored."""

    def get(self, request_id: str) -> Request | None: ...

    def newest_for(self, arns: Iterable[str]) -> Mapping[str, Request]: ...


@dataclass(frozen=True, slots=True)
class Presenter:
    """Renders the messages that the bot owes. `open_keys` streams what is open now."""

    digests: DigestBook
    requests: RequestBook
    house: House
    open_keys: Callable[[Filter], Iterator[Finding]]
    clock: Callable[[], datetime]

    def render(self, message: Message) -> Rendered | Attachment | None:
        """Make a message of what is stored; None where that is gone."""
        if message.kind in {MessageKind.DIGEST, MessageKind.DIGEST_REST}:
            stored = self.digests.get(message.subject)
            return None if stored is None else self._digest(message, stored)
        asked = self.requests.get(message.subject)
        if asked is None:
            return None
        house = self.house
        match message.kind:
            case MessageKind.RESULT:
                return result(asked)
            case MessageKind.BREAK_GLASS:
                return (
                    None if asked.glass is None else glass_broken(asked, asked.glass, everybody_concerned(house, asked))
                )
            case MessageKind.REMINDER:
                return reminder(asked, what_it_waits_for(house, asked))
        return request(asked, what_it_waits_for(house, asked), self.clock())

    def _digest(self, message: Message, stored: Digest) -> Rendered | Attachment:
        if message.kind is MessageKind.DIGEST:
            newest = self.requests.newest_for(key.arn for key in stored.content.top)
            return digest(stored, {arn: each for arn, each in newest.items() if _concerns(each, stored)})
        if stored.content.rest_is_file:
            return digest_file(stored, _as_csv(self.open_keys(Filter.parse(stored.content.scope))))
        return digest_page(stored, message.position)


def _concerns(asked: Request, stored: Digest) -> bool:
    """Leave out what ended before the keys were read: a key that is open again needs its button."""
    return asked.is_open or (asked.closed_at is not None and asked.closed_at >= stored.content.as_of)


def _as_csv(findings: Iterable[Finding]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("arn", "name", "account", "account_name", "region", "reason", "message", "team", "managed_by"))
    for each in findings:
        row = (
            each.arn, each.name, each.account, each.account_name, each.region,
            each.reason, each.message, each.team or "", each.managed_by or "",
        )  # fmt: skip
        writer.writerow(_harmless(str(cell)) for cell in row)
    return text.getvalue()


def _harmless(cell: str) -> str:
    """Keep spreadsheets from taking what somebody wrote for a formula.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
