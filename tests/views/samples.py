"""What views are made of: keys, requests and digests, in words of every kind."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.models.affairs import Affairs
from bot.models.digests import Delta, Digest, DigestContent, OpenKey
from bot.models.gaps import Gaps
from bot.models.keys import Finding, KeyMetadata, Reason, Rotation, RotationStatus, Verdict
from bot.models.posture import AccountPosture, KeyDetails, Part, Posture
from bot.models.requests import Change, ChangeState, Decision, Request, RequestState
from bot.models.scans import EVERYWHERE, Coverage, CoverageStatus, Progress, Scan, ScanState, Summary
from bot.rules.digest import MOST_NAMES
from tests.store.samples import BERLIN, approval, arn_of, at, finding

MARKER = "h0stile"
HOSTILE = f"{MARKER} <!channel> <@U0X> <!subteam^S0X> <#C0X> <https://evil.example|a> *b* ~s~ `c` & <script> :tada:"
ASKED_AT, APPROVED_AT, ENDED_AT, NEXT = at(0), at(5), at(6), at(525_600)
EXPIRES_AT = at(1440)


@dataclass(frozen=True)
class Words:
    """What others write: each of these may hold anything."""

    alias: str
    account: str
    sentence: str
    team: str
    manager: str
    scope: str


WORDS = {
    "ordinary": Words(
        "payments/card-vault",
        "prod-payments",
        "Automatic rotation is off.",
        "payments",
        "Terraform",
        "account=prod-*",
    ),
    "longest": Words(
        "n" * 250,
        "a" * 50,
        "m" * 3000,
        "t" * 256,
        f"CloudFormation stack {'s' * 128}",
        "alias=" + "f" * 1500,
    ),
    "right to left": Words(
        "مفتاح-المدفوعات", "إنتاج \u202eלחשבון", "הסיבוב האוטומטי כבוי.", "مدفوعات", "تيرافورم", "alias=مفتاح"
    ),
    "emoji": Words("🔑👩🏽‍🚀", "🏦🇩🇪 :bank:", "🔥 :fire: is off.", "👨‍👩‍👧", "🤖", "team=👨‍👩‍👧"),
    "hostile": Words(HOSTILE, HOSTILE, f"{HOSTILE}.", HOSTILE, HOSTILE, f"account={HOSTILE.replace(' ', '')}"),
}
ORDINARY = WORDS["ordinary"]


def open_finding(words: Words = ORDINARY, number: int = 0, **changes: object) -> Finding:
    found = finding(
        f"key-{number}",
        aliases=(f"alias/{words.alias}" if number == 0 else f"alias/{words.alias}-{number}",),
        account_name=words.account,
        message=words.sentence,
        team=words.team,
        managed_by=words.manager,
        owner=words.team,
    )
    return replace(found, **changes)  # type: ignore[arg-type]  # any field of a finding


def open_key(words: Words = ORDINARY, number: int = 0) -> OpenKey:
    return OpenKey.of(open_finding(words, number), handle=f"k{number}", open_since=at(-60 * 24 * 3))


def open_keys(words: Words, count: int) -> tuple[OpenKey, ...]:
    return tuple(open_key(words, number) for number in range(count))


def change(words: Words, state: ChangeState, number: int = 0) -> Change:
    is_final = state in {ChangeState.SUCCEEDED, ChangeState.FAILED, ChangeState.NOT_NEEDED}
    is_rotating = state in {ChangeState.SUCCEEDED, ChangeState.NOT_NEEDED}
    results = {
        ChangeState.SUCCEEDED: "Rotation is on, every 365 days. Read back from AWS.",
        ChangeState.NOT_NEEDED: "Nothing was changed: the key rotates already. Rotates every 365 days.",
        ChangeState.FAILED: "AWS refused the change: kms:EnableKeyRotation is denied (by the key policy).",
    }
    result = results.get(state, "") if words is ORDINARY else words.sentence
    return Change(
        id=f"c{number}",
        request_id="r1",
        arn=arn_of(f"key-{number}"),
        key_name=words.alias if number == 0 else f"{words.alias}-{number}",
        account_name=words.account,
        state=state,
        period_days=365,
        result=result if is_final else "",
        aws_request_id="aws-request-1" if state is ChangeState.SUCCEEDED else None,
        next_rotation=NEXT if is_rotating else None,
        finished_at=ENDED_AT if is_final else None,
    )


def request_in(
    state: RequestState,
    *changes: ChangeState,
    words: Words = ORDINARY,
    approvers: Sequence[str] = (),
    required: int = 1,
    closed_by: str | None = None,
) -> Request:
    """One change for each state that is given; one that waits in the queue where none is."""
    decisions: list[Decision] = [approval(each, 5) for each in approvers]
    return Request(
        id="r1",
        state=state,
        requester="U0MARA",
        team_id="T0OURS",
        reason="Audit on Monday" if words is ORDINARY else words.sentence,
        required=required,
        created_at=ASKED_AT,
        expires_at=EXPIRES_AT,
        changes=tuple(change(words, each, number) for number, each in enumerate(changes or (ChangeState.QUEUED,))),
        decisions=tuple(decisions),
        closed_by=closed_by,
        closed_at=at(7) if closed_by else None,
    )


def every_request(words: Words, keys: int = 1, approvers: Sequence[str] = ("U0JONAS",)) -> dict[str, Request]:
    """A request in each of its states, with so many keys."""

    def made(
        state: RequestState, change_state: ChangeState, given: Sequence[str], closer: str | None = None
    ) -> Request:
        states = [change_state] * keys
        return request_in(
            state, *states, words=words, approvers=given, required=len(approvers) + (not given), closed_by=closer
        )

    approved, done, queued = RequestState.APPROVED, RequestState.DONE, ChangeState.QUEUED
    return {
        "pending": made(RequestState.PENDING, queued, ()),
        "partly approved": replace(made(RequestState.PENDING, queued, approvers), required=len(approvers) + 1),
        "queued": made(approved, queued, approvers),
        "executing": made(approved, ChangeState.EXECUTING, approvers),
        "succeeded": made(done, ChangeState.SUCCEEDED, approvers),
        "not needed": made(done, ChangeState.NOT_NEEDED, approvers),
        "failed": made(done, ChangeState.FAILED, approvers),
        "denied": made(RequestState.DENIED, queued, (), "U0JONAS"),
        "cancelled": made(RequestState.CANCELLED, queued, (), "U0MARA"),
        "expired": made(RequestState.EXPIRED, queued, (), "kms-rotation"),
        "expired, partly approved": replace(
            made(RequestState.EXPIRED, queued, approvers, "kms-rotation"), required=len(approvers) + 1
        ),
    }


def failure(words: Words, number: int = 0, status: CoverageStatus = CoverageStatus.FAILED) -> Coverage:
    return Coverage(f"{number:012}", words.account, BERLIN, status, 0, words.sentence)


def scan(scope: str = "", finished_at: datetime | None = at(1)) -> Scan:  # noqa: B008 - a constant
    return Scan("s1", ScanState.FINISHED, at(0), finished_at, scope, "U0MARA")


def digest_of(
    words: Words = ORDINARY, *, top: int = 0, failures: int = 0, delta: Delta | None = None, **changes: object
) -> Digest:
    plain = DigestContent(
        as_of=at(1),
        summary=Summary(compliant=7, non_compliant=top),
        previous_summary=None if delta is None else Summary(compliant=6, non_compliant=top),
        delta=delta,
        top=open_keys(words, top),
        open_total=top,
        coverage_failures=tuple(failure(words, number) for number in range(failures)),
        unread_keys=(),
        unread_total=0,
        made_on=date(2026, 3, 2),
        before_on=None if delta is None else date(2026, 3, 1),
        affairs=Affairs() if delta is None else Affairs(fixed_elsewhere=delta.fixed[:MOST_NAMES]),
    )
    content = replace(plain, **changes)  # type: ignore[arg-type]  # any field of a content
    return Digest("d1", "main", "C0SECURITY", at(2), content)


def posture_of(
    words: Words = ORDINARY, *, accounts: int = 0, failures: int = 0, unread_keys: int = 0, **changes: object
) -> Posture:
    plain = Posture(
        scan=scan(),
        scope="",
        summary=Summary(compliant=7, non_compliant=accounts, insufficient_data=unread_keys),
        previous=None,
        worst=tuple(AccountPosture(f"{n:012}", words.account, Summary(1, 1)) for n in range(accounts)),
        gaps=Gaps.of(
            [failure(words, number) for number in range(failures)],
            [open_finding(words, n, verdict=Verdict.INSUFFICIENT_DATA) for n in range(unread_keys)],
        ),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # any field of a posture


def details_of(words: Words = ORDINARY, **changes: object) -> KeyDetails:
    metadata = KeyMetadata(
        arn=arn_of("key-0"),
        manager="CUSTOMER",
        spec="SYMMETRIC_DEFAULT",
        usage="ENCRYPT_DECRYPT",
        origin="AWS_KMS",
        state="Enabled",
        description=words.sentence,
        created_at=at(-1_000_000),
    )
    plain = KeyDetails(
        finding=open_finding(words),
        handle="k0",
        read_at=at(3),
        metadata=metadata,
        status=RotationStatus(enabled=False),
        tags={"team": words.team},
        rotations=(),
        request=None,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # any field of the details


def rotating_details(words: Words = ORDINARY, rotations: int = 1) -> KeyDetails:
    found = open_finding(
        words,
        verdict=Verdict.COMPLIANT,
        reason=Reason.ROTATION_ENABLED,
        next_rotation=NEXT,
        aliases=(f"alias/{words.alias}", f"alias/{words.alias}-too"),
    )
    return details_of(
        words,
        finding=found,
        status=RotationStatus(enabled=True, period_days=365, next_rotation=NEXT),
        tags={f"{words.team}{number}": words.team for number in range(50)},
        rotations=tuple(Rotation(at(-1000 * (rotations - number)), number % 2 == 1) for number in range(rotations)),
    )


def unread_details(words: Words = ORDINARY) -> KeyDetails:
    return details_of(
        words,
        finding=open_finding(words, verdict=Verdict.INSUFFICIENT_DATA),
        metadata=None,
        status=None,
        tags=None,
        rotations=None,
        unread=(Part("Tags", words.sentence), Part("History", words.sentence)),
    )


RUNNING = Progress(3, 10, 1234, 5678, 5, 5, 170.0)
ORGANISATION = Coverage(EVERYWHERE, EVERYWHERE, EVERYWHERE, CoverageStatus.FAILED, 0, "Nothing can be listed.")
