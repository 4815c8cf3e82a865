"""How a request's keys are called in the middle of a sentence."""

from bot.models.requests import Change, Request
from bot.views.words import counted, cut


def names(asked: Request) -> str:
    first = cut(min(change.key_name for change in asked.changes), 100)
    return first if len(asked.changes) == 1 else f"{first} and {counted(len(asked.changes) - 1, 'more key')}"


def place(asked: Request) -> str:
    """Name a request's first key with its account and Region, and count the others."""
    first = min(asked.changes, key=lambda change: change.key_name)
    return f"{names(asked)} – {whereabouts(first)}"


def keys_in_words(asked: Request) -> str:
    """Say “this key”, “3 keys”, or “all keys that match”."""
    if not asked.changes[0].is_one_key:
        return "all keys that match"
    return "this key" if len(asked.changes) == 1 else counted(len(asked.changes), "key")


def whereabouts(change: Change) -> str:
    """Say in which account and Region a change's key is, or that it is about all that match."""
    if change.is_one_key:
        return f"{cut(change.account_name, 60)} · {change.region}"
    return "every key that matches, also those to come"
