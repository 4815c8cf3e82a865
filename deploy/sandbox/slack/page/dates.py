"""Dates as Slack writes them for each reader. Source: docs.slack.dev/messaging/formatting-message-text."""

from datetime import datetime, timedelta

from deploy.sandbox.slack.page.reader import Reader

LAST_SECOND = 10**11  # beyond it no calendar has a date


def formatted(reader: Reader, seconds: float, pattern: str) -> str:
    """`{date_short} at {time}` for this reader; unknown braces stay as they are."""
    moment, now = reader.local(seconds), reader.now()
    for name, text in _pieces(moment, now).items():
        pattern = pattern.replace("{" + name + "}", text)
    return pattern


def _pieces(moment: datetime, now: datetime) -> dict[str, str]:
    month, short, weekday = moment.strftime("%B"), moment.strftime("%b"), moment.strftime("%A")
    date = f"{month} {moment.day}, {moment.year}"
    date_short = f"{short} {moment.day}, {moment.year}"
    date_long = f"{weekday}, {date}"
    near = _near(moment, now)
    return {
        "date_num": moment.strftime("%Y-%m-%d"),
        "date_slash": moment.strftime("%m/%d/%Y"),
        "date": date,
        "date_short": date_short,
        "date_long": date_long,
        "date_long_full": date_long,
        "date_pretty": near or date,
        "date_short_pretty": near or date_short,
        "date_long_pretty": near or date_long,
        "day_divider_pretty": near or date_long,
        "time": moment.strftime("%H:%M"),
        "time_secs": moment.strftime("%H:%M:%S"),
        "ago": _ago(moment, now),
    }


def _near(moment: datetime, now: datetime) -> str:
    names = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    return names.get((moment.date() - now.date()).days, "")


def _ago(moment: datetime, now: datetime) -> str:
    away = abs(now - moment)
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        count = away // length
        if count:
            words = f"{count} {unit}{'s' if count > 1 else ''}"
            return f"{words} ago" if moment <= now else f"in {words}"
    return "just now"
