"""What all lines say together."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.doctor.lines import Check, Line, Status

_ALIKE = (
    "All accounts refuse alike, so begin with what they share: scan.external_id, scan.audit_role and "
    "scan.remediation_role as in the stacks, and the policy of deploy/aws/bot.yml at the bot's own role."
)


def hint_at_common_causes(lines: Sequence[Line]) -> list[Line]:
    """Where no account at all lets the bot in, the cause is one that they share."""
    of_roles = (line for line in lines if line.check in {Check.AUDIT_ROLE, Check.REMEDIATION_ROLE})
    roles = [line for line in of_roles if line.status is not Status.NOT_TESTED]
    accounts = {line.subject for line in roles}
    if len(accounts) == 1 or any(line.status is not Status.FAILED for line in roles):
        return list(lines)
    return [replace(line, remedy=_ALIKE) if line in roles else line for line in lines]


def statuses(lines: Iterable[Line]) -> dict[Status, int]:
    """Count the lines of each status, the gravest first, and leave out those of which there are none."""
    counts = dict.fromkeys(Status, 0)
    for line in lines:
        counts[line.status] += 1
    return {status: count for status, count in counts.items() if count}
