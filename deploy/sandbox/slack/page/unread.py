"""What a person has not looked at yet: how far they have read, by channel, and which Home they were shown."""

from deploy.sandbox.slack.page.messages import visible
from deploy.sandbox.slack.page.place import HOME, Place
from deploy.sandbox.slack.page.reader import Reader


def mark_read(where: Place) -> None:
    """What is in front of a person has been read."""
    reader = where.reader
    newest = _home(reader) if where.is_home else max((m.ts for m in visible(reader, where.channel)), default="")
    reader.state.read[reader.person.id, where.channel] = newest


def unread(reader: Reader, channel: str) -> int:
    """How many messages of others, outside threads, have come since. A Home counts as one."""
    mark = reader.state.read.get((reader.person.id, channel), "")
    if channel == HOME:
        return int(_home(reader) != mark)
    messages = visible(reader, channel)
    return sum(m.ts > mark and m.user != reader.person.id and m.thread_ts is None for m in messages)


def _home(reader: Reader) -> str:
    view = reader.state.home(reader.person.id)
    return view.hash if view else ""
