"""AssumeRole and who the caller is. moto 5.2 lets anybody assume any role, present or not, and forgets its policy."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from unicodedata import category

from deploy.sandbox.aws.authorization import context, refusal
from deploy.sandbox.aws.call import Call
from deploy.sandbox.aws.identity import Principal, new_session_keys
from deploy.sandbox.aws.policy import Effect, effect
from deploy.sandbox.aws.roles import Role
from deploy.sandbox.aws.wire import AwsError, query_list

ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/(?:.*/)?([\w+=,.@-]+)")
NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
LONGEST_POLICY = 2048
LONGEST_TAG_KEY, LONGEST_TAG_VALUE, MOST_TAGS = 128, 256, 50
SHORTEST_SECONDS, CHAINED_SECONDS, LONGEST_SECONDS = 900, 3600, 3600


def assume_role(call: Call) -> Mapping[str, Any]:
    asked = call.parameters
    session_name = _name(asked, "RoleSessionName", required=True)
    source_identity = _name(asked, "SourceIdentity", required=False)
    _name(asked, "ExternalId", required=False, rule=EXTERNAL_ID)
    tags = _tags(asked)
    role = _trusting_role(call, tags)
    access_key, secret, token = new_session_keys()
    session = call.emulation.identities.add(
        Principal(
            account=role.account,
            arn=f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{session_name}",
            access_key=access_key,
            secret_key=secret,
            token=token,
            role=role.name,
            session_name=session_name,
            session_policy=_session_policy(asked.get("Policy")),
            source_identity=source_identity or call.caller.source_identity,
            tags=tags,
            expires=call.now + timedelta(seconds=_seconds(call)),
        )
    )
    answer = {
        "Credentials": {
            "AccessKeyId": access_key,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": session.expires,
        },
        "AssumedRoleUser": {"AssumedRoleId": f"AROASANDBOX:{session_name}", "Arn": session.arn},
    }
    return answer | ({"SourceIdentity": session.source_identity} if session.source_identity else {})


def get_caller_identity(call: Call) -> Mapping[str, Any]:
    caller = call.caller
    user = f"AROASANDBOX:{caller.session_name}" if caller.session_name else f"AIDA{caller.access_key.upper()}"
    return {"Arn": caller.arn, "UserId": user, "Account": caller.account}


def _trusting_role(call: Call, tags: Mapping[str, str]) -> Role:
    """The role, if it is there and trusts this caller in everything that is asked; AWS does not tell which it was."""
    arn = str(call.parameters.get("RoleArn", ""))
    found = ROLE_ARN.fullmatch(arn)
    if found is None:
        raise AwsError("ValidationError", f"{arn} is invalid")
    owner = call.world.accounts.get(found[1])
    role = call.world.roles.get((found[1], found[2])) if owner is not None and owner.state == "ACTIVE" else None
    actions = ["sts:AssumeRole"]
    actions += ["sts:TagSession"] if tags else []
    actions += ["sts:SetSourceIdentity"] if "SourceIdentity" in call.parameters else []
    known = context(call) | {"sts:RoleSessionName": str(call.parameters["RoleSessionName"])}
    for parameter, key in (("ExternalId", "sts:ExternalId"), ("SourceIdentity", "sts:SourceIdentity")):
        if parameter in call.parameters:
            known[key] = call.parameters[parameter]
    known |= {f"aws:RequestTag/{name}": value for name, value in tags.items()}
    for action in actions:
        if role is None or effect([role.trust], action, arn, known) is not Effect.ALLOW:
            raise refusal(call, action, arn)
        policies = call.caller.policies
        if policies is not None and effect(policies, action, arn, known) is not Effect.ALLOW:
            raise refusal(call, action, arn)
    if role is None:
        raise refusal(call, "sts:AssumeRole", arn)
    return role


def _name(asked: Mapping[str, Any], parameter: str, *, required: bool, rule: re.Pattern[str] = NAME) -> str | None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html."""
    value = asked.get(parameter)
    if value is None and not required:
        return None
    if not isinstance(value, str) or not rule.fullmatch(value):
        field = parameter[0].lower() + parameter[1:]
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {rule.pattern}",
        )
    return value


def _tags(asked: Mapping[str, Any]) -> dict[str, str]:
    """Session tags. https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html."""
    tags = {tag["Key"]: tag["Value"] for tag in query_list(asked, "Tags")}
    for place, longest, texts in (("key", LONGEST_TAG_KEY, tags.keys()), ("value", LONGEST_TAG_VALUE, tags.values())):
        for text in texts:
            if len(text) > longest:
                raise AwsError("ValidationError", f"tags.{place}: Member must have length at most {longest}")
            if not all(category(sign)[0] in "LZN" or sign in "_.:/=+-@" for sign in text):
                raise AwsError("ValidationError", f"tags.{place}: Member must satisfy regular expression pattern")
    if len(tags) > MOST_TAGS:
        raise AwsError("ValidationError", f"tags: Member must have length less than or equal to {MOST_TAGS}")
    return tags


def _session_policy(text: str | None) -> Mapping[str, Any] | None:
    if text is None:
        return None
    if len(text) > LONGEST_POLICY:
        raise AwsError("ValidationError", f"policy: Member must have length less than or equal to {LONGEST_POLICY}")
    try:
        policy: Mapping[str, Any] = json.loads(text)
    except ValueError as error:
        raise AwsError("MalformedPolicyDocument", f"This policy contains invalid Json: {error}") from error
    if "Statement" not in policy:
        raise AwsError("MalformedPolicyDocument", "Syntax errors in policy: Statement is missing.")
    return policy


def _seconds(call: Call) -> int:
    """Roles of the bot allow an hour at most, which is also what AWS allows a role that assumes a role."""
    seconds = int(call.parameters.get("DurationSeconds", CHAINED_SECONDS))
    if seconds < SHORTEST_SECONDS:
        raise AwsError("ValidationError", f"durationSeconds: Member must have value at least {SHORTEST_SECONDS}")
    if seconds > LONGEST_SECONDS:
        raise AwsError(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    return seconds
