"""The tables `[owners]` and `[digest.production]`: whose keys are, who that is in Slack, and what is production."""

from typing import Annotated

from pydantic import AfterValidator, Field, PlainValidator

from bot.models.owners import PRODUCTION, OwnerMapping
from bot.settings.fields import aws, slack
from bot.settings.fields.lists import LIST
from bot.settings.mistakes import mistake, shown
from bot.settings.section import Section

LONGEST_OWNER = 256
"""As long as the value of a tag may be: https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html."""


class OwnerMatch(Section):
    """The keys that a mapping means: all of the patterns that are written must match."""

    account: str = ""
    region: str = ""
    alias: str = ""
    team: str = ""


def _means_something(match: OwnerMatch) -> OwnerMatch:
    if match == OwnerMatch():
        raise mistake("The mapping matches nothing in particular.", "Write any of account, region, alias and team.")
    return match


def _owner(value: object) -> str:
    if isinstance(value, str) and value.strip() and len(value) <= LONGEST_OWNER:
        return value.strip()
    raise mistake(
        f"{shown(value)} is not an owner.",
        "Write a name as tags do, an e-mail address, or a person's or a user group's id, in quotes.",
    )


def _tag(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise mistake(f"{shown(value)} is not the name of a tag.", 'Write a name in quotes, for example "owner".')


def _people(value: object) -> dict[str, str]:
    """Check who stands for whom. Owners ignore case, so that a spelling leads to nobody else."""
    if not isinstance(value, dict):
        raise mistake("It is not a table.", 'Write it as "payments" = "S0PAYMENTS", a line for each owner.')
    people: dict[str, str] = {}
    for name, who in value.items():
        if not isinstance(who, str):
            raise mistake(f"{shown(name)} stands for no Slack id.", "Write an id (U…, W… or S…) in quotes.")
        spelled = name.strip().lower()
        if not spelled:
            raise mistake("An owner has no name.", "Write what the tag says, in quotes.")
        if spelled in people:
            raise mistake(f"{shown(name)} is in this table twice, for case does not count.", "Name it once.")
        people[spelled] = slack.check_approver(who)
    return people


class MappingSection(Section):
    """One `[[owners.mapping]]`: these keys are somebody's, whatever their tags say."""

    match: Annotated[OwnerMatch, AfterValidator(_means_something)]
    owner: Annotated[str, PlainValidator(_owner)]

    @property
    def mapping(self) -> OwnerMapping:
        return OwnerMapping(self.owner, **self.match.model_dump())


class Owners(Section):
    """Which tags tell an owner, whose keys are somebody's by a mapping, and who owners are in Slack."""

    tags: Annotated[tuple[Annotated[str, PlainValidator(_tag)], ...], LIST] = ("owner", "team")
    account_tags: bool = False
    mapping: Annotated[tuple[MappingSection, ...], LIST] = ()
    people: Annotated[dict[str, str], PlainValidator(_people)] = Field(default_factory=dict)


class Production(Section):
    """What makes a key production: any of these accounts, or any of these tags."""

    accounts: Annotated[tuple[aws.AccountPattern, ...], LIST] = ()
    tags: Annotated[dict[str, str], PlainValidator(aws.tag_patterns)] = Field(default_factory=lambda: dict(PRODUCTION))
