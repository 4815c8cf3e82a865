"""Exit statuses."""

from enum import IntEnum


class Exit(IntEnum):
    """What `$?` says. `UNREAD` wins over `NON_COMPLIANT`.

    The last three are sysexits' EX_SOFTWARE, its EX_NOPERM, and 128 + SIGINT.
    """

    OK = 0
    NON_COMPLIANT = 1
    """Something is non-compliant, `audit verify` found tampering, for `rules` too few could approve, or `doctor` found
    something that has failed.
    """
    USAGE = 2
    UNREAD = 3
    BUG = 70
    NOT_ACCEPTED = 77
    """Slack does not accept a token any more: `run` has ended by itself."""
    INTERRUPTED = 130
