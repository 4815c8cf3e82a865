"""What a workspace holds, all frozen: a change puts a new one in its place, so a reader keeps what it read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """A message in a channel or DM. `ephemeral_for` names the one person who sees it."""

    channel: str
    ts: str
    user: str
    text: str = ""
    blocks: tuple[Json, ...] = ()
    thread_ts: str | None = None
    edited: str | None = None
    bot_id: str | None = None
    metadata: Json | None = None
    ephemeral_for: str | None = None
    unfurl_links: bool = True
    unfurl_media: bool = True
    files: tuple[Json, ...] = ()
    values: Mapping[str, Json] = field(default_factory=dict)

    @property
    def visible_text(self) -> str:
        """Everything that the blocks show, a line a piece; the text where there are no blocks."""
        return "\n".join(texts(list(self.blocks))) if self.blocks else self.text

    def as_slack(self, app_id: str, team_id: str) -> Json:
        body: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text, "team": team_id}
        if self.bot_id:
            body |= {"bot_id": self.bot_id, "app_id": app_id}
        if self.blocks:
            body["blocks"] = list(self.blocks)
        if self.thread_ts:
            body["thread_ts"] = self.thread_ts
        if self.edited:
            body["edited"] = {"user": self.user, "ts": self.edited}
        if self.metadata:
            body["metadata"] = self.metadata
        if self.files:
            body["files"] = list(self.files)
        return body


@dataclass(frozen=True)
class View:
    """A modal or a Home tab as one person sees it: `values` they have filled in, `errors` they are told."""

    id: str
    user: str
    hash: str
    body: Json
    root_view_id: str
    previous_view_id: str | None = None
    values: Mapping[str, Json] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""

    @property
    def type(self) -> str:
        return str(self.body["type"])

    @property
    def callback_id(self) -> str:
        return str(self.body.get("callback_id", ""))

    @property
    def title(self) -> str:
        return str(self.body.get("title", {}).get("text", ""))

    @property
    def blocks(self) -> tuple[Json, ...]:
        return tuple(self.body["blocks"])

    @property
    def private_metadata(self) -> str:
        return str(self.body.get("private_metadata", ""))

    @property
    def visible_text(self) -> str:
        return "\n".join(texts([self.body.get("title"), *self.blocks]))


@dataclass(frozen=True)
class Notice:
    """What Slack itself tells one person when an app does not answer properly."""

    user: str
    code: str
    text: str
    dismissed: bool = False


@dataclass(frozen=True)
class File:
    """`owner` uploaded it. Until `ready_at`, when Slack has looked it through, it stands in no message."""

    id: str
    name: str
    content: bytes | None
    length: int
    owner: str = ""
    title: str = ""
    shared: bool = False
    ready_at: float = 0.0


def texts(part: object) -> Iterator[str]:
    """Every string that a reader would see, in order."""
    if isinstance(part, dict):
        for key, inner in part.items():
            if isinstance(inner, str):
                if key in {"text", "alt_text", "fallback"}:
                    yield inner
            elif key != "confirm":
                yield from texts(inner)
    elif isinstance(part, list | tuple):
        for inner in part:
            yield from texts(inner)


def interactive(block: Json) -> Iterator[tuple[str, Json]]:
    """What a person can act on in this block, each with its place in it, such as `elements/0`."""
    for place in ("accessory", "element"):
        if isinstance(block.get(place), dict) and block[place].get("type") != "image":
            yield place, block[place]
    if block.get("type") == "actions":
        for index, element in enumerate(block["elements"]):
            yield f"elements/{index}", element
