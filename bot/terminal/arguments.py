"""What an option takes: each kind with what is said of anything else."""

from argparse import ArgumentTypeError

from bot.models.anchor import HASH_CHARACTERS, Anchor
from bot.settings.web import ListenAddress, read_address

MOST_AT_ONCE = 64
"""Accounts that one worker reads at once; an interpreter keeps one core busy, however many they are."""

LONGEST_SECONDS = 3600


def pattern(text: str) -> str:
    """Take a pattern as filters write it. A shell's empty variable must not mean everything."""
    written = text.strip().lower()
    if not written:
        raise ArgumentTypeError("it is empty; leave the option out for everything")
    if len(written.split()) > 1:
        raise ArgumentTypeError("it has a space in it; write ? for a space")
    return written


def anchor(text: str) -> Anchor:
    """Take an entry of the record with its hash."""
    try:
        return Anchor.parse(text)
    except ValueError as error:
        form = f"1234:hash with all {HASH_CHARACTERS} characters of the hash, as the digest shows it"
        raise ArgumentTypeError(f"{text!r} is no anchor, {error}; write {form}") from error


def address(text: str) -> ListenAddress:
    """Take where to listen."""
    found = read_address(text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is not an address to listen at: write host and port, like 127.0.0.1:8081")
    return found


def few(text: str) -> int:
    """Take how many accounts a worker reads at once."""
    if text.isascii() and text.isdigit() and 0 < int(text) <= MOST_AT_ONCE:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is not a number of accounts: write 1 to {MOST_AT_ONCE}, and start more workers")


def seconds(text: str) -> int:
    """Take how long something may last."""
    if text.isascii() and text.isdigit() and 0 < int(text) <= LONGEST_SECONDS:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is not a number of seconds: write 1 to {LONGEST_SECONDS}")


def count(text: str) -> int:
    """Take how many entries are wanted."""
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is not a number of entries: write 1 or more")
