"""Whose a key is, whether it is production, and what manages it, as tags and settings tell."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from bot.models.keys import Finding, Reason, Verdict
from bot.models.owners import UNKNOWN, OwnerMapping, OwnerRules
from bot.rules import ownership
from bot.rules.ownership import TagsRead

KEY = Finding(
    arn="arn:aws:kms:eu-central-1:111111111111:key/1",
    account="111111111111",
    account_name="prod-payments",
    region="eu-central-1",
    aliases=("alias/payments/card-vault", "alias/vault"),
    verdict=Verdict.NON_COMPLIANT,
    reason=Reason.ROTATION_DISABLED,
    message="Rotation is off.",
    read_at=datetime(2026, 3, 2, tzinfo=UTC),
)
BY_TAGS = OwnerRules()


def owned(
    tags: Mapping[str, str] | None,
    account: Mapping[str, str] | None = None,
    rules: OwnerRules = BY_TAGS,
    *,
    is_account_unread: bool = False,
    knows_aliases: bool = True,
) -> Finding:
    read = TagsRead(tags, None if is_account_unread else account or {})
    return ownership.owned(KEY, read, rules, knows_aliases=knows_aliases)


@pytest.mark.parametrize(
    ("tags", "team"),
    [
        ({}, None),
        ({"team": "payments"}, "payments"),
        ({"Team": "Payments"}, "Payments"),
        ({"TEAM": "web"}, "web"),
        ({"team": ""}, None),
        ({"teams": "payments", "owner": "amira"}, None),
    ],
)
def test_the_team_is_the_tag_of_that_name(tags: Mapping[str, str], team: str | None) -> None:
    assert ownership.team(tags) == team
    assert owned(tags).team == team


@pytest.mark.parametrize(
    ("tags", "manager"),
    [
        ({}, None),
        ({"managed-by": "terraform"}, "Terraform"),
        ({"managed_by": "Terraform"}, "Terraform"),
        ({"ManagedBy": "TERRAFORM"}, "Terraform"),
        ({"managed-by": "hand"}, None),
        ({"aws:cloudformation:stack-name": "vault"}, "CloudFormation stack vault"),
        ({"aws:cloudformation:stack-name": "vault", "managed-by": "terraform"}, "CloudFormation stack vault"),
        ({"aws:cloudformation:logical-id": "Key"}, None),
        ({"terraform": "no"}, None),
    ],
)
def test_the_tool_is_told_by_its_tags(tags: Mapping[str, str], manager: str | None) -> None:
    assert ownership.managed_by(tags) == manager
    assert owned(tags).managed_by == manager


@pytest.mark.parametrize(
    ("tags", "account", "owner", "team"),
    [
        ({}, {}, None, None),
        ({"owner": "amira"}, {}, "amira", None),
        ({"Owner": " amira "}, {}, "amira", None),
        ({"owner": "", "OWNER": "amira"}, {}, "amira", None),
        ({"team": "web"}, {}, "web", "web"),
        ({"owner": "", "team": "web"}, {}, "web", "web"),
        ({"owner": "  ", "team": " "}, {}, None, None),
        ({"team": "web", "owner": "amira"}, {}, "amira", "web"),
        ({"cost-centre": "7"}, {"owner": "lake"}, "lake", None),
        ({"team": "web"}, {"owner": "lake"}, "web", "web"),
        ({}, {"team": "lake"}, "lake", "lake"),
        ({"owner": "amira"}, {"team": "lake"}, "amira", "lake"),
    ],
)
def test_the_first_tag_that_has_a_value_tells_the_owner_and_the_keys_own_come_first(
    tags: Mapping[str, str], account: Mapping[str, str], owner: str | None, team: str | None
) -> None:
    found = owned(tags, account)
    assert (found.owner, found.team) == (owner, team)


def test_which_tags_tell_an_owner_is_a_setting() -> None:
    rules = OwnerRules(tags=("contact", "squad"))
    assert owned({"owner": "amira", "Squad": "red"}, rules=rules).owner == "red"
    assert owned({"owner": "amira", "team": "web"}, rules=rules).owner is None
    assert owned({"owner": "amira"}, rules=OwnerRules(tags=())).owner is None
    assert owned(None, rules=OwnerRules(tags=())).owner is None, "what no tag tells is not unread where tags are"


def test_what_could_not_be_read_is_nobodys_word_that_a_key_has_no_owner() -> None:
    assert owned(None).owner == UNKNOWN
    assert owned(None, {"owner": "lake"}).owner == UNKNOWN
    assert owned({}, is_account_unread=True).owner == UNKNOWN
    assert owned({"owner": "amira"}, is_account_unread=True).owner == "amira"
    assert owned({"owner": "amira"}, is_account_unread=True).team is None


VAULT, LAKE = OwnerMapping("vault-team", alias="payments/*"), OwnerMapping("lake-team", account="lake-*")
PARTS = {
    "account": ("prod-*", "111111111111", "PROD-payments"),
    "region": ("eu-*", "eu-central-1"),
    "alias": ("payments/*", "alias/payments/card-*", "vault"),
    "team": ("web*",),
}
OTHER_PARTS = {"account": "lake-*", "region": "us-*", "alias": "lake/*", "team": "lake"}


@pytest.mark.parametrize("part", [(name, pattern) for name, patterns in PARTS.items() for pattern in patterns])
def test_a_mapping_means_the_keys_that_match_it_whatever_their_tags_say(part: tuple[str, str]) -> None:
    mapping = replace(OwnerMapping("vault-team"), **dict([part]))
    assert owned({"owner": "amira", "team": "Web"}, rules=OwnerRules(mappings=(mapping,))).owner == "vault-team"


@pytest.mark.parametrize("matching", list(product((True, False), repeat=len(PARTS))))
def test_all_parts_of_a_mapping_must_match(matching: tuple[bool, ...]) -> None:
    parts = {
        name: patterns[0] if fits else OTHER_PARTS[name]
        for (name, patterns), fits in zip(PARTS.items(), matching, strict=True)
    }
    found = owned({"team": "web"}, rules=OwnerRules(mappings=(OwnerMapping("vault-team", **parts),)))
    assert found.owner == ("vault-team" if all(matching) else "web")


def test_the_first_mapping_that_means_a_key_decides() -> None:
    rules = OwnerRules(mappings=(LAKE, VAULT, OwnerMapping("everybody", region="*")))
    assert owned({}, rules=rules).owner == "vault-team"


def test_a_pattern_of_digits_matches_no_name() -> None:
    named = replace(KEY, account="222222222222", account_name="111111111111")
    rules = OwnerRules(mappings=(OwnerMapping("vault-team", account="111111111111"),))
    assert ownership.owned(named, TagsRead({}, {}), rules, knows_aliases=True).owner is None


@pytest.mark.parametrize(
    ("mapping", "owner"),
    [
        (OwnerMapping("vault-team", alias="lake/*"), UNKNOWN),
        (OwnerMapping("vault-team", alias="payments/*"), "vault-team"),
        (OwnerMapping("vault-team", alias="lake/*", region="us-*"), "amira"),
    ],
    ids=["may mean it", "means it", "does not mean it"],
)
def test_a_mapping_by_alias_decides_nothing_where_aliases_are_unknown(mapping: OwnerMapping, owner: str) -> None:
    assert owned({"owner": "amira"}, rules=OwnerRules(mappings=(mapping,)), knows_aliases=False).owner == owner


def test_a_mapping_by_team_decides_nothing_where_tags_are_unknown() -> None:
    rules = OwnerRules(mappings=(OwnerMapping("vault-team", team="lake"), OwnerMapping("all", region="*")))
    assert owned(None, rules=rules).owner == UNKNOWN
    assert owned({}, is_account_unread=True, rules=rules).owner == UNKNOWN
    assert owned({"team": "web"}, is_account_unread=True, rules=rules).owner == "all"


def test_a_mapping_by_name_decides_nothing_where_the_name_is_unknown() -> None:
    nameless = replace(KEY, account_name=KEY.account)
    rules = OwnerRules(mappings=(LAKE,))
    assert ownership.owned(nameless, TagsRead({"owner": "amira"}, {}), rules, knows_aliases=True).owner == UNKNOWN


@pytest.mark.parametrize(
    ("tags", "account", "is_production"),
    [
        ({}, {}, False),
        ({"stage": "prod"}, {}, True),
        ({"Environment": "Production"}, {}, True),
        ({"env": "prod-eu"}, {}, True),
        ({"env": "test"}, {}, False),
        ({"environment": "test", "stage": "prod"}, {}, True),
        ({"tier": "prod"}, {}, False),
        ({}, {"stage": "prod"}, True),
        ({"stage": "test"}, {"stage": "prod"}, False),
    ],
)
def test_production_is_told_by_a_tag_and_the_keys_own_come_first(
    tags: Mapping[str, str], account: Mapping[str, str], is_production: bool
) -> None:
    assert owned(tags, account).is_production is is_production


def test_production_is_told_by_the_account_whatever_else_is_unread() -> None:
    assert owned(None, rules=OwnerRules(production_accounts=("prod-*",))).is_production
    assert owned({}, rules=OwnerRules(production_accounts=("111111111111",))).is_production
    assert not owned({}, rules=OwnerRules(production_accounts=("play-*", "222222222222"))).is_production
    assert not owned({"stage": "prod"}, rules=OwnerRules(production_tags=(("tier", "1"),))).is_production


def test_of_many_tags_those_that_tell_what_manages_a_key_are_kept() -> None:
    tags = {f"A{number:03}": "x" for number in range(60)} | {"aws:cloudformation:logical-id": "Vault"}
    kept = owned(tags).tags
    assert len(kept) == ownership.MOST_TAGS
    assert kept[0] == ("aws:cloudformation:logical-id", "Vault")
