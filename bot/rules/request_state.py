"""The state machine of requests and changes.

PENDING ── enough approvals ─> APPROVED ── every change final ─> DONE
   │                              ^                               │
   ├─ a denial ──> DENIED         └── retry, approval fresh ──────┘
   ├─ time ──────> EXPIRED
   └─ requester ─> CANCELLED

QUEUED ── claimed ─> EXECUTING ─> SUCCEEDED | FAILED | NOT_NEEDED;  FAILED ── retry ─> QUEUED
"""

from collections.abc import Iterable

from bot.models.requests import FINAL_CHANGE_STATES, ChangeState, RequestState

REQUEST_MOVES: frozenset[tuple[RequestState, RequestState]] = frozenset(
    {
        (RequestState.PENDING, RequestState.APPROVED),
        (RequestState.PENDING, RequestState.DENIED),
        (RequestState.PENDING, RequestState.EXPIRED),
        (RequestState.PENDING, RequestState.CANCELLED),
        (RequestState.APPROVED, RequestState.DONE),
        (RequestState.DONE, RequestState.APPROVED),
    }
)

CHANGE_MOVES: frozenset[tuple[ChangeState, ChangeState]] = frozenset(
    {
        (ChangeState.QUEUED, ChangeState.EXECUTING),
        (ChangeState.EXECUTING, ChangeState.SUCCEEDED),
        (ChangeState.EXECUTING, ChangeState.FAILED),
        (ChangeState.EXECUTING, ChangeState.NOT_NEEDED),
        (ChangeState.FAILED, ChangeState.QUEUED),
    }
)


def all_final(states: Iterable[ChangeState]) -> bool:
    return all(state in FINAL_CHANGE_STATES for state in states)
