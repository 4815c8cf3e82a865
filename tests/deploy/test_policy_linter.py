"""Every policy is linted, and the linter sees what is wrong with one."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from deploy.aws.lint import BOT, documents, findings, main

Statement = dict[str, Any]


def test_no_policy_that_is_shipped_or_made_has_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    assert capsys.readouterr().out == "10 policies, 0 findings\n"


def test_every_policy_is_looked_at() -> None:
    assert list(documents()) == [
        BOT,
        "bot.yml, who may assume BotRole",
        "service.yml, who may assume ExecutionRole",
        "service.yml, ExecutionRole",
        "member-roles.yml, who may assume KmsRotationAudit",
        "member-roles.yml, KmsRotationAudit, policy 1",
        "member-roles.yml, who may assume KmsRotationRemediate",
        "member-roles.yml, KmsRotationRemediate, policy 1",
        "session policy, ENABLE_ROTATION",
        "session policy, ROTATE_ON_DEMAND",
    ]


def _unknown_action(statement: Statement) -> None:
    statement["Action"] = "kms:EnableRotation"


def _unknown_condition(statement: Statement) -> None:
    statement["Condition"] = {"StringEquals": {"kms:RotationPeriod": "365"}}


def _resource_of_another_service(statement: Statement) -> None:
    statement["Action"], statement["Resource"] = "kms:DescribeKey", "arn:aws:s3:::bucket"


def _no_effect(statement: Statement) -> None:
    del statement["Effect"]


MISTAKES: dict[Callable[[Statement], None], str] = {
    _unknown_action: "UNKNOWN_ACTION",
    _unknown_condition: "UNKNOWN_CONDITION_FOR_ACTION",
    _resource_of_another_service: "RESOURCE_MISMATCH",
    _no_effect: "MALFORMED",
}


@pytest.mark.parametrize("name", documents())
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_any_policy_is_found(name: str, mistake: Callable[[Statement], None]) -> None:
    policy = copy.deepcopy(json.loads(json.dumps(documents()[name])))
    mistake(policy["Statement"][0])
    found = list(findings({name: policy}))
    assert any(f"{name}: {MISTAKES[mistake]} " in finding for finding in found), found


def test_a_policy_that_allows_everything_is_found() -> None:
    """The bot's own is tried: the others deny outright what they do not use, so that nothing would come of it."""
    policy = copy.deepcopy(json.loads(json.dumps(documents()[BOT])))
    policy["Statement"][0] |= {"Action": "*", "Resource": "*"}
    assert any(f"{BOT}: PRIVILEGE_ESCALATION" in finding for finding in findings({BOT: policy}))


def test_what_is_meant_in_one_policy_is_a_finding_in_another() -> None:
    assert list(findings({"another": documents()[BOT]})) == ["another: CREDENTIALS_EXPOSURE sts:assumerole"]
