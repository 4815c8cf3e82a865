"""What the samples are about: an organisation whose keys, people and moments are always the same."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.models.approval import ApprovalRule
from bot.models.digests import OpenKey
from bot.models.keys import FailureKind, Finding, Judgement, KeyMetadata, ReadFailure, RotationStatus, Verdict
from bot.models.scans import EVERYWHERE, Account, Coverage, CoverageStatus, Scan, ScanState, Summary
from bot.remediate.reading import Reading, read_again
from bot.rules.house import House
from bot.rules.verdict import Policy, judge, judge_failure
from bot.scan import sentences
from deploy.sandbox.slack.people import OURS

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MARA, JONAS, AIKO, CISO = "U0MARA", "U0JONAS", "U0AIKO", "U0PRIYA"
CHANNEL, KEY_ADMINS = "C0SECURITY", "S0KEYADMINS"
BERLIN, DUBLIN, SYDNEY = "eu-central-1", "eu-west-1", "ap-southeast-2"
PAYMENTS, LAKE = Account("111111111111", "prod-payments"), Account("444444444444", "data-lake")
LEGACY, UNRULED = Account("555555555555", "legacy-erp"), Account("666666666666", "acquired-shop")
PLAY, PARTNER = Account("777777777777", "play-lab"), Account("888888888888", "partner-portal")
POLICY = Policy()
LINK = "https://northwind.slack.com/archives/C0SECURITY/p1772442000000100"
HOUSE = House(
    frozenset({OURS}),
    (
        ApprovalRule("personal data", ("data-*",), approvers=(KEY_ADMINS,), required=2),
        ApprovalRule(
            "production",
            ("prod-*", PAYMENTS.id),
            approvers=(KEY_ADMINS,),
            quiet_approvers=(CISO,),
            break_glass=(JONAS,),
        ),
        ApprovalRule("legacy", ("legacy-*",)),
        ApprovalRule("playground", ("play-*",), required=0, daily_cap=20),
        ApprovalRule(
            "partners",
            ("partner-*",),
            requesters=(AIKO,),
            approvers=(KEY_ADMINS, JONAS),
            required=2,
            from_different_groups=True,
        ),
    ),
)


def later(**much: float) -> datetime:
    return NOW + timedelta(**much)


@dataclass(frozen=True)
class Words:
    """What others write: each of these may hold anything."""

    alias: str
    account: str
    reason: str
    team: str
    manager: str
    scope: str


_HOSTILE = "<!channel> <@U0JONAS> <https://evil.example|x> *b* _i_ ~s~ `c` & <script>alert(1)</script> :tada:"
PLAIN = Words(
    "payments/card-vault", PAYMENTS.name, "Finding 3.8 of the March audit", "payments", "Terraform", "account=prod-*"
)
STRANGE_WORDS = {
    "very long": Words(
        "n" * 250, "a" * 50, "why " * 124, "t" * 256, f"CloudFormation stack {'s' * 128}", f"alias={'f' * 1500}"
    ),
    "right to left": Words(
        "مدفوعات/خزنة-البطاقات", "إنتاج-המדפוסים", "התראה מהביקורת של מרץ", "مدفوعات", "تيرافورم", "alias=مفتاح*"
    ),
    "emoji": Words("🔑/👩🏽‍🚀", "🏦-🇩🇪", "🔥 :fire: now", "👨‍👩‍👧", "🤖", "team=👨‍👩‍👧"),
    "hostile": Words(_HOSTILE, _HOSTILE, _HOSTILE, _HOSTILE, _HOSTILE, f"alias={_HOSTILE.replace(' ', '')}"),
}


# Keys


def arn_of(number: int = 1, account: Account = PAYMENTS, region: str = BERLIN) -> str:
    return f"arn:aws:kms:{region}:{account.id}:key/{number:08x}-73de-4dcd-a07e-f908c2893{number:03x}"


def metadata(**changes: object) -> KeyMetadata:
    plain = KeyMetadata(
        arn=arn_of(),
        manager="CUSTOMER",
        spec="SYMMETRIC_DEFAULT",
        usage="ENCRYPT_DECRYPT",
        origin="AWS_KMS",
        state="Enabled",
        description="Encrypts stored card numbers",
        created_at=later(days=-900),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # any field of the metadata


OFF = RotationStatus(enabled=False)
ON = RotationStatus(enabled=True, period_days=365, next_rotation=later(days=213))
TOO_LONG = RotationStatus(enabled=True, period_days=730, next_rotation=later(days=400))


def denied(permission: str, by: str = "with an explicit deny in a resource-based policy") -> ReadFailure:
    return ReadFailure(FailureKind.ACCESS_DENIED, permission, "AccessDeniedException", by)


def finding(
    words: Words = PLAIN,
    number: int = 1,
    *,
    status: RotationStatus | ReadFailure = OFF,
    account: Account | None = None,
    region: str = BERLIN,
    **changes: object,
) -> Finding:
    """A key as the scan found it; the verdict and its sentence are the rules' own."""
    place = account or Account(PAYMENTS.id, words.account)
    judgement = judge(metadata(), status, POLICY)
    plain = Finding(
        arn=arn_of(number, place, region),
        account=place.id,
        account_name=place.name,
        region=region,
        aliases=(f"alias/{words.alias}{'' if number == 1 else f'-{number}'}",),
        verdict=judgement.verdict,
        reason=judgement.reason,
        message=judgement.message,
        read_at=later(minutes=-20),
        team=words.team,
        owner=words.team,
    )
    read = Reading(judgement, metadata(), None if isinstance(status, ReadFailure) else status)
    return replace(read_again(plain, read, plain.read_at), **changes)  # type: ignore[arg-type]  # any field


def judged(judgement: Judgement, **changes: object) -> Finding:
    said = finding(verdict=judgement.verdict, reason=judgement.reason, message=judgement.message)
    return replace(said, **changes)  # type: ignore[arg-type]  # any field of a finding


def unread(words: Words = PLAIN, number: int = 1, account: Account = LAKE) -> Finding:
    found = finding(words, number, account=account)
    judgement = judge_failure(denied("kms:GetKeyRotationStatus"))
    return replace(found, verdict=Verdict.INSUFFICIENT_DATA, reason=judgement.reason, message=judgement.message)


def open_key(words: Words = PLAIN, number: int = 1, since: datetime | None = NOW, **changes: object) -> OpenKey:
    return OpenKey.of(finding(words, number, **changes), handle=f"k{number}", open_since=since)  # type: ignore[arg-type]  # as above


def open_keys(count: int, words: Words = PLAIN, since: datetime | None = NOW) -> tuple[OpenKey, ...]:
    return tuple(open_key(words, number, since) for number in range(1, count + 1))


# Scans


SUMMARY = Summary(compliant=16, non_compliant=22, not_applicable=20, insufficient_data=1)


def scan(scope: str = "", *, summary: Summary = SUMMARY) -> Scan:
    started, ended = later(minutes=-22), later(minutes=-20)
    return Scan("7f3a9c2e1b5d8640", ScanState.FINISHED, started, ended, scope, JONAS, summary)


def closed(account: Account = LEGACY) -> Coverage:
    why = sentences.account_closed_to_us(denied("sts:AssumeRole", ""))
    return Coverage(account.id, account.name, EVERYWHERE, CoverageStatus.FAILED, 0, why)


def dark(account: Account = LAKE, region: str = SYDNEY) -> Coverage:
    why = sentences.keys_unknown(denied("kms:ListKeys", "with an explicit deny in a service control policy"))
    return Coverage(account.id, account.name, region, CoverageStatus.FAILED, 0, why)


def partly(account: Account = LAKE, region: str = BERLIN) -> Coverage:
    why = f"1 of 7 keys could not be read: {denied('kms:GetKeyRotationStatus').sentence}"
    return Coverage(account.id, account.name, region, CoverageStatus.PARTIAL, 7, why)


def covered(account: Account = PAYMENTS, region: str = BERLIN, keys: int = 13) -> Coverage:
    return Coverage(account.id, account.name, region, CoverageStatus.SCANNED, keys)


def lost() -> Coverage:
    why = sentences.accounts_unknown(denied(sentences.LIST_ACCOUNTS, "no identity-based policy allows it"))
    return Coverage(EVERYWHERE, EVERYWHERE, EVERYWHERE, CoverageStatus.FAILED, 0, why)
