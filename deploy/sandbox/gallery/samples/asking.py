"""Asking for rotation: the modal, what it turns into, and why nothing may have been asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.models.asking import Asked, Choice, Declined, Proposal, Terms
from bot.models.digests import OpenKey
from bot.models.keys import FailureKind, Finding, ReadFailure, RotationStatus
from bot.models.people import Actor
from bot.models.requests import ChangeKind, RequestState
from bot.remediate.making import already_asked
from bot.rules.code_lines import LOGICAL_ID
from bot.rules.period import SHORTEST_PERIOD_DAYS, BadPeriodError, read_period
from bot.views.ask import ask, ask_for_several, asked, asking, declined
from bot.views.names import KEYS_BLOCK, PERIOD_BLOCK
from bot.views.notice import say
from deploy.sandbox.gallery.asked import request_in
from deploy.sandbox.gallery.desk import Office
from deploy.sandbox.gallery.peers import Keys
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.samples.requests import approvers
from deploy.sandbox.gallery.things import (
    CHANNEL,
    JONAS,
    LAKE,
    MARA,
    ON,
    PLAY,
    POLICY,
    STRANGE_WORDS,
    TOO_LONG,
    UNRULED,
    denied,
    finding,
)
from deploy.sandbox.slack.people import OURS
from handlers.actions import OLD_BUTTON
from handlers.modals import CHOOSE

CALLED = (LOGICAL_ID, "CardVaultKey")
MULTI_REGION = "arn:aws:kms:eu-central-1:111111111111:key/mrk-0123456789abcdef0123456789abcdef"


def modals() -> Iterator[Sample]:
    for name, found in {
        "by hand": finding(),
        "period too long": finding(status=TOO_LONG),
        "managed by Terraform": finding(managed_by="Terraform"),
        "managed by a stack": finding(managed_by="CloudFormation stack card-vault-prod", tags=(CALLED,)),
        "managed by Pulumi": finding(managed_by="Pulumi"),
        "multi-Region": finding(arn=MULTI_REGION),
        "no alias": finding(aliases=()),
        **{f"{kind} words": finding(words, managed_by=words.manager) for kind, words in STRANGE_WORDS.items()},
    }.items():
        yield shown(name, Surface.MODAL, "The form").by(ask, _proposal(found))
    yield shown(
        "no such period", Surface.MODAL, "A number that the policy does not allow", errors={PERIOD_BLOCK: _bad("1000")}
    ).by(ask, _proposal(finding()))
    yield shown("some beforehand", Surface.MODAL, "A rule asks for no approval of some keys").by(
        ask, replace(_proposal(finding()), may_be_at_once=True)
    )
    for name, choice in _choices().items():
        yield shown(name, Surface.MODAL, "The form for several keys").by(ask_for_several, choice)
    nothing = {KEYS_BLOCK: CHOOSE}
    yield shown("several, none chosen", Surface.MODAL, "Sent without a choice", errors=nothing).by(
        ask_for_several, _choices()["several"]
    )
    yield shown("sent", Surface.MODAL, "While the key is read").by(asking)
    one, two = request_in(RequestState.PENDING), request_in(RequestState.PENDING, account=LAKE, required=2)
    yield shown("asked", Surface.MODAL, "The request is made").by(asked, Asked(one, approvers(one)))
    yield shown("asked, two needed", Surface.MODAL, "Two approvals").by(asked, Asked(two, approvers(two)))
    beforehand = request_in(RequestState.APPROVED, account=PLAY, required=0)
    yield shown("asked, approved beforehand", Surface.MODAL, "A rule asks for no approval").by(
        asked, Asked(beforehand, approvers(beforehand))
    )
    left_out = ("“payments/ledger-db”: Nothing was asked for: the key rotates already. Rotates every 365 days.",)
    for name, sentences in {"one left out": left_out, "many left out": left_out * 30}.items():
        yield shown(f"asked, {name}", Surface.MODAL, "Some keys need it no more").by(
            asked, Asked(one, approvers(one), sentences)
        )
    for kind, words in STRANGE_WORDS.items():
        strange = request_in(RequestState.PENDING, words=words)
        yield shown(f"asked, {kind} words", Surface.MODAL, f"A name: {kind}").by(
            asked, Asked(strange, approvers(strange))
        )


def _choices() -> dict[str, Choice]:
    def choice(findings: Sequence[Finding], hidden: int = 0) -> Choice:
        keys = tuple(OpenKey.of(each, handle=f"k{number:016x}") for number, each in enumerate(findings))
        return Choice("team=payments", keys, hidden, 365, SHORTEST_PERIOD_DAYS, 365)

    several = [finding(), finding(aliases=("alias/payments/refund-queue",), managed_by="Terraform")]
    two_tools = [*several, finding(number=3, managed_by="CloudFormation stack ledger-prod")]
    strange = {f"several, {kind} words": choice([finding(words)] * 2) for kind, words in STRANGE_WORDS.items()}
    return {
        "several": choice(several),
        "several, of two tools": choice(two_tools),
        "several, the whole list": choice(several * 50, hidden=240),
        "several, too many": choice(several * 50, hidden=2400),
        **strange,
    }


def declines() -> Iterator[Sample]:
    readings: dict[str, RotationStatus | ReadFailure] = {
        "rotates already": ON,
        "denied": denied("kms:GetKeyRotationStatus"),
        "deleted meanwhile": ReadFailure(FailureKind.NOT_FOUND, "kms:DescribeKey", "NotFoundException", ""),
    }
    for name, reading in readings.items():
        office = Office(Keys(reading)).scanned([finding()])
        yield shown(name, Surface.MODAL, "The key, read anew, does not need it").by(
            declined, _declined(office.asking.ask(Actor(MARA, OURS), (finding().arn,), Terms(365)))
        )
    office = Office().scanned([finding(account=UNRULED)])
    yield shown("no rule", Surface.MODAL, "Nobody could approve").by(
        declined, _declined(office.asking.ask(Actor(MARA, OURS), (finding(account=UNRULED).arn,), Terms(365)))
    )
    yield shown("unknown key", Surface.REPLY, "The last scan does not know the key").by(
        say, _declined(office.asking.propose("k1", None))
    )
    waiting = Office().scanned([finding()])
    waiting.requests.create(request_in(RequestState.PENDING), CHANNEL)
    yield shown("asked already", Surface.REPLY, "A request waits").by(
        say, _declined(waiting.asking.propose("k1", finding().arn))
    )
    yield shown("asked already, for something else", Surface.REPLY, "An exemption is asked for meanwhile").by(
        say, already_asked(request_in(RequestState.PENDING), ChangeKind.EXEMPT)
    )
    approved = Office().scanned([finding()])
    approved.requests.create(request_in(RequestState.APPROVED, approvers=[JONAS]), CHANNEL)
    yield shown("approved already", Surface.REPLY, "A request is carried out").by(
        say, _declined(approved.asking.propose("k1", finding().arn))
    )
    yield shown("old button", Surface.REPLY, "A button that this version does not know").by(say, OLD_BUTTON)


def _proposal(found: Finding) -> Proposal:
    return Proposal("k1", found, 365, SHORTEST_PERIOD_DAYS, POLICY.max_rotation_period_days)


def _bad(typed: str) -> str:
    try:
        read_period(typed, POLICY.max_rotation_period_days)
    except BadPeriodError as error:
        return str(error)
    raise AssertionError(f"{typed} is a period that may be set")


def _declined(answer: object) -> str:
    assert isinstance(answer, Declined)  # noqa: S101 - what this sample is about
    return answer.sentence
