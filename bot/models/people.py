"""Who clicks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """A person and their workspace, both taken from Slack's payload, never from a button's value."""

    user_id: str
    team_id: str


@dataclass(frozen=True, slots=True)
class Person:
    """A Slack user as `users.info` describes them at this moment."""

    user_id: str
    team_id: str
    name: str
    deleted: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
