"""Lints every IAM policy that the bot ships or makes, rendered as AWS gets it: `python -m deploy.aws.lint`."""

import json
import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from bot.aws.remediation import CALLS, session_policy
from deploy.sandbox.aws.roles import bot_policy, member_roles, resolve, template, variables

Policy = Mapping[str, Any]

BOT_ACCOUNT, MEMBER_ACCOUNT, ORGANIZATION = "123456789012", "111111111111", "o-exampleorgid"
KEY = f"arn:aws:kms:eu-central-1:{MEMBER_ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SECRETS = f"arn:aws:secretsmanager:eu-central-1:{BOT_ACCOUNT}:secret:"

BOT = "bot.yml, the bot's policy"
AUDIT_TRUST, REMEDIATION_TRUST = (
    f"member-roles.yml, who may assume {name}" for name in ("KmsRotationAudit", "KmsRotationRemediate")
)
IN_ECS = (("bot.yml", "BotRole"), ("service.yml", "ExecutionRole"))
"""The roles that are made for ECS: by template and name."""

_ASSUMED = (
    BOT,
    AUDIT_TRUST,
    REMEDIATION_TRUST,
    *(f"{file}, who may assume {role}" for file, role in IN_ECS),
)
MEANT = frozenset(
    {
        *((name, "CREDENTIALS_EXPOSURE", ("sts:assumerole",)) for name in _ASSUMED),
        ("service.yml, ExecutionRole", "CREDENTIALS_EXPOSURE", ("ecr:getauthorizationtoken",)),
    }
)
"""What is no mistake: the bot works in the two roles, so it may assume them, and they let it; ECS works in its own, and
logs in to the registry."""


def documents() -> dict[str, Policy]:
    """Every policy by what it is."""
    found: dict[str, Policy] = {BOT: bot_policy(BOT_ACCOUNT, ORGANIZATION)}
    for file, name in IN_ECS:
        properties = rendered(file, name)
        arn = f"arn:aws:iam::{BOT_ACCOUNT}:role/{name}"
        found[f"{file}, who may assume {name}"] = _naming(arn, properties["AssumeRolePolicyDocument"])
        for policy in properties.get("Policies", ()):
            found[f"{file}, {name}"] = policy["PolicyDocument"]
    bot = f"arn:aws:iam::{BOT_ACCOUNT}:role/kms-rotation-bot"
    for role in member_roles(MEMBER_ACCOUNT, bot, "external-id", ORGANIZATION):
        found[f"member-roles.yml, who may assume {role.name}"] = _naming(role.arn, role.trust)
        for number, policy in enumerate(role.policies, 1):
            found[f"member-roles.yml, {role.name}, policy {number}"] = policy
    for kind in CALLS:
        found[f"session policy, {kind}"] = json.loads(session_policy(KEY, kind))
    return found


def rendered(file: str, resource: str, **parameters: str) -> dict[str, Any]:
    """Render a role of ECS, or another resource beside it, with what its template would name."""
    known = variables(
        file,
        BOT_ACCOUNT,
        {
            "AWS::Region": "eu-central-1",
            "SlackSecretArn": f"{SECRETS}kms-rotation/slack-AbCdEf",
            "DatabaseUrl": f"{SECRETS}DatabaseUrl-AbCdEf",
            "LogGroup": "kms-rotation",
            "Image": "kms-rotation-bot",
            "BotRoleArn": f"arn:aws:iam::{BOT_ACCOUNT}:role/kms-rotation-bot",
            "AWS::StackName": "kms-rotation",
            "ExecutionRole.Arn": f"arn:aws:iam::{BOT_ACCOUNT}:role/ExecutionRole",
            "LogGroup.Arn": f"arn:aws:logs:eu-central-1:{BOT_ACCOUNT}:log-group:kms-rotation:*",
            **parameters,
        },
    )
    properties: dict[str, Any] = resolve(template(file)["Resources"][resource]["Properties"], known)
    return properties


def findings(policies: Mapping[str, Policy]) -> Iterator[str]:
    """Say what parliament finds in each policy, its community's auditors asked as well.

    https://github.com/duo-labs/parliament
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports pkg_resources, and setuptools warns of that
        import parliament  # type: ignore[import-untyped]  # noqa: PLC0415 - published without types; quiet in here alone
    for name, policy in policies.items():
        analyzed = parliament.analyze_policy_string(json.dumps(policy), include_community_auditors=True)
        for finding in analyzed.findings:
            actions = tuple((finding.location or {}).get("actions", ()))
            if (name, finding.issue, actions) not in MEANT:
                detail = [str(finding.detail)] if finding.detail else []
                yield " ".join((f"{name}: {finding.issue}", *detail, *actions))


def _naming(role: str, policy: Policy) -> Policy:
    """A trust policy is that of one role and does not name it; parliament wants a resource in every statement."""
    return {**policy, "Statement": [{**statement, "Resource": role} for statement in policy["Statement"]]}


def main() -> int:
    policies = documents()
    found = list(findings(policies))
    print(*found, f"{len(policies)} policies, {len(found)} findings", sep="\n")  # noqa: T201 - its output is its interface
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
