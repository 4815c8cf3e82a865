"""Things to store."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

from bot.models.affairs import Affairs, EndingExemption, Mended, Waiting
from bot.models.digests import Delta, Digest, DigestContent, OpenKey
from bot.models.exemptions import ExemptionState
from bot.models.keys import Finding, Reason, Verdict
from bot.models.requests import Basis, Change, ChangeKind, ChangeState, Decision, DecisionKind, Request, RequestState
from bot.models.scans import EVERYWHERE, Coverage, CoverageStatus, Scan, ScanState, Summary
from bot.store.scans import ScanStore

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BERLIN, IRELAND, OHIO = "eu-central-1", "eu-west-1", "us-east-2"
ALPHA, BETA = "111111111111", "222222222222"
NAMES = {ALPHA: "prod-alpha", BETA: "prod-beta"}
CHANNEL = "C0SECURITY"

_numbers = count(1)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def fresh_id(prefix: str) -> str:
    """Make an id after all those before it: where nothing else decides, what is stored is told in the order of ids."""
    return f"{prefix}{next(_numbers):06}"


def arn_of(key: str, account: str = ALPHA, region: str = BERLIN) -> str:
    return f"arn:aws:kms:{region}:{account}:key/{key}"


def finding(key: str, account: str = ALPHA, region: str = BERLIN, *, minutes: float = 0, **changes: object) -> Finding:
    """Make a finding about a key without rotation, read so many minutes after noon."""
    plain = Finding(
        arn=arn_of(key, account, region),
        account=account,
        account_name=NAMES.get(account, account),
        region=region,
        aliases=(f"alias/{key}",),
        verdict=Verdict.NON_COMPLIANT,
        reason=Reason.ROTATION_DISABLED,
        message="Automatic rotation is off.",
        read_at=at(minutes),
        rotation_enabled=False,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # any field of a finding


def rotating(key: str, account: str = ALPHA, region: str = BERLIN, *, minutes: float = 0) -> Finding:
    return finding(
        key,
        account,
        region,
        minutes=minutes,
        verdict=Verdict.COMPLIANT,
        reason=Reason.ROTATION_ENABLED,
        message="Rotates every 365 days.",
        rotation_enabled=True,
        rotation_period_days=365,
        next_rotation=at(1000),
    )


def covered(account: str = ALPHA, region: str = BERLIN, keys: int = 1) -> Coverage:
    return Coverage(account, NAMES.get(account, account), region, CoverageStatus.SCANNED, keys)


def failed(account: str = ALPHA, region: str = EVERYWHERE, error: str = "The role cannot be assumed.") -> Coverage:
    return Coverage(account, NAMES.get(account, account), region, CoverageStatus.FAILED, 0, error)


def scan(*, minutes: float = 0, scope: str = "") -> Scan:
    return Scan(fresh_id("scan"), ScanState.RUNNING, at(minutes), scope=scope, started_by="U0LENA")


def run(
    store: ScanStore,
    found: Iterable[Finding] = (),
    read: Iterable[Coverage] = (),
    *,
    minutes: float = 0,
    scope: str = "",
) -> Scan:
    """Scan for one minute, in which no other scan may end: nobody could say which of the two is the current one."""
    started = scan(minutes=minutes, scope=scope)
    current = store.current()
    assert current is None or (current.finished_at, current.scope) != (at(minutes + 1), scope)
    store.begin(started)
    store.add(started.id, list(found), list(read))
    return store.finish(started.id, at(minutes + 1))


def change_of(key: str, request_id: str) -> Change:
    return Change(
        id=fresh_id("change"),
        request_id=request_id,
        arn=arn_of(key),
        key_name=f"alias/{key}",
        account_name=NAMES[ALPHA],
        state=ChangeState.QUEUED,
        period_days=365,
    )


def request_for(*keys: str, required: int = 1, minutes: float = 0) -> Request:
    request_id = fresh_id("request")
    return Request(
        id=request_id,
        state=RequestState.PENDING,
        requester="U0LENA",
        team_id="T0OURS",
        reason="The audit asks for it.",
        required=required,
        created_at=at(minutes),
        expires_at=at(minutes + 1440),
        changes=tuple(change_of(key, request_id) for key in keys),
    )


def enough(required: int) -> Callable[[Sequence[Decision]], bool]:
    """A rule that counts and does nothing else."""
    return lambda approvals: len(approvals) >= required


def approval(user_id: str, minutes: float = 1) -> Decision:
    return Decision(user_id, DecisionKind.APPROVE, at(minutes))


def open_key(key: str) -> OpenKey:
    return OpenKey.of(finding(key), handle=f"k{key}", open_since=at(-1440))


def digest_of(*keys: str, name: str = "daily", minutes: float = 0) -> Digest:
    """Make a digest that says something of everything that a digest can say."""
    content = DigestContent(
        as_of=at(minutes),
        summary=Summary(3, len(keys), 2, 1, 1),
        previous_summary=Summary(4, 0, 2, 0, 1),
        delta=Delta(new=tuple(f"alias/{key}" for key in keys), fixed=("alias/ä",), unread=('alias/"b"',)),
        top=tuple(open_key(key) for key in keys),
        open_total=len(keys),
        coverage_failures=(failed(), failed(BETA, OHIO)),
        unread_keys=(finding("unread", verdict=Verdict.INSUFFICIENT_DATA, reason=Reason.ACCESS_DENIED),),
        unread_total=1,
        scope="team=payments",
        made_on=date(2026, 3, 2),
        before_on=date(2026, 2, 27),
        affairs=Affairs(
            mended=(Mended("alias/m", "r1", "U0LENA", ("U0JONAS",), Basis.BREAK_GLASS, "U0AIKO"),),
            mended_total=2,
            fixed_elsewhere=("alias/ä",),
            waiting=(Waiting("r2", ChangeKind.EXEMPT, "U0LENA", at(minutes - 5), ("alias/w",), 3),),
            waiting_total=1,
            lapsing=(EndingExemption("e1", "alias/l", ExemptionState.ACTIVE, at(9000)),),
            lapsing_total=1,
            oldest=at(-1440),
            snoozed=1,
            snoozed_until=at(1440),
        ),
    )
    return Digest(fresh_id("digest"), name, CHANNEL, at(minutes), content)
