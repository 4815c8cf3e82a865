"""STS: who somebody is, and the way into an account. A session's access key names the account that it opens."""

import re
from typing import Any

from tests.benchmarks.fake_aws.answers import Call, RefusedError
from tests.benchmarks.fake_aws.world import ACTIVE, BOT_ACCOUNT, World

ROLE_PREFIX = "ASIA"
EXPIRES = "2099-01-01T00:00:00Z"
_ROLE = re.compile(r"arn:aws:iam::(\d{12}):role/([\w+=,.@/-]+)")

Answer = dict[str, Any]


def account_of(access_key: str) -> str:
    """Return the account whose credentials these are."""
    return access_key.removeprefix(ROLE_PREFIX) if access_key.startswith(ROLE_PREFIX) else BOT_ACCOUNT


class Sts:
    """Answers as https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html describes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.operations = {"sts:GetCallerIdentity": self._identity, "sts:AssumeRole": self._assume}

    def _identity(self, call: Call) -> Answer:
        if call.is_role:
            arn = f"arn:aws:sts::{call.account}:assumed-role/KmsRotationAudit/audit"
        else:
            arn = f"arn:aws:iam::{call.account}:user/bot"
        return {"Arn": arn, "UserId": "AIDABENCH", "Account": call.account}

    def _assume(self, call: Call) -> Answer:
        role_arn = str(call.parameters["RoleArn"])
        found = _ROLE.fullmatch(role_arn)
        account = self._world.accounts.get(found[1]) if found else None
        if found is None or account is None or account.state != ACTIVE or not account.has_role:
            caller = f"arn:aws:iam::{call.account}:user/bot"
            message = f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
            raise RefusedError("AccessDenied", message, 403)
        session = str(call.parameters["RoleSessionName"])
        return {
            "Credentials": {
                "AccessKeyId": f"{ROLE_PREFIX}{account.id}",
                "SecretAccessKey": "secret",
                "SessionToken": "token",
                "Expiration": EXPIRES,
            },
            "AssumedRoleUser": {
                "AssumedRoleId": f"AROABENCH:{session}",
                "Arn": f"arn:aws:sts::{account.id}:assumed-role/{found[2]}/{session}",
            },
        }
