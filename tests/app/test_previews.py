"""A preview for somebody who may not see all that the channel is told of."""

from tests.app.house import CONFIGURATION, House, eventually, house
from tests.app.test_trend import remember
from tests.app.test_visibility import HIDING, UNSEEN, hiding

__all__ = ["hiding", "house"]


def test_no_figure_tells_what_is_hidden_from_the_reader_nor_is_compared_with_what_is(hiding: House) -> None:
    hiding.configure(CONFIGURATION.replace("[digest]", "[digest]\ninclude_hidden = true") + HIDING)
    hiding.key("web/sessions", rotation=365)
    remember(hiding)
    with hiding.running():
        hiding.command(hiding.jonas, "digest")
        eventually(lambda: hiding.channel.roots, "the digest")
        whole, narrowed = (hiding.command(who, "digest preview") for who in (hiding.jonas, hiding.aiko))
    for told in ("25% compliant", "Unchanged.", "Trend: 25% compliant, down from 81.8% 10 days ago."):
        assert told in whole
    assert "33.3% compliant" in narrowed
    assert UNSEEN in narrowed
    for told in ("25%", "81.8%", "Unchanged", " up ", " down "):
        assert told not in narrowed
