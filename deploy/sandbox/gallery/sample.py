"""One thing that the bot can show, and where it is shown."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum, StrEnum
from typing import ParamSpec

from bot.models.messages import Attachment, Block, Rendered

Arguments = ParamSpec("Arguments")
Content = Rendered | Block | Attachment


class Surface(StrEnum):
    """Where people see it."""

    CHANNEL = "a message in the channel"
    THREAD = "a message in a thread"
    DIRECT = "a direct message"
    REPLY = "an answer that one person sees"
    MODAL = "a modal"
    HOME = "the Home tab"
    FILE = "a file in a thread"


@dataclass(frozen=True, slots=True)
class Sample:
    """`shows` says in a few words what is to be seen. `covers` are the states and reasons that it was made of.

    `errors` are sentences below fields of a modal, by their block.
    """

    name: str
    surface: Surface
    shows: str
    content: Content
    view: str
    covers: frozenset[Enum]
    errors: Mapping[str, str] = field(default_factory=dict)


Samples = Callable[[], Iterator[Sample]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A sample that still needs its view: `shown(…).by(view, what it is told)`."""

    name: str
    surface: Surface
    shows: str
    covers: Sequence[Enum]
    errors: Mapping[str, str]

    def by(self, view: Callable[Arguments, Content], /, *told: Arguments.args, **named: Arguments.kwargs) -> Sample:
        """Call the view, and note which states and reasons it was told of."""
        content = view(*told, **named)
        covers = frozenset(_members((told, named))) | frozenset(self.covers)
        return Sample(self.name, self.surface, self.shows, content, name_of(view), covers, self.errors)


def shown(name: str, surface: Surface, shows: str, *covers: Enum, errors: Mapping[str, str] | None = None) -> Shown:
    return Shown(name, surface, shows, covers, errors or {})


def name_of(view: Callable[..., object]) -> str:
    return f"{view.__module__.removeprefix('bot.views.')}.{view.__qualname__}"


def _members(told: object) -> Iterator[Enum]:
    """Every member of an enum in it, whatever it stands in."""
    if isinstance(told, Enum):
        yield told
    elif is_dataclass(told) and not isinstance(told, type):
        for each in fields(told):
            yield from _members(getattr(told, each.name))
    elif isinstance(told, Mapping):
        for value in told.values():
            yield from _members(value)
    elif isinstance(told, list | tuple | frozenset):
        for value in told:
            yield from _members(value)
