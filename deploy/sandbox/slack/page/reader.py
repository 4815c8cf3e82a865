"""Whose eyes the page is seen with: names, time zone, and where a piece of a message or view stands."""

import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from deploy.sandbox.slack.people import Person
from deploy.sandbox.slack.pictures import find, image_type
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import Json

_PERMALINK = re.compile(
    r"https://(?P<domain>[\w-]+)\.slack\.com/archives/(?P<channel>\w+)/p(?P<seconds>\d{10})(?P<serial>\d{6})"
    r"(\?thread_ts=(?P<thread>[\d.]+)&cid=\w+)?"
)


@dataclass(frozen=True)
class Reader:
    state: State
    person: Person

    def user(self, user: str) -> str:
        person = self.state.people.get(user)
        return person.real_name if person else user

    def channel(self, channel: str) -> str:
        found = self.state.channels.get(channel)
        return found.name if found and found.name else channel

    def group(self, group: str) -> str:
        found = self.state.groups.get(group)
        return found.handle if found else group

    def picture(self, named: Json) -> str | None:
        """Where the picture is that a block names as a file; within the page itself where no server could send it."""
        file = find(self.state, named)
        kind = None if file is None or file.content is None else image_type(file.content)
        if file is None or file.content is None or kind is None:
            return None
        if self.state.address:
            return f"/files/{file.id}/{quote(file.name)}"
        return f"data:{kind};base64,{b64encode(file.content).decode()}"

    def local(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, ZoneInfo(self.person.tz))

    def now(self) -> datetime:
        return self.local(self.state.clock.now())


@dataclass(frozen=True)
class Origin:
    """Where an element stands: in a message (`channel` and `id`, its ts) or in a view (`id`)."""

    id: str
    channel: str = ""


def permalink(url: str, reader: Reader) -> str | None:
    """Where on this page the message is that `chat.getPermalink` gave this address to."""
    found = _PERMALINK.fullmatch(url)
    if found is None or found["domain"] != reader.state.workspace.domain:
        return None
    query = {"person": reader.person.id, "channel": found["channel"]}
    if found["thread"]:
        query["thread"] = found["thread"]
    return f"/?{urlencode(query)}#message-{found['thread'] or found['seconds'] + '.' + found['serial']}"
