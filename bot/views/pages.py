"""Lists that are longer than a message: a page of one, and the buttons that turn it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.models.messages import Block
from bot.views.names import action_id
from bot.views.parts import VALUE_CHARACTERS, Element, actions, button, context, note
from bot.views.rich import bold, rich

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Page(Generic[Thing]):
    """What stands on one page, counted from 1, of how many pages and things."""

    shown: Sequence[Thing]
    number: int
    pages: int
    total: int

    @classmethod
    def of(cls, found: Sequence[Thing], number: int, size: int) -> "Page[Thing]":
        """Cut out a page; the nearest one where the number is out of range."""
        pages = max(1, -(-len(found) // size))
        number = min(max(1, number), pages)
        return cls(found[(number - 1) * size : number * size], number, pages, len(found))


def turn_value(scope: str, number: int) -> str:
    """What a button that turns the page carries: a filter and a number, checked anew when they come back."""
    return json.dumps({"scope": scope, "page": number}, separators=(",", ":"), ensure_ascii=False)


def read_turn(value: str) -> tuple[str, int]:
    """Read it back. Raises ValueError for what no button of ours carries."""
    try:
        carried = json.loads(value)
    except RecursionError as error:
        raise ValueError("not a page of the list") from error
    match carried:
        case {"scope": str(scope), "page": int(number)}:
            return scope, number
    raise ValueError("not a page of the list")


def headed(title: str, number: int, pages: int) -> Block:
    """The title of a page."""
    return rich([bold(title), f" · page {number} of {pages}" if pages > 1 else ""])


def turns(name: str, scope: str, number: int, pages: int, *others: Element) -> list[Block]:
    """What turns the page, with other buttons beside it; nothing where there is neither.

    A filter that no button can carry is not cut: it would mean other things.
    """
    if pages == 1 and not others:
        return []
    if len(turn_value(scope, pages)) > VALUE_CHARACTERS:
        return [context(note("The filter is too long for buttons that turn the page: give a shorter one."))]
    buttons: list[Element] = []
    if number > 1:
        buttons.append(button("◀ Previous", action_id(name, "previous"), turn_value(scope, number - 1)))
    if number < pages:
        buttons.append(button("Next ▶", action_id(name, "next"), turn_value(scope, number + 1)))
    return [actions(*buttons, *others)]
