"""Accounts whose keys not everybody is to see."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VisibilityRule:
    """Accounts, by id or by a pattern of ids and names, and the people (U…) and user groups (S…) that may see them."""

    accounts: tuple[str, ...]
    visible_to: tuple[str, ...]
