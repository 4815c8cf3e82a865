"""Whose keys are and what is production, as the configuration says it; what is wrong with that is told in sentences."""

from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.models.owners import PRODUCTION, OwnerMapping, OwnerRules
from bot.settings import Settings, load


def read(folder: Path, text: str) -> Settings:
    path = folder / "kms-rotation.toml"
    path.write_text(text, encoding="utf-8")
    return load({"KMS_ROTATION_CONFIG": str(path)}, with_slack=False)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, text)
    return [str(each).removeprefix(f"{folder}/") for each in caught.value.problems]


def test_unless_set_the_tags_owner_and_team_tell_and_three_tags_mark_production(tmp_path: Path) -> None:
    settings = read(tmp_path, "")
    assert settings.owner_rules == OwnerRules(tags=("owner", "team"), account_tags=False)
    assert settings.owner_rules.production_tags == PRODUCTION
    assert settings.owners.people == {}


def test_everything_can_be_set(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        """
[owners]
tags = ["contact"]
account_tags = true
[[owners.mapping]]
match = { account = "legacy-*", alias = "erp/*" }
owner = " erp-team "
[[owners.mapping]]
match = { region = "us-*", team = "web" }
owner = "jane@example.com"
[owners.people]
"ERP-Team" = "S0ERP"
"jane@example.com" = "U0JANE"
[digest.production]
accounts = ["prod-*", "111111111111"]
tags = { tier = "1" }
""",
    )
    assert settings.owner_rules == OwnerRules(
        tags=("contact",),
        account_tags=True,
        mappings=(
            OwnerMapping("erp-team", account="legacy-*", alias="erp/*"),
            OwnerMapping("jane@example.com", region="us-*", team="web"),
        ),
        production_accounts=("prod-*", "111111111111"),
        production_tags=(("tier", "1"),),
    )
    assert settings.owners.people == {"erp-team": "S0ERP", "jane@example.com": "U0JANE"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[owners]\ntag = ["owner"]', "kms-rotation.toml:2: owners.tag: There is no such setting. Did you mean tags?"),
        (
            "[owners]\ntags = [1]",
            (
                "kms-rotation.toml:2: owners.tags[1]: “1” is not the name of a tag. "
                'Write a name in quotes, for example "owner".'
            ),
        ),
        (
            '[owners]\naccount_tags = "yes"',
            (
                "kms-rotation.toml:2: owners.account_tags: It is text, not true or false. "
                "Write true or false without quotes."
            ),
        ),
        (
            '[[owners.mapping]]\nmatch = {}\nowner = "x"',
            (
                "kms-rotation.toml:2: owners.mapping[1].match: The mapping matches nothing in particular. "
                "Write any of account, region, alias and team."
            ),
        ),
        (
            '[[owners.mapping]]\nmatch = { acount = "x" }\nowner = "x"',
            "kms-rotation.toml:2: owners.mapping[1].match.acount: There is no such setting. Did you mean account?",
        ),
        (
            '[[owners.mapping]]\nmatch = { account = "x" }\nowner = " "',
            (
                "kms-rotation.toml:3: owners.mapping[1].owner: “ ” is not an owner. Write a name as tags do, an e-mail "
                "address, or a person's or a user group's id, in quotes."
            ),
        ),
        (
            '[[owners.mapping]]\nmatch = { account = "x" }',
            "kms-rotation.toml:1: owners.mapping[1].owner: It is missing. Add owner to this table.",
        ),
        (
            '[owners.people]\npayments = "@payments"',
            (
                "kms-rotation.toml:1: owners.people: “@payments” is a name. "
                "Write the person's id (U… or W…) or the user group's (S…); profiles offer to copy it."
            ),
        ),
        (
            '[owners.people]\npayments = "S0A"\nPayments = "S0B"',
            (
                "kms-rotation.toml:1: owners.people: “Payments” is in this table twice, for case does not count. "
                "Name it once."
            ),
        ),
        (
            '[digest.production]\naccounts = ["12345"]',
            (
                "kms-rotation.toml:2: digest.production.accounts[1]: “12345” has 5 digits. "
                "Write the account's id, which has 12 digits."
            ),
        ),
        (
            "[digest.production]\ntags = { tier = 1 }",
            (
                "kms-rotation.toml:2: digest.production.tags: It is not a table of tags. "
                'Write it as { team = "payments", stage = "prod*" }.'
            ),
        ),
        (
            '[digest.production]\naccount = ["x"]',
            "kms-rotation.toml:2: digest.production.account: There is no such setting. Did you mean accounts?",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_its_remedy(tmp_path: Path, text: str, told: str) -> None:
    assert problems(tmp_path, text) == [told]
