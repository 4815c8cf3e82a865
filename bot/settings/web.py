"""`[web]`: where the bot listens; `[log]`: how the log is written; `slack.mode`: how Slack reaches the bot."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, PlainValidator

from bot.settings.mistakes import mistake, shown
from bot.settings.section import Section

FORMATS = ("text", "json")

SOCKET, HTTP = "socket", "http"

_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9_.-]+)):(?P<port>\d{1,5})", re.ASCII)
PORTS = range(1, 65536)

EVERY_NETWORK = ""


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_address(text: str) -> ListenAddress | None:
    """Read host and port; None for what is neither."""
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match["port"]) not in PORTS:
        return None
    return ListenAddress(match["v6"] or match["name"], int(match["port"]))


def _address(value: object) -> ListenAddress:
    match = _ADDRESS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise mistake(
            f"{shown(value)} is not an address to listen at.",
            'Write host and port, such as "127.0.0.1:8080" or "[::1]:8080"; "0.0.0.0:8080" is every network.',
        )
    port = int(match["port"])
    if port not in PORTS:
        raise mistake(f"{port} is not a port.", "Write a port from 1 to 65535.")
    return ListenAddress(match["v6"] or match["name"], port)


def _format(text: str) -> str:
    if text in FORMATS:
        return text
    raise mistake(f"{shown(text)} is not a format of the log.", 'Write "text", or "json" for one JSON object a line.')


def _mode(text: str) -> str:
    if text in (SOCKET, HTTP):
        return text
    raise mistake(
        f"{shown(text)} is not a way by which Slack reaches the bot.",
        'Write "socket" for a socket that the bot opens, or "http" for requests that Slack sends to it.',
    )


Mode = Annotated[str, AfterValidator(_mode)]

OVER_HTTP = ListenAddress("127.0.0.1", 8080)
"""Where Slack's requests are waited for, unless something else is set."""


class Web(Section):
    """Where the bot listens: for probes, for Prometheus, and over HTTP for Slack. Unless set, only the last does."""

    listen: Annotated[ListenAddress, PlainValidator(_address)] | None = None


class Log(Section):
    """How the log is written."""

    format: Annotated[str, AfterValidator(_format)] = "text"
