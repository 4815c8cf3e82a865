"""The bot's two roles, read from the very template that a real organisation deploys: what is shipped is enforced."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

TEMPLATES = Path(__file__).parents[2] / "aws"


NO_VALUE = "AWS::NoValue"


class _TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: `!Ref X` becomes {"Ref": "X"}."""


def _short_form(loader: _TemplateLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    raise TypeError(f"a mapping is not understood after !{suffix}")


_TemplateLoader.add_multi_constructor("!", _short_form)


@dataclass(frozen=True, slots=True)
class Role:
    """A role of one account: who may assume it, and what it may do then."""

    account: str
    name: str
    trust: Mapping[str, Any]
    policies: tuple[Mapping[str, Any], ...]

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:role/{self.name}"


@lru_cache
def template(name: str) -> dict[str, Any]:
    """A CloudFormation template of `deploy/aws` as plain data, its functions still in it."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=_TemplateLoader)  # noqa: S506 - a SafeLoader with short forms
    return loaded


def resolve(value: Any, variables: Mapping[str, str]) -> Any:  # noqa: ANN401 - a JSON document
    """The value with `Ref`, `GetAtt`, `Sub` and `If` replaced, and what has no value left out of its mapping."""
    match value:
        case {"Ref": name} | {"GetAtt": name}:
            return variables[name]
        case {"Sub": text}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: variables[found[1]], text)
        case {"If": [condition, then, otherwise]}:
            return resolve(then if variables[condition] == str(True) else otherwise, variables)
        case dict():
            resolved = {name: resolve(inner, variables) for name, inner in value.items()}
            return {name: inner for name, inner in resolved.items() if inner != NO_VALUE}
        case list():
            return [resolve(inner, variables) for inner in value]
        case _:
            return value


def variables(name: str, account: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """What may be named in a template: its parameters' defaults, ours over them, pseudo parameters and conditions."""
    defaults = {key: str(value["Default"]) for key, value in template(name)["Parameters"].items() if "Default" in value}
    known = {**defaults, **parameters, "AWS::Partition": "aws", "AWS::AccountId": account, NO_VALUE: NO_VALUE}
    for condition, expression in template(name).get("Conditions", {}).items():
        known[condition] = str(_holds(expression, known))
    return known


def _holds(expression: Any, known: Mapping[str, str]) -> bool:  # noqa: ANN401 - a JSON document
    match expression:
        case {"Equals": [one, other]}:
            return bool(resolve(one, known) == resolve(other, known))
        case {"Not": [inner]}:
            return not _holds(inner, known)
        case {"Or": alternatives}:
            return any(_holds(each, known) for each in alternatives)
        case {"Condition": name}:
            return known[name] == str(True)
        case _:
            raise TypeError(f"{expression} is not understood as a condition")


def member_roles(account: str, bot_principal: str, external_id: str, organization: str = "") -> tuple[Role, ...]:
    """Render the two roles of an account; without an organisation, as for an account that is in none."""
    known = variables(
        "member-roles.yml",
        account,
        {"BotPrincipalArn": bot_principal, "ExternalId": external_id, "OrganizationId": organization},
    )
    return tuple(
        Role(
            account,
            resolve(properties["RoleName"], known),
            resolve(properties["AssumeRolePolicyDocument"], known),
            tuple(resolve(policy["PolicyDocument"], known) for policy in properties["Policies"]),
        )
        for properties in (resource["Properties"] for resource in template("member-roles.yml")["Resources"].values())
    )


def bot_policy(account: str, organization: str) -> Mapping[str, Any]:
    """What the bot's own principal may do: the policy of `bot.yml`."""
    known = variables("bot.yml", account, {"BotRoleName": "kms-rotation-bot", "OrganizationId": organization})
    policy: Mapping[str, Any] = resolve(
        template("bot.yml")["Resources"]["BotPolicy"]["Properties"]["PolicyDocument"], known
    )
    return policy
