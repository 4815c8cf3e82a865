"""A picture in a message is really seen."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from bot.models.messages import Rendered
from bot.models.trend import Trend, TrendPoint
from bot.plotting import draw
from bot.slack.posting import Poster
from bot.views.trend import trend_blocks
from deploy.sandbox.slack import SlackServer
from tests.sandbox.browser import Browsing
from tests.sandbox.slack_bot import CHANNEL, web

pytestmark = pytest.mark.browser

TREND = Trend(tuple(TrendPoint(date(2026, 3, 2) + timedelta(days=day), 90.0 + day, 9 - day, 0, 0) for day in range(5)))


def test_the_trend_is_seen_on_the_page_and_read_aloud(slack: SlackServer, browsing: Browsing) -> None:
    poster = Poster(web(slack))
    file = poster.upload(draw(TREND))
    assert isinstance(file, str)
    blocks = tuple(trend_blocks(Trend(TREND.points, file)))
    poster.post(CHANNEL, Rendered("The trend", blocks))
    page = browsing.open()
    picture = page.get_by_role("img", name="Trend from 2 Mar to 6 Mar 2026")
    expect(picture).to_be_visible()
    picture.scroll_into_view_if_needed()
    page.wait_for_function("picture => picture.complete", arg=picture.element_handle())
    assert picture.evaluate("picture => [picture.naturalWidth, picture.naturalHeight]") == [2400, 920]
    box = picture.bounding_box()
    assert box is not None
    assert box["width"] > 300
