"""IAM's policy simulator, which moto 5.2 does not have, for the bot's own roles.

It weighs the policies of a role and those of the organisation, and no key's policy.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from deploy.sandbox.aws.call import Call
from deploy.sandbox.aws.faults import matches_action
from deploy.sandbox.aws.policy import Effect, effect
from deploy.sandbox.aws.roles import Role
from deploy.sandbox.aws.wire import AwsError, query_list, query_values
from deploy.sandbox.aws.world import Denial

DECISIONS = {Effect.ALLOW: "allowed", Effect.DENY: "explicitDeny", Effect.SILENT: "implicitDeny"}


def simulate_principal_policy(call: Call) -> Mapping[str, Any]:
    """Errors: `NoSuchEntity` for a role that is not there."""
    arn = str(call.parameters.get("PolicySourceArn", ""))
    role = call.world.roles.get((call.account, arn.rpartition("/")[2]))
    if role is None or role.arn != arn:
        raise AwsError("NoSuchEntity", f"The role with name {arn.rpartition('/')[2]} cannot be found.", 404)
    results = [
        _result(call, role, action, resource)
        for action in query_values(call.parameters, "ActionNames")
        for resource in query_values(call.parameters, "ResourceArns") or ["*"]
    ]
    return {"EvaluationResults": results, "IsTruncated": False}


def _result(call: Call, role: Role, action: str, resource: str) -> Mapping[str, Any]:
    denials = list(_denials(call, role, action, resource))
    by_organization = any(each.kind == "scp" for each in denials)
    said = effect(role.policies, action, resource, _context(call, role))
    if denials and said is Effect.ALLOW:
        said = Effect.DENY if by_organization else Effect.SILENT
    return {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": DECISIONS[said],
        "MatchedStatements": [],
        "MissingContextValues": [],
        "OrganizationsDecisionDetail": {"AllowedByOrganizations": not by_organization},
    }


def _denials(call: Call, role: Role, action: str, resource: str) -> Iterator[Denial]:
    region = (resource.split(":") + [""] * 4)[3]
    for denial in (*call.world.denials, *call.emulation.faults.denials):
        if (
            denial.kind != "key-policy"
            and fnmatchcase(role.account, denial.account)
            and fnmatchcase(region, denial.region)
            and matches_action(action, denial.action)
            and fnmatchcase(resource, denial.resource)
            and fnmatchcase(role.name, denial.role)
        ):
            yield denial


def _context(call: Call, role: Role) -> dict[str, str]:
    entries = query_list(call.parameters, "ContextEntries")
    told = {each["ContextKeyName"]: each["ContextKeyValues.member.1"] for each in entries}
    return {"aws:PrincipalArn": role.arn, "aws:PrincipalAccount": role.account, **told}
