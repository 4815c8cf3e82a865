"""The picture of a trend, and what it costs those who draw none."""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from struct import unpack

import pytest

from bot.models.trend import Trend, TrendPoint
from bot.plotting import draw
from deploy.sandbox.slack.pictures import image_type

MONDAY = date(2026, 3, 2)


def trend(values: Sequence[float | None], opened: Sequence[int] = (), unread: int = 0, step: int = 1) -> Trend:
    return Trend(
        tuple(
            TrendPoint(MONDAY + timedelta(days=step * day), percent, opened[day] if opened else day, 0, unread)
            for day, percent in enumerate(values)
        )
    )


@pytest.mark.parametrize(
    "shown",
    [
        trend([97.1, 97.1, 98.2]),
        trend([100.0, 100.0, 100.0], [0, 0, 0]),
        trend([0.0, 50.0, 100.0], [1_000_000, 0, 5], unread=3),
        trend([None, 90.0, None], [3, 3, 3]),
        trend([None, None, None], [3, 2, 1]),
        trend([97.1] * 90),
        trend([97.1, 98.0, 98.2], step=44),
    ],
    ids=["up", "all well", "far apart", "one judged", "of a team", "every day", "three in three months"],
)
def test_every_trend_becomes_a_picture_of_twice_the_size_that_slack_shows(shown: Trend) -> None:
    picture = draw(shown)
    assert image_type(picture.content) == "image/png"
    assert unpack(">II", picture.content[16:24]) == (2400, 920)
    assert len(picture.content) < 300_000
    assert picture.title


def test_a_picture_is_the_same_whichever_thread_draws_it() -> None:
    shown = trend([97.1, 97.5, 98.2])
    with ThreadPoolExecutor(4) as threads:
        drawn = set(threads.map(lambda _: draw(shown).content, range(4)))
    assert drawn == {draw(shown).content}


def test_neither_the_start_nor_a_scan_pays_for_drawing() -> None:
    code = "import sys, bot.wiring.assembly, bot.terminal, bot.scan; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_drawing_keeps_nothing_that_threads_share() -> None:
    code = (
        "import sys\nfrom datetime import date\nfrom bot.models.trend import Trend, TrendPoint\n"
        "from bot.plotting import draw\n"
        "draw(Trend(tuple(TrendPoint(date(2026, 3, day), 90.0, 1, 0, 0) for day in (1, 2, 3))))\n"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
