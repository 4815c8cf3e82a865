"""A digest as it would be posted, for one person alone and without anything to press."""

from bot.models.digests import Digest
from bot.models.messages import Block, Rendered
from bot.views.budget import message
from bot.views.parts import context, note
from bot.views.sentences import said
from bot.views.words import counted

_PRESSED = frozenset({"actions", "input"})


def preview(posted: Rendered, made: Digest) -> Rendered:
    """Show what would be posted. `posted` is the message as it would be."""
    where = f"Preview of the digest for <#{made.channel}>. Only you see it; nothing was posted or kept."
    blocks = [said(where), *(_inert(block) for block in posted.blocks if block["type"] not in _PRESSED)]
    replies = made.content.replies + (not made.content.ownership.tells_nothing)
    if replies:
        blocks.append(context(note(f"{counted(replies, 'message')} more would be in its thread.")))
    return message(f"Preview, for you alone: {posted.text}", blocks)


def _inert(block: Block) -> Block:
    """Take off what can be pressed; a picture stays."""
    if block.get("accessory", {}).get("type") in {None, "image"}:
        return block
    return {name: value for name, value in block.items() if name != "accessory"}
