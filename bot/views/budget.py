"""A message that Slack takes, however long the texts are that others wrote into it."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from bot.models.messages import Block, Rendered
from bot.views.words import cut

MESSAGE_CHARACTERS = 10_000
"""Slack refuses messages of about 13,200 characters (`msg_blocks_too_long`) and documents no limit."""


def message(text: str, blocks: Sequence[Block]) -> Rendered:
    """Make a message; where it would be too long, its longest texts are cut, all to the same length.

    Mentions, dates and buttons are never cut: what is left of one would mean something else.
    """
    excess = sum(map(len, _texts(blocks))) - MESSAGE_CHARACTERS
    if excess <= 0:
        return Rendered(text, tuple(blocks))
    lengths = [len(part["text"]) for part in _cuttable(blocks)]
    longest = _longest_that_saves(excess, lengths)
    return Rendered(text, tuple(_shortened(block, longest) for block in blocks))


def _longest_that_saves(excess: int, lengths: Sequence[int]) -> int:
    def saved(longest: int) -> int:
        return sum(max(0, length - longest) for length in lengths)

    return max(1, bisect_right(range(max(lengths, default=0) + 1), -excess, key=lambda longest: -saved(longest)) - 1)


def _shortened(part: Any, longest: int) -> Any:  # noqa: ANN401 - JSON
    if isinstance(part, list):
        return [_shortened(each, longest) for each in part]
    if not isinstance(part, dict) or part.get("type") in _WHOLE:
        return part
    if part.get("type") in _CUTTABLE:
        return {**part, "text": cut(part["text"], longest)}
    return {name: _shortened(value, longest) for name, value in part.items()}


_CUTTABLE = frozenset({"plain_text", "text"})
_WHOLE = frozenset({"button", "header"})


def _cuttable(part: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    if isinstance(part, list | tuple):
        for each in part:
            yield from _cuttable(each)
    elif isinstance(part, dict) and part.get("type") in _CUTTABLE:
        yield part
    elif isinstance(part, dict) and part.get("type") not in _WHOLE:
        for each in part.values():
            yield from _cuttable(each)


def _texts(part: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Everything that counts: what is shown, confirm dialogs included, and the fallbacks of dates."""
    if isinstance(part, list | tuple):
        for each in part:
            yield from _texts(each)
    elif isinstance(part, dict):
        for name, value in part.items():
            if isinstance(value, str) and name in {"text", "fallback"}:
                yield value
            else:
                yield from _texts(value)
