"""The CloudFormation that an organisation deploys: least privilege, proved on the templates themselves."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

from bot.inbound.http import PATH
from bot.web.pages import PATHS
from deploy.aws.lint import BOT_ACCOUNT, IN_ECS, rendered
from deploy.sandbox.aws.policy import Effect, effect
from deploy.sandbox.aws.roles import Role, bot_policy, member_roles, resolve, template, variables
from tests.deploy.dockerfile import last_stage

ACCOUNT, BOT = "111111111111", "arn:aws:iam::123456789012:role/kms-rotation-bot"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111"
FOREIGN_KEY = KEY.replace(ACCOUNT, "222222222222")
CALLER = {"aws:PrincipalArn": BOT, "aws:PrincipalAccount": "123456789012"}
TEMPLATES = sorted((Path(__file__).parents[2] / "deploy" / "aws").glob("*.yml"))
AUDIT_ACTIONS = {
    "account:ListRegions",
    "iam:SimulatePrincipalPolicy",
    "kms:DescribeKey",
    "kms:GetKeyRotationStatus",
    "kms:ListAliases",
    "kms:ListKeyRotations",
    "kms:ListKeys",
    "kms:ListResourceTags",
}
REMEDIATION_ACTIONS = {
    "kms:DescribeKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyRotationStatus",
    "kms:ListKeyRotations",
    "kms:RotateKeyOnDemand",
}
USED = {"KmsRotationAudit": AUDIT_ACTIONS, "KmsRotationRemediate": REMEDIATION_ACTIONS}
ORGANIZATION_ACTIONS = {
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListParents",
    "organizations:ListTagsForResource",
}
BOT_ACTIONS = ORGANIZATION_ACTIONS | {
    "sts:AssumeRole",
    "sts:SetSourceIdentity",
    "sts:TagSession",
}
EXECUTION_ACTIONS = {
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameters",
}


def _roles() -> dict[str, Role]:
    return {role.name: role for role in member_roles(ACCOUNT, BOT, "external")}


def _statements(policies: tuple[Mapping[str, Any], ...]) -> Iterator[Mapping[str, Any]]:
    for policy in policies:
        yield from policy["Statement"]


def _listed(actions: str | list[str]) -> list[str]:
    return actions if isinstance(actions, list) else [actions]


def _allowed_actions(policies: tuple[Mapping[str, Any], ...]) -> list[str]:
    found: list[str] = []
    for statement in _statements(policies):
        if statement["Effect"] == "Allow":
            assert "NotAction" not in statement
            found += _listed(statement["Action"])
    return found


def _policies() -> dict[str, tuple[Mapping[str, Any], ...]]:
    return {name: role.policies for name, role in _roles().items()} | {"bot": (bot_policy(ACCOUNT, "o-exampleorgid"),)}


def test_the_templates_pass_cfn_lint() -> None:
    assert [path.name for path in TEMPLATES] == ["bot.yml", "member-roles.yml", "service.yml"]
    linter = Path(sys.executable).with_name("cfn-lint")
    ran = subprocess.run([linter, *TEMPLATES], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "")


@pytest.mark.parametrize(
    ("who", "actions"),
    [("KmsRotationAudit", AUDIT_ACTIONS), ("KmsRotationRemediate", REMEDIATION_ACTIONS), ("bot", BOT_ACTIONS)],
)
def test_exactly_the_actions_that_are_used_are_allowed(who: str, actions: set[str]) -> None:
    assert sorted(_allowed_actions(_policies()[who])) == sorted(actions)


def test_no_policy_allows_a_wildcard_action() -> None:
    allowed = [action for policies in _policies().values() for action in _allowed_actions(policies)]
    assert len(allowed) == len(AUDIT_ACTIONS) + len(REMEDIATION_ACTIONS) + len(BOT_ACTIONS)
    assert [action for action in allowed if "*" in action or "?" in action] == []


def test_a_wildcard_resource_is_left_only_to_actions_that_name_no_resource() -> None:
    unnamed = {"account:ListRegions", "kms:ListAliases", "kms:ListKeys"} | ORGANIZATION_ACTIONS
    found = {
        action
        for policies in _policies().values()
        for statement in _statements(policies)
        if statement["Effect"] == "Allow" and statement["Resource"] == "*"
        for action in _listed(statement["Action"])
    }
    assert found == unnamed


@pytest.mark.parametrize(("days", "said"), [("89", "Silent"), ("90", "Allow"), ("365", "Allow"), ("366", "Silent")])
def test_rotation_is_enabled_only_within_the_allowed_periods(days: str, said: str) -> None:
    policies = _roles()["KmsRotationRemediate"].policies
    assert effect(policies, "kms:EnableKeyRotation", KEY, CALLER | {"kms:RotationPeriodInDays": days}).value == said


def test_rotation_is_not_enabled_without_a_period() -> None:
    policies = _roles()["KmsRotationRemediate"].policies
    assert effect(policies, "kms:EnableKeyRotation", KEY, CALLER) is Effect.SILENT


def _operations(*services: str) -> list[str]:
    """Every operation of a service as its IAM action, by the service's own model."""
    models = Session()
    return [f"{each}:{name}" for each in services for name in models.get_service_model(each).operation_names]


@pytest.mark.parametrize(("role", "used"), USED.items())
def test_a_role_is_denied_everything_that_it_does_not_use_outright(role: str, used: set[str]) -> None:
    """An explicit denial holds even where somebody attaches another policy to the role."""
    everything = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    policies = (everything, *_roles()[role].policies)
    said = {
        action: effect(policies, action, KEY, CALLER) for action in _operations("kms", "iam", "sts", "account", "s3")
    }
    assert {action for action, answer in said.items() if answer is Effect.DENY} == said.keys() - used


@pytest.mark.parametrize(
    ("role", "never"),
    [
        ("KmsRotationAudit", ["kms:DisableKeyRotation", "kms:EnableKeyRotation", "kms:RotateKeyOnDemand"]),
        ("KmsRotationRemediate", "kms:DisableKeyRotation"),
    ],
)
def test_changing_rotation_in_a_way_that_is_not_a_roles_is_denied_by_name(role: str, never: str | list[str]) -> None:
    denied = [
        statement["Action"]
        for statement in _statements(_roles()[role].policies)
        if statement["Effect"] == "Deny" and "Action" in statement
    ]
    assert denied == [never]


@pytest.mark.parametrize(("role", "used"), USED.items())
def test_what_is_spared_from_the_denial_is_exactly_what_is_allowed(role: str, used: set[str]) -> None:
    [spared] = [
        statement["NotAction"] for statement in _statements(_roles()[role].policies) if "NotAction" in statement
    ]
    assert spared == sorted(used)


@pytest.mark.parametrize("role", ["KmsRotationAudit", "KmsRotationRemediate"])
def test_a_role_reaches_only_its_own_accounts_keys(role: str) -> None:
    policies = _roles()[role].policies
    assert effect(policies, "kms:DescribeKey", KEY, CALLER) is Effect.ALLOW
    assert effect(policies, "kms:DescribeKey", FOREIGN_KEY, CALLER) is Effect.SILENT


@pytest.mark.parametrize("role", ["KmsRotationAudit", "KmsRotationRemediate"])
def test_a_role_trusts_the_bot_with_the_external_id_and_nobody_else(role: str) -> None:
    trust = [_roles()[role].trust]
    known = CALLER | {"sts:ExternalId": "external"}
    stranger = {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/eve", "aws:PrincipalAccount": "123456789012"}
    assert effect(trust, "sts:AssumeRole", "", known) is Effect.ALLOW
    assert effect(trust, "sts:AssumeRole", "", CALLER) is Effect.SILENT
    assert effect(trust, "sts:AssumeRole", "", CALLER | {"sts:ExternalId": "guessed"}) is Effect.SILENT
    assert effect(trust, "sts:AssumeRole", "", known | stranger) is Effect.SILENT
    for action in ("sts:TagSession", "sts:SetSourceIdentity"):
        assert effect(trust, action, "", known) is Effect.ALLOW
        assert effect(trust, action, "", known | stranger) is Effect.SILENT


@pytest.mark.parametrize("role", ["KmsRotationAudit", "KmsRotationRemediate"])
def test_a_role_is_assumed_from_within_its_organisation_only_where_that_is_named(role: str) -> None:
    (found,) = [each for each in member_roles(ACCOUNT, BOT, "external", "o-exampleorgid") if each.name == role]
    for action, known in (("sts:AssumeRole", CALLER | {"sts:ExternalId": "external"}), ("sts:TagSession", CALLER)):
        for organization, said in (("o-exampleorgid", Effect.ALLOW), ("o-other", Effect.SILENT)):
            assert effect([found.trust], action, "", known | {"aws:PrincipalOrgID": organization}) is said
        assert effect([found.trust], action, "", known) is Effect.SILENT


@pytest.mark.parametrize(("file", "role"), IN_ECS)
def test_a_role_of_ecs_is_assumed_by_ecs_for_this_account_alone(file: str, role: str) -> None:
    (statement,) = rendered(file, role)["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": BOT_ACCOUNT}
    assert f":{BOT_ACCOUNT}:" in statement["Condition"]["ArnLike"]["aws:SourceArn"]


@pytest.mark.parametrize("mode", ["socket", "http"])
@pytest.mark.parametrize("url", ["", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:theirs-AbCdEf"])
def test_ecs_reads_the_secrets_that_its_tasks_are_given_and_nothing_else(url: str, mode: str) -> None:
    policies = [
        each["PolicyDocument"]
        for each in rendered("service.yml", "ExecutionRole", DatabaseUrlSecretArn=url)["Policies"]
    ]
    assert sorted(_allowed_actions(tuple(policies))) == sorted(EXECUTION_ACTIONS)
    for task in ("BotTask", "WorkerTask"):
        for secret in _given(task, url, mode):
            action = "ssm:GetParameters" if ":ssm:" in secret else "secretsmanager:GetSecretValue"
            assert effect(policies, action, secret, CALLER) is Effect.ALLOW
    for other in ("arn:aws:secretsmanager:eu-central-1:123456789012:secret:other-AbCdEf", "*"):
        assert effect(policies, "secretsmanager:GetSecretValue", other, CALLER) is Effect.SILENT
    elsewhere = "arn:aws:ssm:eu-central-1:123456789012:parameter/other"
    assert effect(policies, "ssm:GetParameters", elsewhere, CALLER) is Effect.SILENT


def _given(task: str, url: str, mode: str) -> list[str]:
    """The ARNs of the secrets of a task's container, without the JSON key that stands behind them."""
    (container,) = rendered("service.yml", task, DatabaseUrlSecretArn=url, SlackMode=mode)["ContainerDefinitions"]
    return [re.sub(r":SLACK_[A-Z_]+::$", "", secret["ValueFrom"]) for secret in container["Secrets"]]


@pytest.mark.parametrize(("task", "command"), [("BotTask", "run"), ("WorkerTask", "worker")])
def test_a_task_is_not_root_writes_to_its_tmp_alone_and_has_time_to_drain(task: str, command: str) -> None:
    (container,) = rendered("service.yml", task)["ContainerDefinitions"]
    assert container["ReadonlyRootFilesystem"] is True
    assert container["User"] == last_stage().user
    assert [mount["ContainerPath"] for mount in container["LinuxParameters"]["Tmpfs"]] == ["/tmp"]  # noqa: S108 - the task's own
    assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert container["StopTimeout"] == 30
    (script,) = container["Command"]
    assert script.endswith(f"exec python -m bot {command}")


@pytest.mark.parametrize(
    ("mode", "names"),
    [
        ("socket", ["SLACK_APP_TOKEN", "SLACK_BOT_TOKEN"]),
        ("http", ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"]),
    ],
)
def test_a_bot_is_given_what_its_mode_needs_of_slack_and_a_worker_nothing(mode: str, names: list[str]) -> None:
    for task, expected in (("BotTask", names), ("WorkerTask", [])):
        (container,) = rendered("service.yml", task, SlackMode=mode)["ContainerDefinitions"]
        given = {secret["Name"]: secret["ValueFrom"] for secret in container["Secrets"] if "slack" in str(secret)}
        assert sorted(given) == expected
        assert [name for name, arn in given.items() if not arn.endswith(f":{name}::")] == []


def _made(mode: str) -> dict[str, dict[str, Any]]:
    """Every resource of the service that is made in this mode."""
    known = variables("service.yml", ACCOUNT, {"SlackMode": mode})
    resources = template("service.yml")["Resources"]
    return {name: each for name, each in resources.items() if known.get(each.get("Condition"), "True") == "True"}


def _of(kind: str, mode: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in _made(mode).values() if each["Type"] == f"AWS::{kind}"]


LB = ("LoadBalancer", "Listener", "ListenerRule", "TargetGroup")
BOTS, BALANCER = {"Ref": "BotSecurityGroup"}, {"Ref": "LoadBalancerSecurityGroup"}


def test_over_a_socket_nothing_reaches_the_bot_from_outside() -> None:
    assert [name for name, each in _made("socket").items() if "ElasticLoadBalancing" in each["Type"]] == []
    assert [each for each in _of("EC2::SecurityGroup", "socket") if "SecurityGroupIngress" in each] == []
    assert [each for each in _of("EC2::SecurityGroupIngress", "socket") if each["GroupId"] == BOTS] == []


def test_over_http_the_load_balancer_alone_reaches_the_bot_and_https_alone_the_load_balancer() -> None:
    (let_in,) = [each for each in _of("EC2::SecurityGroupIngress", "http") if each["GroupId"] == BOTS]
    assert (let_in["FromPort"], let_in["ToPort"], let_in["SourceSecurityGroupId"]) == (8080, 8080, BALANCER)
    (balancer,) = [each for each in _of("EC2::SecurityGroup", "http") if "SecurityGroupIngress" in each]
    (https,), (to_bot,) = balancer["SecurityGroupIngress"], balancer["SecurityGroupEgress"]
    assert (https["FromPort"], https["ToPort"]) == (443, 443)
    assert (to_bot["FromPort"], to_bot["ToPort"], to_bot["DestinationSecurityGroupId"]) == (8080, 8080, BOTS)


def test_over_http_slacks_requests_alone_get_past_the_load_balancer() -> None:
    (listener,), (rule,) = (_of(f"ElasticLoadBalancingV2::{kind}", "http") for kind in ("Listener", "ListenerRule"))
    (otherwise,) = listener["DefaultActions"]
    assert (listener["Protocol"], otherwise["FixedResponseConfig"]["StatusCode"]) == ("HTTPS", "404")
    path, method = rule["Conditions"]
    assert path["PathPatternConfig"]["Values"] == [PATH]
    assert method["HttpRequestMethodConfig"]["Values"] == ["POST"]
    (service,) = [each for each in _of("ECS::Service", "http") if each["TaskDefinition"] == {"Ref": "BotTask"}]
    (target,) = resolve(service, {"IsOverHttp": "True"} | _anything("http"))["LoadBalancers"]
    assert target["TargetGroupArn"] == rule["Actions"][0]["TargetGroupArn"]["Ref"]


def _anything(mode: str) -> dict[str, str]:
    """Whatever a resource may name, by its own name."""
    parameters = template("service.yml")["Parameters"]
    return {name: name for name in (*parameters, *_made(mode), "AWS::NoValue")}


def test_a_bot_without_its_database_is_left_alone_by_its_load_balancer() -> None:
    (group,) = _of("ElasticLoadBalancingV2::TargetGroup", "http")
    assert group["HealthCheckPath"] == PATHS[0] == "/healthz"


def test_over_http_the_service_is_made_once_its_target_group_is_in_use() -> None:
    (bot,) = [each for each in _made("http").values() if each["Type"].endswith("Service") and "Metadata" in each]
    assert bot["Metadata"]["MadeAfter"]["If"][1] == {"Ref": "SlackRequests"}


def test_http_is_refused_without_what_its_load_balancer_needs() -> None:
    (rule,) = template("service.yml")["Rules"].values()
    assert rule["RuleCondition"] == {"Equals": [{"Ref": "SlackMode"}, "http"]}
    optional = {
        name
        for name in re.findall(r"'Ref': '(\w+)'", str([_of("ElasticLoadBalancingV2::" + kind, "http") for kind in LB]))
        if template("service.yml")["Parameters"].get(name, {}).get("Default") == ""
    }
    assert optional == set(re.findall(r"'Ref': '(\w+)'", str(rule["Assertions"])))


def test_the_configuration_gets_into_the_task_as_it_is(tmp_path: Path) -> None:
    """The task's own shell line, with a program in the bot's place that shows what it was started with."""
    (container,) = rendered("service.yml", "BotTask")["ContainerDefinitions"]
    (tmp_path / "python").write_text('#!/bin/sh\ncat "$KMS_ROTATION_CONFIG"; echo "$* [$KMS_ROTATION_TOML]"\n')
    (tmp_path / "python").chmod(0o755)
    text = '[slack]\nchannel = "C0\\u0041%s"\t# $HOME `id` \'\n'
    environ = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "KMS_ROTATION_TOML": text,
        "KMS_ROTATION_CONFIG": str(tmp_path / "kms-rotation.toml"),
    }
    ran = subprocess.run(
        [*container["EntryPoint"], *container["Command"]], env=environ, capture_output=True, text=True, check=True
    )
    assert ran.stdout == f"{text}-m bot run []\n"


def test_the_database_that_is_made_outlives_a_mistake() -> None:
    database = template("service.yml")["Resources"]["Database"]
    assert (database["DeletionPolicy"], database["UpdateReplacePolicy"]) == ("Snapshot", "Snapshot")
    said = {
        name: database["Properties"][name] for name in ("DeletionProtection", "StorageEncrypted", "PubliclyAccessible")
    }
    assert said == {"DeletionProtection": True, "StorageEncrypted": True, "PubliclyAccessible": False}


@pytest.mark.parametrize(("given", "made"), [("", True), ("arn:aws:secretsmanager:eu-central-1:1:secret:x", False)])
def test_a_database_is_made_where_none_is_given(given: str, made: bool) -> None:
    known = variables("service.yml", ACCOUNT, {"DatabaseUrlSecretArn": given})
    assert (known["MakesDatabase"], known["UsesDatabaseOfOthers"]) == (str(made), str(not made))


def test_the_bot_assumes_its_two_roles_in_its_own_organisation_only() -> None:
    policy = [bot_policy(ACCOUNT, "o-exampleorgid")]
    ours = CALLER | {"aws:ResourceOrgID": "o-exampleorgid"}
    role = "arn:aws:iam::222222222222:role/"
    for name in ("KmsRotationAudit", "KmsRotationRemediate"):
        assert effect(policy, "sts:AssumeRole", role + name, ours) is Effect.ALLOW
        assert effect(policy, "sts:AssumeRole", role + name, CALLER | {"aws:ResourceOrgID": "o-other"}) is Effect.SILENT
    assert effect(policy, "sts:AssumeRole", role + "Administrator", ours) is Effect.SILENT


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_names_a_partition(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "arn:aws:" in line] == []
    assert any("arn:${AWS::Partition}:" in line for line in lines)


def test_the_external_id_is_kept_out_of_the_console() -> None:
    assert template("member-roles.yml")["Parameters"]["ExternalId"]["NoEcho"] is True


MADE = {"MakesRole": "True", "Roles": ["BotRole"], "Users": None}


@pytest.mark.parametrize(
    ("given", "made", "arn"),
    [
        ({}, MADE, "arn:made"),
        ({"BotRoleName": "mine"}, MADE | {"MakesRole": "False", "Roles": ["mine"]}, "role/mine"),
        ({"BotUserName": "holder"}, {"MakesRole": "False", "Roles": None, "Users": ["holder"]}, "user/holder"),
    ],
)
def test_the_bots_policy_is_for_a_role_or_a_user_that_there_is_or_a_role_is_made(
    given: Mapping[str, str], made: Mapping[str, object], arn: str
) -> None:
    resources = {"OrganizationId": "o-exampleorgid", "BotRole": "BotRole", "BotRole.Arn": "arn:made"}
    known = variables("bot.yml", ACCOUNT, {**resources, **given})
    properties = resolve(template("bot.yml")["Resources"]["BotPolicy"]["Properties"], known)
    said = {"MakesRole": known["MakesRole"], "Roles": properties.get("Roles"), "Users": properties.get("Users")}
    assert said == made
    assert resolve(template("bot.yml")["Outputs"]["BotPrincipalArn"]["Value"], known).endswith(arn)
