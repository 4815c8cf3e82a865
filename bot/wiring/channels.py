"""Every channel that the settings name."""

from bot.settings import Settings
from bot.settings.load import DEFAULT_FILE


def channels_of(settings: Settings) -> dict[str, str]:
    """Name every channel, by the place where the settings do; of the fallback, a person as well."""
    name = settings.path or DEFAULT_FILE
    channels = {f"{name}: slack.channel": settings.slack.channel} if settings.slack is not None else {}
    if settings.slack is not None and settings.slack.fallback is not None:
        channels[f"{name}: slack.fallback"] = settings.slack.fallback
    for number, route in enumerate(settings.digest.routes, start=1):
        channels[f"{name}: digest.route[{number}].channel"] = route.channel
    return channels
