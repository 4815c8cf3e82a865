"""A call, an answer to it, and a refusal, whatever the protocol."""

from dataclasses import dataclass
from typing import Any

Parameters = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks what of which service, where. `account` is the caller's; a role's session belongs to its account."""

    account: str
    region: str
    service: str
    operation: str
    parameters: Parameters
    is_role: bool


class RefusedError(Exception):
    """AWS answers with an error."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class NoSuchOperationError(Exception):
    """The fake has no such operation."""


def denied(call: Call, action: str, why: str, resource: str = "") -> RefusedError:
    """Refuse as IAM does. https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html."""
    role = "assumed-role/KmsRotationAudit/audit" if call.is_role else "user/bot"
    where = f" on resource: {resource}" if resource else ""
    message = f"User: arn:aws:sts::{call.account}:{role} is not authorized to perform: {action}{where} {why}"
    return RefusedError("AccessDeniedException", message)


BY_SCP = "with an explicit deny in a service control policy"
BY_KEY_POLICY = "with an explicit deny in a resource-based policy"


def by_role(action: str) -> str:
    return f"because no identity-based policy allows the {action} action"
