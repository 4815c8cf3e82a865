"""Who may approve: the rules as configured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """For the accounts that match (ids or name patterns), how many of which people must approve.

    Approvers are Slack user ids (`U…`, `W…`) or user group ids (`S…`). An empty list means nobody.
    """

    accounts: tuple[str, ...]
    approvers: tuple[str, ...]
    required: int = 1

    @property
    def users(self) -> frozenset[str]:
        return frozenset(approver for approver in self.approvers if not approver.startswith("S"))

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(approver for approver in self.approvers if approver.startswith("S"))
