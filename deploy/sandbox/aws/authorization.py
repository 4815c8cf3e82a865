"""May this caller do this? Denied as AWS denies, in AWS's words.

The order is AWS's: service control policies, explicit denials, then an allowance of the identity, of its session
policy and of the key's policy. A key's policy that names a role, or everybody, needs no allowance of the identity; one
that names everybody needs none of the session policy either.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
Administrators (callers without policies) are subject to the first two only.
"""

import json
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from moto.kms.models import Key

from deploy.sandbox.aws.call import TAKE_FOREIGN_KEYS, Call
from deploy.sandbox.aws.faults import matches_action
from deploy.sandbox.aws.identity import invalid_token
from deploy.sandbox.aws.policy import Effect, effect, principals
from deploy.sandbox.aws.wire import AwsError
from deploy.sandbox.aws.world import Denial

NEEDS_NO_PERMISSION = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})
ASK_NO_KEY = frozenset({"kms:ListAliases"})
"""An identity's policy decides, for every key alike.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
"""
TAKE_NO_SESSION = frozenset({"sts:GetFederationToken", "sts:GetSessionToken"})
WHY = {
    "identity": "because no identity-based policy allows the {action} action",
    "scp": "with an explicit deny in a service control policy",
    "key-policy": "with an explicit deny in a resource-based policy",
}
# What AWS's own policy of an AWS managed key leaves to the account.
AWS_MANAGED_ALLOWS = ("kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant")


def authorize(call: Call) -> None:
    action = call.request.iam_action
    if action in TAKE_NO_SESSION and call.caller.token:
        raise AwsError("AccessDenied", f"Cannot call {call.request.action} with session credentials", 403)
    if action in NEEDS_NO_PERMISSION:
        return
    key = _key_in_hand(call)
    _judge(call, action, _resource(call) if key is None or action in ASK_NO_KEY else key.arn, key)


def authorize_in_its_region(call: Call, key: Key) -> None:
    """The same call on another key of a multi-Region set, as of the Region of that one."""
    there = replace(call, request=replace(call.request, region=key.region))
    _judge(there, call.request.iam_action, key.arn, key)


def _judge(call: Call, action: str, resource: str, key: Key | None) -> None:
    owner = resource.split(":")[4] if resource.count(":") > 4 else call.account  # noqa: PLR2004 - the place in an ARN
    for denial in (*call.world.denials, *call.emulation.faults.denials):
        if _forbids(denial, call, owner, resource):
            raise refusal(call, action, resource, WHY[denial.kind])
    _ask_identity(call, action, resource, key)
    if key is not None:
        _ask_key(call, action, key)


def refusal(call: Call, action: str, resource: str | None, why: str = "") -> AwsError:
    subject = f"User: {call.caller.arn} is not authorized to perform: {action}"
    words = [subject, f"on resource: {resource}" if resource else "", why.format(action=action)]
    message = " ".join(word for word in words if word)
    if call.request.service in {"sts", "iam", "s3"}:
        return AwsError("AccessDenied", message, 403)
    return AwsError("AccessDeniedException", message, 403 if call.request.service == "account" else 400)


def context(call: Call) -> dict[str, str]:
    """The condition keys of a request."""
    caller = call.caller
    known = {
        "aws:PrincipalArn": f"arn:aws:iam::{caller.account}:role/{caller.role}" if caller.role else caller.arn,
        "aws:PrincipalAccount": caller.account,
        "aws:RequestedRegion": call.region,
    }
    if caller.account in call.world.accounts:
        known["aws:PrincipalOrgID"] = call.world.organization.id
    if caller.source_identity:
        known["aws:SourceIdentity"] = caller.source_identity
    if call.request.action == "AssumeRole":
        owners = str(call.parameters.get("RoleArn", "")).split(":")[4:5]
        if owners and owners[0] in call.world.accounts:
            known["aws:ResourceOrgID"] = call.world.organization.id
    known |= {f"aws:PrincipalTag/{name}": value for name, value in caller.tags.items()}
    if (period := call.parameters.get("RotationPeriodInDays")) is not None:
        known["kms:RotationPeriodInDays"] = str(period)
    if (region := call.parameters.get("PrimaryRegion")) is not None:
        known["kms:PrimaryRegion"] = str(region)
    return known


def _key_in_hand(call: Call) -> Key | None:
    """The key that the call is about; a name that leads nowhere is the operation's to refuse."""
    if call.request.service != "kms" or "KeyId" not in call.parameters:
        return None
    try:
        return call.key()
    except AwsError:
        return None


def _resource(call: Call) -> str:
    if call.request.action == "AssumeRole":
        return str(call.parameters.get("RoleArn", "*"))
    if call.request.action == "SimulatePrincipalPolicy":
        return str(call.parameters.get("PolicySourceArn", "*"))
    identifier = call.parameters.get("KeyId")
    if call.request.service != "kms" or not isinstance(identifier, str) or call.request.iam_action in ASK_NO_KEY:
        return "*"
    if identifier.startswith("arn:"):
        return identifier
    name = identifier if identifier.startswith("alias/") else f"key/{identifier}"
    return f"arn:aws:kms:{call.region}:{call.account}:{name}"


def _forbids(denial: Denial, call: Call, owner: str, resource: str) -> bool:
    return (
        fnmatchcase(owner, denial.account)
        and fnmatchcase(call.region, denial.region)
        and matches_action(call.request.iam_action, denial.action)
        and fnmatchcase(resource, denial.resource)
        and fnmatchcase(call.caller.role or "", denial.role)
    )


def _ask_identity(call: Call, action: str, resource: str, key: Key | None) -> None:
    caller = call.caller
    policies = caller.policies
    if caller.role is not None:
        role = call.world.roles.get((caller.account, caller.role))
        if role is None:
            # The session of a role that is gone.
            raise invalid_token(call.request.service)
        policies = role.policies
    known = context(call)
    for kind, asked, past_silence in (
        ("identity-based", policies, {"*", known["aws:PrincipalArn"]}),
        ("session", None if caller.session_policy is None else (caller.session_policy,), {"*"}),
    ):
        if asked is None:
            continue
        said = effect(asked, action, resource, known)
        article = "an " if kind.startswith("i") else "a "
        policy = f"{kind} policy"
        if said is Effect.DENY:
            raise refusal(call, action, resource, f"with an explicit deny in {article}{policy}")
        if said is Effect.SILENT and not _grants_to(past_silence, key, action, known):
            raise refusal(call, action, resource, f"because no {policy} allows the {action} action")


def _grants_to(names: set[str], key: Key | None, action: str, known: dict[str, str]) -> bool:
    """Whether a key's policy allows this to somebody whom it names so, and not to their account."""
    if key is None or key.account_id != known["aws:PrincipalAccount"] or action in ASK_NO_KEY:
        return False
    statements = [each for each in json.loads(key.policy)["Statement"] if names & principals(each)]
    return effect([{"Statement": statements}], action, key.arn, known) is Effect.ALLOW


def _ask_key(call: Call, action: str, key: Key) -> None:
    foreign = key.account_id != call.account
    if foreign and call.request.action not in TAKE_FOREIGN_KEYS:
        raise refusal(call, action, key.arn, "because no resource-based policy allows the {action} action")
    if action in ASK_NO_KEY:
        return
    if key.key_manager == "AWS":
        if not foreign and any(fnmatchcase(action, allowed) for allowed in AWS_MANAGED_ALLOWS):
            return
        raise refusal(call, action, key.arn, "because no resource-based policy allows the {action} action")
    policy: dict[str, Any] = json.loads(key.policy)
    said = effect([policy], action, key.arn, context(call))
    if said is Effect.DENY:
        raise refusal(call, action, key.arn, WHY["key-policy"])
    if said is Effect.SILENT:
        raise refusal(call, action, key.arn, "because no resource-based policy allows the {action} action")
