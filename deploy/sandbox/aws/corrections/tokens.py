"""Paging of Organizations and Account Management: `MaxResults` and `NextToken`; and who may ask Organizations."""

from collections.abc import Mapping, Sequence
from typing import Any

from deploy.sandbox.aws.call import Call
from deploy.sandbox.aws.wire import AwsError
from deploy.sandbox.aws.world import TOOLING_ACCOUNT


def admit(call: Call) -> None:
    """Let the management account and delegated administrators ask, and nobody else."""
    if call.account != TOOLING_ACCOUNT and call.account not in call.world.delegated:
        raise AwsError("AccessDeniedException", "You don't have permissions to access this resource.")


def page(call: Call, name: str, entries: Sequence[Any], limit: int) -> Mapping[str, Any]:
    """One page of `entries`. Where the lever says so it is empty and not the last: AWS does that."""
    token = call.parameters.get("NextToken") or "0"
    if not token.isdecimal():
        raise AwsError("InvalidInputException", "You specified an invalid value: the next token.")
    if call.emulation.faults.struck("empty_page", call.account, call.region, call.request.iam_action):
        # Another token for the same place: a client that is given the same one twice suspects a loop.
        return {name: [], "NextToken": "0" + token}
    start = int(token)
    answer: dict[str, Any] = {name: entries[start : start + limit]}
    return answer if start + limit >= len(entries) else answer | {"NextToken": str(start + limit)}
