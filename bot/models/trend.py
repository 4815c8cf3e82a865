"""How the posture went: a point for every day that had a digest, and nothing for the others."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """What the last digest of a day counted. `percent` is None where no key could be judged, or none is known to be."""

    day: date
    percent: float | None
    open: int
    exempt: int
    unread: int


@dataclass(frozen=True, slots=True)
class Trend:
    """The days of a trend, oldest first. `picture` is the id of its picture in Slack; None where there is none."""

    points: tuple[TrendPoint, ...]
    picture: str | None = None

    @property
    def days(self) -> int:
        """How many days lie between the first point and the last."""
        return (self.points[-1].day - self.points[0].day).days if self.points else 0

    @property
    def has_percent(self) -> bool:
        return any(point.percent is not None for point in self.points)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to be shown in Slack: the name of its file, what it is called there, and a PNG."""

    name: str
    title: str
    content: bytes
