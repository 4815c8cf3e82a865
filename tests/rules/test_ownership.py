"""Whose a key is and what manages it, as its tags tell."""

from collections.abc import Mapping

import pytest

from bot.rules import ownership


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
