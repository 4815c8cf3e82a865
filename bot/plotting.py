"""Draws a trend. The one room that knows matplotlib, and only once something is drawn.

Importing it takes half a second of a core and 40 MiB, a picture a quarter of a second and 30 MiB for that time.

No pyplot: it keeps figures in a state of its own, which threads would share.
https://matplotlib.org/stable/users/faq.html#work-with-threads
"""

from __future__ import annotations

import gc
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING

from bot.models.trend import Picture, Trend, TrendPoint
from bot.rules.trend import beside, headline, runs, spelt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT, DOTS = 12, 4.6, 200
"""In inches and dots an inch: 1,200 × 460 as Slack shows it, in twice as many dots."""

INK, BLUE, ORANGE, GREY = "#1d1c1d", "#0072b2", "#d55e00", "#6b6b6b"
"""Okabe and Ito's, told apart by every kind of eye. https://jfly.uni-koeln.de/color/"""

TEXT, SMALL = 19, 15
MOST_TICKS = 7
ROOMY = 6
"""So many signs of a figure fit beside the picture in large letters."""


def draw(trend: Trend) -> Picture:
    """Draw percent compliant as a line, open keys as bars below it; a day without a digest stays empty."""
    try:
        return _drawn(trend)
    finally:
        gc.collect()  # a figure refers to itself, and would keep 20 MiB until Python comes to it


def _drawn(trend: Trend) -> Picture:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - a start must not pay for it
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DOTS, facecolor="white")
    FigureCanvasAgg(figure)
    _write(figure, trend)
    first, last = trend.points[0].day, trend.points[-1].day
    if trend.has_percent:
        upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3, 2)})
        _percent(upper, trend.points)
    else:
        lower = figure.subplots()
    _open_keys(lower, trend.points)
    _days(lower, [point.day for point in trend.points])
    figure.subplots_adjust(left=0.09, right=0.87, top=0.84, bottom=0.2, hspace=0.12)
    content = BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    return Picture(f"trend-{first:%Y-%m-%d}-{last:%Y-%m-%d}.png", headline(trend), content.getvalue())


def _write(figure: Figure, trend: Trend) -> None:
    """Put the sentence above, and below it what the figures leave out."""
    figure.text(0.015, 0.96, headline(trend), fontsize=TEXT + 3, fontweight="bold", color=INK, va="top")
    told = beside(trend.points[-1])
    is_dim = trend.has_percent and any(point.unread for point in trend.points)
    has_gaps = len(runs([point.day for point in trend.points])) > 1
    notes = (
        f"Not counted at last: {told}." if told else "",
        "Hollow: not all was read." if is_dim else "",
        "Gap: no digest." if has_gaps else "",
    )
    figure.text(0.015, 0.03, "   ".join(filter(None, notes)), fontsize=SMALL, color=GREY, va="bottom")


def _percent(axes: Axes, points: Sequence[TrendPoint]) -> None:
    judged = [(_place(point, points), point.percent, point.unread > 0) for point in points if point.percent is not None]
    days = [point.day for point in points if point.percent is not None]
    for begin, end in runs(days):
        axes.plot([x for x, _, _ in judged[begin:end]], [y for _, y, _ in judged[begin:end]], color=BLUE, linewidth=3)
    for is_dim in (False, True):
        some = [(x, y) for x, y, dim in judged if dim is is_dim]
        axes.scatter(
            [x for x, _ in some], [y for _, y in some], s=46, zorder=3, clip_on=False,
            facecolor="white" if is_dim else BLUE, edgecolor=BLUE, linewidth=2,
        )  # fmt: skip
    values = [y for _, y, _ in judged]
    room = max(0.5, (max(values) - min(values)) * 0.25)
    axes.set_ylim(max(0.0, min(values) - room), min(100.0, max(values) + room) + (0.05 if max(values) == 100 else 0))  # noqa: PLR2004 - all of them
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}%")
    axes.locator_params(axis="y", nbins=3)
    _name_last(axes, f"{judged[-1][1]:g}%", "compliant", BLUE)
    _tidy(axes)
    axes.tick_params(axis="x", length=0, labelbottom=False)


def _open_keys(axes: Axes, points: Sequence[TrendPoint]) -> None:
    places = [_place(point, points) for point in points]
    heights = [point.open for point in points]
    axes.bar(places, heights, width=0.8, color=ORANGE, edgecolor="white", hatch="//", linewidth=0)
    axes.set_ylim(0, max(1, *(point.open for point in points)) * 1.15)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.locator_params(axis="y", nbins=2, integer=True)
    _name_last(axes, f"{points[-1].open:,}", "open", ORANGE)
    _tidy(axes)


def _days(axes: Axes, days: Sequence[date]) -> None:
    span = (days[-1] - days[0]).days
    ticks = range(span, -1, -max(1, -(-span // MOST_TICKS)))
    axes.set_xlim(-0.8, span + 0.8)
    axes.set_xticks(list(ticks), [spelt(days[0] + timedelta(days=tick)) for tick in ticks])
    axes.tick_params(axis="x", pad=8)


def _name_last(axes: Axes, figure: str, unit: str, color: str) -> None:
    """Name a series beside it, in its colour and in words: a legend would be another thing to look for."""
    size = TEXT + 3 if len(figure) <= ROOMY else SMALL
    axes.text(1.015, 0.56, figure, transform=axes.transAxes, color=color, fontsize=size, fontweight="bold")
    axes.text(1.015, 0.5, unit, transform=axes.transAxes, color=color, fontsize=SMALL, fontweight="bold", va="top")


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=1)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=SMALL, colors=INK, length=0)


def _place(point: TrendPoint, points: Sequence[TrendPoint]) -> int:
    return (point.day - points[0].day).days
