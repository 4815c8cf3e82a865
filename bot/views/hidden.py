"""What is left out because whoever reads it may not see it. That something is, is always said."""

from collections.abc import Sequence

from bot.models.messages import Block, Rendered
from bot.rules.sight import Sight
from bot.views.names import SHOW_KEYS
from bot.views.parts import button, context, note, plain, section
from bot.views.words import counted

NOT_SHOWN_HERE = "Not everybody here may see the account. Whoever may finds the key behind the button, and on Home."


def unseen(sight: Sight) -> Sequence[Block]:
    """Say of how many accounts nothing is shown; nothing where the last scan met none of them."""
    accounts = len(sight.hidden_accounts)
    return [context(note(f"Keys of {counted(accounts, 'account')} are not shown to you."))] if accounts else []


def with_unseen(message: Rendered, sight: Sight) -> Rendered:
    return Rendered(message.text, (*message.blocks, *unseen(sight)))


def veil_note(request_id: str) -> Block:
    """Stand below a request whose keys its channel is not to see, with a way to them for those who may."""
    return section(plain(NOT_SHOWN_HERE), button("Show the key", SHOW_KEYS, request_id))
