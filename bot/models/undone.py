"""Fixes that did not last: a key whose rotation was enabled on a request, and does not rotate as asked any more."""

from dataclasses import dataclass
from datetime import datetime

from bot.models.keys import Finding
from bot.models.requests import Change, Request


@dataclass(frozen=True, slots=True)
class UndoneFix:
    """The change that enabled rotation and its request; the key as it was last read, None where it is not known any
    more; the opaque id that its button carries; and when it was found undone.
    """

    change: Change
    request: Request
    finding: Finding | None
    handle: str
    found_at: datetime

    @property
    def concerned(self) -> tuple[str, ...]:
        """Those who are told: whoever asked, approved or broke the glass, each once."""
        return concerned(self.request)


def concerned(request: Request) -> tuple[str, ...]:
    """Name those on whose word a request was carried out, and whoever asked."""
    broke = () if request.glass is None else (request.glass.user_id,)
    return tuple(dict.fromkeys((*request.approvers, *broke, request.requester)))
