"""Whether Slack would take a sample, and how much of the limits it uses."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.models.messages import Attachment, Rendered
from deploy.sandbox.gallery.sample import Sample, Surface
from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.things import Json, texts
from deploy.sandbox.slack.validation import blocks_for_message, view
from deploy.sandbox.slack.validation.surfaces import MESSAGE_CHARACTERS, MOST_BLOCKS

FALLBACK_CHARACTERS = 4000
"""Longer texts are cut. https://docs.slack.dev/reference/methods/chat.postMessage#truncating."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How many blocks and characters there are, and how many there may be; None where Slack names no limit."""

    blocks: int
    most_blocks: int
    characters: int
    most_characters: int | None

    def __str__(self) -> str:
        of = "" if self.most_characters is None else f" of {self.most_characters:,}"
        return f"{self.blocks} of {self.most_blocks} blocks · {self.characters:,}{of} characters"


def blocks_of(sample: Sample) -> Sequence[Json]:
    content = sample.content
    if isinstance(content, Attachment):
        return ()
    return content.blocks if isinstance(content, Rendered) else content["blocks"]


def usage(sample: Sample) -> Usage:
    kind = {Surface.MODAL: "modal", Surface.HOME: "home"}.get(sample.surface, "message")
    blocks = blocks_of(sample)
    most = MESSAGE_CHARACTERS if kind == "message" else None
    return Usage(len(blocks), MOST_BLOCKS[kind], sum(map(len, texts(list(blocks)))), most)


def faults(gallery: Mapping[str, Sequence[Sample]]) -> Iterator[str]:
    """Say of each sample that Slack would refuse what is wrong with it, a line a fault."""
    for group, samples in gallery.items():
        for sample in samples:
            for fault in _faults(sample):
                yield f"{group}, {sample.name}: {fault}"


def _faults(sample: Sample) -> Iterator[str]:
    try:
        match sample.content:
            case Attachment(content=text):
                if not text:
                    yield "the file is empty"
            case Rendered(text=text, blocks=blocks):
                blocks_for_message(list(blocks))
                if not 0 < len(text) <= FALLBACK_CHARACTERS:
                    yield f"its text has {len(text)} characters"
            case body:
                view(body, "home" if sample.surface is Surface.HOME else "modal")
    except SlackError as error:
        yield " ".join((error.code, *error.messages))
