"""Where in Slack the messages of requests are."""

from collections.abc import Iterable

from bot.models.messages import MessageKind
from bot.models.requests import Request
from handlers.desk import Desk


def links_to(desk: Desk, found: Iterable[Request]) -> dict[str, str]:
    """Find the addresses of the requests' messages, as far as Slack tells them."""
    links: dict[str, str] = {}
    for request in found:
        message = desk.messages.find(MessageKind.REQUEST, request.id)
        link = desk.writer.link(message.channel, message.ts) if message is not None and message.ts else None
        if link is not None:
            links[request.id] = link
    return links
