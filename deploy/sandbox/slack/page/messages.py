"""Messages of a channel and of a thread."""

from collections.abc import Iterator
from itertools import groupby

from deploy.sandbox.slack.acting import can_see
from deploy.sandbox.slack.page import blocks
from deploy.sandbox.slack.page.dates import formatted
from deploy.sandbox.slack.page.html import Html, element, join
from deploy.sandbox.slack.page.mrkdwn import render as mrkdwn
from deploy.sandbox.slack.page.reader import Origin, Reader
from deploy.sandbox.slack.things import Message

HUES = 6  # .hue-0 to .hue-5 in the style sheet


def visible(reader: Reader, channel: str) -> list[Message]:
    messages = reader.state.messages.get(channel, {}).values()
    return sorted((m for m in messages if can_see(reader.state, reader.person.id, m)), key=lambda m: m.ts)


def channel_log(reader: Reader, channel: str, open_thread: str | None) -> Html:
    """The messages outside threads, by day."""
    everything = visible(reader, channel)
    replies = {m.ts: [r for r in everything if r.thread_ts == m.ts] for m in everything}
    roots = [m for m in everything if m.thread_ts is None]
    parts: list[Html] = []
    for day, messages in groupby(roots, key=lambda m: reader.local(float(m.ts)).date()):
        first = reader.local(float(roots[0].ts)).replace(year=day.year, month=day.month, day=day.day)
        parts.append(element("h2", _day(reader, first.timestamp()), class_="day"))
        parts += [_message(reader, m, replies[m.ts], is_open=m.ts == open_thread) for m in messages]
    return join(parts)


def thread_log(reader: Reader, channel: str, ts: str) -> Html:
    everything = visible(reader, channel)
    return join(_message(reader, m, None) for m in everything if ts in (m.ts, m.thread_ts))


def _day(reader: Reader, seconds: float) -> str:
    pretty = formatted(reader, seconds, "{date_long_pretty}")
    return pretty[0].upper() + pretty[1:]


def _message(reader: Reader, message: Message, replies: list[Message] | None, *, is_open: bool = False) -> Html:
    author = reader.state.people[message.user]
    moment = reader.local(float(message.ts))
    origin = Origin(message.ts, message.channel)
    body = blocks.render(message.blocks, reader, origin) if message.blocks else mrkdwn(message.text, reader)
    head = [
        element("strong", author.real_name, class_="author"),
        element("span", "APP", class_="app") if author.is_bot else "",
        element("time", moment.strftime("%H:%M"), datetime=moment.isoformat(), title=moment.strftime("%c %Z")),
    ]
    only_you = ""
    if message.ephemeral_for:
        only_you = element("p", element("span", "👁 ", aria_hidden="true"), "Only visible to you", class_="only-you")
    edited = message.edited and not message.blocks
    content = [
        only_you,
        element("header", head),
        element("div", body, element("span", " (edited)", class_="edited") if edited else "", class_="content"),
        [_file(file) for file in message.files],
        _replies(message, replies, is_open=is_open),
        _dismiss(message),
    ]
    return element(
        "article",
        _avatar(author.real_name, is_bot=author.is_bot),
        element("div", content, class_="main"),
        id=f"message-{message.ts}" if replies is not None else None,
        class_="message ephemeral" if message.ephemeral_for else "message",
        data_ts=message.ts,
        data_testid="ephemeral" if message.ephemeral_for else "message",
        aria_label=f"{author.real_name} at {moment.strftime('%H:%M')}",
    )


def _avatar(name: str, *, is_bot: bool) -> Html:
    initials = "🔑" if is_bot else "".join(word[0] for word in name.split()[:2])
    hue = sum(map(ord, name)) % HUES
    return element("span", initials, class_=f"avatar hue-{hue}{' bot' if is_bot else ''}", aria_hidden="true")


def _file(file: dict[str, object]) -> Html:
    name = element("strong", str(file["title"]))
    size = element("small", f"{file['name']} · {file['size']} bytes")
    icon = element("span", "📄", aria_hidden="true")
    return element("a", icon, element("span", name, size), href=file["url_private"], class_="file", data_testid="file")


def _replies(message: Message, replies: list[Message] | None, *, is_open: bool) -> Iterator[Html]:
    if replies:
        count = f"{len(replies)} {'reply' if len(replies) == 1 else 'replies'}"
        yield element(
            "button",
            count,
            type="button",
            class_="replies",
            data_thread=message.ts,
            data_key=f"thread|{message.ts}",
            data_testid="replies",
            aria_expanded="true" if is_open else "false",
        )


def _dismiss(message: Message) -> Iterator[Html]:
    if message.ephemeral_for:
        yield element(
            "button",
            "Dismiss message",
            type="button",
            class_="dismiss",
            data_act="dismiss",
            data_where=message.ts,
            data_channel=message.channel,
            data_key=f"dismiss|{message.ts}",
        )
