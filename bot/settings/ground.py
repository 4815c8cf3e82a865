"""What may be set of a digest while the bot runs, by the very sentences that the file is refused with."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from bot.settings.fields import slack, times
from bot.settings.mistakes import MISTAKE

_SCHEDULE: TypeAdapter[str] = TypeAdapter(times.Schedule)
_TIMEZONE: TypeAdapter[str] = TypeAdapter(times.Timezone)
_CHANNEL: TypeAdapter[str] = TypeAdapter(slack.Channel)


@dataclass(frozen=True, slots=True)
class Ground:
    """Says why a value is refused. `channel_trouble` asks Slack about a channel; None where it is fine."""

    channel_trouble: Callable[[str], str | None]

    def schedule(self, text: str) -> str | None:
        return _refused(_SCHEDULE, text)

    def timezone(self, text: str) -> str | None:
        return _refused(_TIMEZONE, text)

    def channel(self, channel: str) -> str | None:
        return _refused(_CHANNEL, channel) or self.channel_trouble(channel)


def _refused(kind: TypeAdapter[str], text: str) -> str | None:
    try:
        kind.validate_python(text)
    except ValidationError as error:
        [details] = error.errors(include_url=False)
        context = details["ctx"] if details["type"] == MISTAKE else {"what": f"{details['msg']}.", "remedy": ""}
        return f"{context['what']} {context['remedy']}".strip()
    return None
