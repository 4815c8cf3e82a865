"""What a trend shows, and the sentences that say the same in words."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot.models.posture import PosturePoint
from bot.models.trend import Trend, TrendPoint

WINDOW = timedelta(days=90)

FEWEST_DAYS = 3
"""With fewer there is nothing to be seen in a picture."""

BARS = "▁▂▃▄▅▆▇█"
MOST_BARS = 12
NO_DIGEST = "·"
"""Stands in a row of bars for days without a digest."""


def trend(points: Iterable[PosturePoint], zone: ZoneInfo, *, with_percent: bool) -> Trend:
    """Take the last digest of each day in a time zone; `points` come oldest first.

    Without percent where nobody knows how many keys comply, as for the keys of a team.
    """
    by_day = {point.at.astimezone(zone).date(): point for point in points}
    return Trend(
        tuple(
            TrendPoint(
                day=day,
                percent=point.summary.percent_compliant if with_percent and point.summary.judged else None,
                open=point.summary.non_compliant,
                exempt=point.summary.exempt,
                unread=point.summary.insufficient_data,
            )
            for day, point in by_day.items()
        )
    )


def can_be_drawn(shown: Trend) -> bool:
    return len(shown.points) >= FEWEST_DAYS


def headline(shown: Trend) -> str:
    """Say how it went, from the first point to the last; more is never known."""
    if not can_be_drawn(shown):
        have = len(shown.points)
        so_far = "none so far" if not have else f"so far there {'is 1' if have == 1 else f'are {have}'}"
        return f"The trend is shown once {FEWEST_DAYS} days have had a digest; {so_far}."
    first, last = shown.points[0], shown.points[-1]
    ago = f"{shown.days} days ago"
    if first.percent is None or last.percent is None:
        are = "key is" if last.open == 1 else "keys are"
        return f"{last.open:,} {are} open; {ago} {'it was' if first.open == 1 else 'there were'} {first.open:,}."
    if first.percent == last.percent:
        return f"{last.percent:g}% compliant, the same as {ago}."
    way = "up" if last.percent > first.percent else "down"
    return f"{last.percent:g}% compliant, {way} from {first.percent:g}% {ago}."


def beside(point: TrendPoint) -> str:
    """Say what the figures of a day leave out; empty where that is nothing."""
    told = (
        f"{point.exempt:,} exempt" if point.exempt else "",
        f"{point.unread:,} could not be read" if point.unread else "",
    )
    return " · ".join(filter(None, told))


def in_words(shown: Trend) -> str:
    """Say everything that the picture shows, for those who do not see it."""
    first, last = shown.points[0], shown.points[-1]
    period = f"{spelt(first.day)} to {spelt(last.day)} {last.day.year}"
    sentences = [f"Trend from {period}, with a digest on {len(shown.points)} days."]
    judged = [(point.percent, point.day) for point in shown.points if point.percent is not None]
    if judged:
        lowest, highest = min(judged), max(judged)
        sentences.append(
            f"Percent compliant: {judged[0][0]:g}% at first, {judged[-1][0]:g}% at last; "
            f"lowest {lowest[0]:g}% on {spelt(lowest[1])}, highest {highest[0]:g}% on {spelt(highest[1])}."
        )
    most = max(shown.points, key=lambda point: point.open)
    sentences.append(
        f"Open keys: {first.open:,} at first, {last.open:,} at last; most {most.open:,} on {spelt(most.day)}."
    )
    if told := beside(last):
        sentences.append(f"Not counted at last: {told}.")
    if dim := sum(point.unread > 0 for point in shown.points):
        sentences.append(f"On {dim} of these days not every key could be read.")
    return " ".join(sentences)


def bars(shown: Trend) -> str:
    """Draw the trend in one line of text: the days in up to twelve parts of equal length, of each its last digest."""
    count = min(MOST_BARS, shown.days + 1)
    parts: list[float | None] = [None] * count
    for point in shown.points:
        place = (point.day - shown.points[0].day).days * count // (shown.days + 1)
        parts[place] = point.percent if shown.has_percent else point.open
    return "".join(_bar(value, [each for each in parts if each is not None]) for value in parts)


def spelt(day: date) -> str:
    """`3 Sep`, whatever language the machine speaks."""
    return f"{day.day} {_MONTHS[day.month - 1]}"


def runs(days: Sequence[date]) -> list[tuple[int, int]]:
    """Split days at those that are missing: where each run of following days begins, and where it ends (excluded)."""
    cuts = [place for place in range(1, len(days)) if days[place] - days[place - 1] > timedelta(days=1)]
    return list(zip([0, *cuts], [*cuts, len(days)], strict=True)) if days else []


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _bar(value: float | None, values: Sequence[float]) -> str:
    if value is None:
        return NO_DIGEST
    low, high = min(values), max(values)
    height = (value - low) / (high - low) if high > low else 0.5
    return BARS[round(height * (len(BARS) - 1))]
