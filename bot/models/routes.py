"""Where digests go and when, as it was edited in Slack."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RouteTerms:
    """What of a digest may be edited in Slack. None is what the file says."""

    channel: str | None = None
    schedule: str | None = None
    timezone: str | None = None

    @property
    def is_any(self) -> bool:
        return self != RouteTerms()


@dataclass(frozen=True, slots=True)
class RouteEdit:
    """The newest edit of a digest, by the name of its audience. One without any terms put everything back."""

    name: str
    terms: RouteTerms
    edited_by: str
    edited_at: datetime


@dataclass(frozen=True, slots=True)
class Predecessor:
    """A name under which a digest was stored, and the job that made it, which may have made others as well."""

    name: str
    job: str
    shares_its_job: bool = False
