"""Whose a key is, whether it is production, and what manages it, as tags and settings tell.

What could not be read is neither somebody nor nobody: such a key's owner is UNKNOWN.
CloudFormation tags what it makes: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from bot.models.keys import Finding
from bot.models.owners import UNKNOWN, OwnerMapping, OwnerRules

Tags = Mapping[str, str]

MOST_TAGS = 50
"""So many a key may have of its owners: https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html."""

_TEAM = "team"
_STACK = "aws:cloudformation:stack-name"
_MANAGED_BY = frozenset({"managed-by", "managed_by", "managedby", "managed by"})
_TOOLS = {"terraform": "Terraform", "opentofu": "OpenTofu", "pulumi": "Pulumi"}
_OF_AWS = "aws:"


@dataclass(frozen=True, slots=True)
class TagsRead:
    """The tags of a key and of its account. None is what could not be read; an account nobody asked for has none."""

    key: Tags | None
    account: Tags | None


def owned(finding: Finding, tags: TagsRead, rules: OwnerRules, *, knows_aliases: bool) -> Finding:
    """Say of an open key all that its tags tell, once its aliases are known, or known to be unknown."""
    own = tags.key or {}
    named = replace(finding, team=_first((_TEAM,), tags) or None, tags=kept(own))
    return replace(
        named,
        managed_by=managed_by(own),
        owner=_owner(named, tags, rules, knows_aliases=knows_aliases),
        is_production=_is_production(named, tags, rules),
    )


def team(tags: Tags) -> str | None:
    """Return the value of the tag `team`, however its name is capitalised."""
    return _value(_TEAM, tags) or None


def managed_by(tags: Tags) -> str | None:
    """Name the tool that would undo or be surprised by a change made by hand."""
    if stack := tags.get(_STACK):
        return f"CloudFormation stack {stack}"
    for name, value in tags.items():
        if name.lower() in _MANAGED_BY and value.lower() in _TOOLS:
            return _TOOLS[value.lower()]
    return None


def kept(tags: Tags) -> tuple[tuple[str, str], ...]:
    """Choose the tags that are kept of a key: those that AWS made first, which tell what manages it."""
    in_order = sorted(tags.items(), key=lambda tag: (not tag[0].startswith(_OF_AWS), tag))
    return tuple(in_order[:MOST_TAGS])


def _owner(finding: Finding, tags: TagsRead, rules: OwnerRules, *, knows_aliases: bool) -> str | None:
    for mapping in rules.mappings:
        fits = _fits(mapping, finding, tags, knows_aliases=knows_aliases)
        if fits is None:
            return UNKNOWN
        if fits:
            return mapping.owner
    return _first(rules.tags, tags)


def _fits(mapping: OwnerMapping, finding: Finding, tags: TagsRead, *, knows_aliases: bool) -> bool | None:
    """Say whether a mapping means a key; None where what decides could not be read."""
    found = list(_parts(mapping, finding, tags, knows_aliases=knows_aliases))
    if False in found:
        return False
    return None if None in found else True


def _parts(mapping: OwnerMapping, finding: Finding, tags: TagsRead, *, knows_aliases: bool) -> Iterator[bool | None]:
    if mapping.account:
        is_nameless = finding.account_name == finding.account and not mapping.account.isdigit()
        yield _is_account(finding, (mapping.account,)) or (None if is_nameless else False)
    if mapping.region:
        yield _like(finding.region, mapping.region)
    if mapping.alias:
        pattern = mapping.alias.removeprefix("alias/")
        fits = any(_like(alias.removeprefix("alias/"), pattern) for alias in finding.aliases)
        yield fits or (False if knows_aliases else None)
    if mapping.team:
        found = _first((_TEAM,), tags)
        yield None if found == UNKNOWN else found is not None and _like(found, mapping.team)


def _first(names: Iterable[str], tags: TagsRead) -> str | None:
    """Find the first of some tags that has a value: on the key, then on its account. None is none, UNKNOWN unread."""
    wanted = tuple(names)
    if not wanted:
        return None
    for held in (tags.key, tags.account):
        if held is None:
            return UNKNOWN
        if (found := next(filter(None, (_value(name, held) for name in wanted)), None)) is not None:
            return found
    return None


def _is_production(finding: Finding, tags: TagsRead, rules: OwnerRules) -> bool:
    """Say whether a key is known to be production. What its own tags say weighs more than what its account's do."""
    if _is_account(finding, rules.production_accounts):
        return True
    for held in (tags.key or {}, tags.account or {}):
        values = [(value, pattern) for name, pattern in rules.production_tags if (value := _value(name, held))]
        if values:
            return any(_like(value, pattern) for value, pattern in values)
    return False


def _is_account(finding: Finding, patterns: Iterable[str]) -> bool:
    return any(
        _like(finding.account, each) or (not each.isdigit() and _like(finding.account_name, each)) for each in patterns
    )


def _value(name: str, tags: Tags) -> str:
    """Return a tag's value, however its name is capitalised; of several the first one that is not empty."""
    wanted = name.lower()
    return next(filter(None, (value.strip() for tag, value in tags.items() if tag.lower() == wanted)), "")


def _like(text: str, pattern: str) -> bool:
    return fnmatchcase(text.lower(), pattern.lower())
