"""Whose keys are: how the settings tell it, and who that is in Slack."""

from dataclasses import dataclass

UNKNOWN = ""
"""The owner of a key of which nobody can say whose it is: something could not be read. A key of nobody's has None."""

PRODUCTION = (("env", "prod*"), ("environment", "prod*"), ("stage", "prod*"))
"""The tags that mark a key as production, unless the settings say otherwise."""


@dataclass(frozen=True, slots=True)
class OwnerMapping:
    """Keys that match every pattern that is given are somebody's, whatever their tags say.

    Shell wildcards that ignore case; an account pattern of digits matches ids alone, any other one ids and names.
    """

    owner: str
    account: str = ""
    region: str = ""
    alias: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True)
class OwnerRules:
    """How a scan tells whose an open key is, and whether it is production.

    The first mapping that means a key decides; then the first of `tags` that has a value, on the key and, where
    `account_tags` is set, on its account. Any account pattern and any tag is enough to make a key production.
    """

    tags: tuple[str, ...] = ("owner", "team")
    account_tags: bool = False
    mappings: tuple[OwnerMapping, ...] = ()
    production_accounts: tuple[str, ...] = ()
    production_tags: tuple[tuple[str, str], ...] = PRODUCTION


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner as it was found, and who that is in Slack: the id of a person or a user group, or else why nobody is."""

    text: str
    slack_id: str | None = None
    why_not: str = ""

    @property
    def is_group(self) -> bool:
        return self.slack_id is not None and self.slack_id.startswith("S")
