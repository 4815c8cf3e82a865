"""The emoji that apps write by name."""

import re

from deploy.sandbox.slack.things import Json

PICTURES = {
    "white_check_mark": "✅", "heavy_check_mark": "✔️", "x": "❌", "warning": "⚠️",
    "no_entry": "⛔", "rotating_light": "🚨", "lock": "🔒", "unlock": "🔓", "key": "🔑",
    "old_key": "🗝️", "closed_lock_with_key": "🔐", "shield": "🛡️", "hourglass": "⌛",
    "hourglass_flowing_sand": "⏳", "bell": "🔔", "mag": "🔍", "tada": "🎉", "eyes": "👀",
    "wave": "👋", "clock1": "🕐", "large_green_circle": "🟢", "large_yellow_circle": "🟡",
    "red_circle": "🔴", "large_orange_circle": "🟠", "white_circle": "⚪",
    "arrow_up": "⬆️", "arrow_down": "⬇️", "chart_with_upwards_trend": "📈",
    "bar_chart": "📊", "page_facing_up": "📄", "information_source": "ℹ️",
    "question": "❓", "gear": "⚙️", "repeat": "🔁", "arrows_counterclockwise": "🔄",
    "memo": "📝",
}  # fmt: skip
_NAME = re.compile(r":([a-z0-9_+-]+):")


def picture(name: str) -> str:
    """`wave` as a picture; a name that is not in the table stays as it was written."""
    return PICTURES.get(name, f":{name}:")


def plain(body: Json) -> str:
    """What a plain_text object shows: nothing in it means anything but emoji, and those only where it allows them."""
    text = str(body["text"])
    return _NAME.sub(lambda match: picture(match[1]), text) if body.get("emoji", True) else text
