"""Just enough of IAM's policy language to say yes or no as AWS does.

Effect, Action, NotAction, Resource, NotResource, Principal and the condition operators below; anything else in a policy
is an error, never an allowance.
Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any

Policy = Mapping[str, Any]
Context = Mapping[str, str]


class Effect(Enum):
    ALLOW = "Allow"
    DENY = "Deny"
    SILENT = "Silent"


def effect(policies: Iterable[Policy], action: str, resource: str, context: Context) -> Effect:
    """What the policies say together: an explicit denial wins, silence is no allowance."""
    said = Effect.SILENT
    for policy in policies:
        for statement in _as_list(policy["Statement"]):
            if _applies(statement, action, resource, context):
                if statement["Effect"] == "Deny":
                    return Effect.DENY
                said = Effect.ALLOW
    return said


def _applies(statement: Policy, action: str, resource: str, context: Context) -> bool:
    return (
        _names_action(statement, action)
        and _names_principal(statement, context)
        and _names_resource(statement, resource)
        and all(
            _holds(operator, key, _as_list(values), context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _names_action(statement: Policy, action: str) -> bool:
    if "NotAction" in statement:
        return not _any_action(statement["NotAction"], action)
    return _any_action(statement["Action"], action)


def _any_action(patterns: object, action: str) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in _as_list(patterns))


def _names_resource(statement: Policy, resource: str) -> bool:
    if "NotResource" in statement:
        return not any(fnmatchcase(resource, pattern) for pattern in _as_list(statement["NotResource"]))
    return any(fnmatchcase(resource, pattern) for pattern in _as_list(statement.get("Resource", "*")))


def principals(statement: Policy) -> frozenset[str]:
    """Whom a statement names: ARNs, account ids, or "*"; a policy of an identity is for whoever has it."""
    named = statement.get("Principal", "*")
    return frozenset({"*"} if named == "*" else _as_list(named.get("AWS", [])))


def _names_principal(statement: Policy, context: Context) -> bool:
    arn, account = context["aws:PrincipalArn"], context["aws:PrincipalAccount"]
    return any(name in {"*", arn, account} or name.endswith(f"::{account}:root") for name in principals(statement))


def _holds(operator: str, key: str, wanted: list[Any], context: Context) -> bool:
    present = key in context
    if operator == "Null":
        return all((str(value).lower() == "true") is not present for value in wanted)
    if not present:
        return operator.endswith("IfExists")
    test = _OPERATORS[operator.removesuffix("IfExists")]
    return test(context[key], [str(value) for value in wanted])


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, list[str]], bool]:
    return lambda actual, wanted: any(compare(float(actual), float(value)) for value in wanted)


_OPERATORS: dict[str, Callable[[str, list[str]], bool]] = {
    "StringEquals": lambda actual, wanted: actual in wanted,
    "StringNotEquals": lambda actual, wanted: actual not in wanted,
    "StringLike": lambda actual, wanted: any(fnmatchcase(actual, value) for value in wanted),
    "ArnEquals": lambda actual, wanted: any(fnmatchcase(actual, value) for value in wanted),
    "ArnLike": lambda actual, wanted: any(fnmatchcase(actual, value) for value in wanted),
    "Bool": lambda actual, wanted: actual.lower() in [value.lower() for value in wanted],
    "NumericEquals": _number(lambda actual, wanted: actual == wanted),
    "NumericLessThan": _number(lambda actual, wanted: actual < wanted),
    "NumericLessThanEquals": _number(lambda actual, wanted: actual <= wanted),
    "NumericGreaterThan": _number(lambda actual, wanted: actual > wanted),
    "NumericGreaterThanEquals": _number(lambda actual, wanted: actual >= wanted),
}


def _as_list(value: Any) -> list[Any]:  # noqa: ANN401 - JSON: one value or a list of them
    return value if isinstance(value, list) else [value]
