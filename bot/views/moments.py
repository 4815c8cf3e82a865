"""Times in the reader's own time zone, for rich text and for mrkdwn."""

from datetime import UTC, datetime

from bot.views.parts import Element

MOMENT = "{date_short_pretty} at {time}"
DAY = "{date_short_pretty}"


def moment(at: datetime, form: str = MOMENT) -> Element:
    """A time in the reader's own time zone. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block."""
    return {"type": "date", "timestamp": int(at.timestamp()), "format": form, "fallback": _fallback(at)}


def date(at: datetime, form: str = MOMENT) -> str:
    """The same for mrkdwn. https://docs.slack.dev/messaging/formatting-message-text#date-formatting."""
    return f"<!date^{int(at.timestamp())}^{form}|{_fallback(at)}>"


def _fallback(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
