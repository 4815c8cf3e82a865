"""A no, with its reason: by the rules, and by whoever was first."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from bot.models.approval import RefusalReason, Refused, RuledKey, Wish
from bot.models.asking import DailyCapError
from bot.models.people import Actor, LookupFailure, Standing
from bot.models.requests import ChangeState, Request, RequestState
from bot.models.scans import Account
from bot.remediate.decide import UNKNOWN_REQUEST, too_late
from bot.rules.approval import may_ask, may_decide, may_operate
from bot.views.notice import say
from deploy.sandbox.gallery.asked import change, every_request, request_in
from deploy.sandbox.gallery.peers import People
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.things import (
    AIKO,
    BERLIN,
    HOUSE,
    JONAS,
    KEY_ADMINS,
    LAKE,
    LEGACY,
    MARA,
    PARTNER,
    PAYMENTS,
    PLAY,
    STRANGE_WORDS,
    UNRULED,
    arn_of,
    later,
)
from deploy.sandbox.slack.people import OURS, default_people

SOON, LATE = later(minutes=10), later(days=2)
GUEST, STRANGER = "U0GUEST", "U0ELSE"
ADMINS = {KEY_ADMINS: frozenset({JONAS, AIKO})}


def refusals() -> Iterator[Sample]:
    yield from _deciding()
    yield from _asking()
    yield from _operating()


def late() -> Iterator[Sample]:
    """What somebody hears who pressed a button after somebody else."""
    approve, jonas = Wish.APPROVE, Actor(JONAS, OURS)
    for name, asked in every_request().items():
        if name != "waiting":
            yield shown(f"approving what is {name}", Surface.REPLY, "Jonas comes second").by(
                say, too_late(asked, jonas, approve)
            )
    by_aiko = request_in(RequestState.DENIED, closed_by=AIKO)
    yield shown("approving what somebody else denied", Surface.REPLY, "Jonas comes second").by(
        say, too_late(by_aiko, jonas, approve)
    )
    three = request_in(RequestState.PENDING, approvers=[JONAS], required=4)
    yield shown("approving twice", Surface.REPLY, "Two more are needed").by(say, too_late(three, jonas, approve))
    done = request_in(RequestState.DONE, ChangeState.SUCCEEDED, approvers=[JONAS])
    yield shown("trying again what did not fail", Surface.REPLY, "Nothing failed").by(
        say, too_late(done, jonas, Wish.RETRY)
    )
    again = request_in(RequestState.APPROVED, ChangeState.FAILED, approvers=[JONAS])
    yield shown("trying again what is tried again", Surface.REPLY, "Somebody was first").by(
        say, too_late(again, jonas, Wish.RETRY)
    )
    failed = request_in(RequestState.DONE, ChangeState.FAILED, approvers=[JONAS])
    yield shown("trying again at the same moment", Surface.REPLY, "It runs already").by(
        say, too_late(failed, jonas, Wish.RETRY)
    )
    yield shown("of another installation", Surface.REPLY, "The request is not in the database").by(say, UNKNOWN_REQUEST)


def _deciding() -> Iterator[Sample]:
    pending = request_in(RequestState.PENDING)
    unable = LookupFailure("usergroups.users.list", "ratelimited")
    for name, who, asked, wish, now in (
        ("own request, approving", _standing(MARA), pending, Wish.APPROVE, SOON),
        ("own request, denying", _standing(MARA), pending, Wish.DENY, SOON),
        ("not an approver", _standing(AIKO, {KEY_ADMINS: frozenset({JONAS})}), pending, Wish.APPROVE, SOON),
        ("not an approver, two needed", _standing(AIKO, {}), request_in(RequestState.PENDING, account=LAKE),
         Wish.APPROVE, SOON),
        ("guest", _standing(GUEST), pending, Wish.APPROVE, SOON),
        ("another workspace", _standing(STRANGER), pending, Wish.APPROVE, SOON),
        ("person unknown", Standing(Actor(JONAS, OURS), LookupFailure("users.info", "timeout")), pending,
         Wish.APPROVE, SOON),
        ("groups unknown", Standing(Actor(JONAS, OURS), People().person(JONAS), unable), pending, Wish.APPROVE, SOON),
        ("withdrawing another's request", _standing(JONAS), pending, Wish.WITHDRAW, SOON),
        ("approving too late", _standing(JONAS), pending, Wish.APPROVE, LATE),
        ("denying too late", _standing(JONAS), pending, Wish.DENY, LATE),
        ("trying again too late", _standing(JONAS), pending, Wish.RETRY, LATE),
        ("nobody named", _standing(JONAS), request_in(RequestState.PENDING, account=LEGACY), Wish.APPROVE, SOON),
        ("no rule", _standing(JONAS), request_in(RequestState.PENDING, account=UNRULED), Wish.APPROVE, SOON),
        ("not an approver of two rules", _standing(AIKO, {}), _under_two_rules(), Wish.APPROVE, SOON),
        ("approved beforehand by now", _standing(AIKO), request_in(RequestState.PENDING, account=PLAY),
         Wish.APPROVE, SOON),
        ("not to break the glass", _standing(AIKO), pending, Wish.BREAK_GLASS, SOON),
        ("no glass", _standing(JONAS), request_in(RequestState.PENDING, account=LAKE), Wish.BREAK_GLASS, SOON),
        ("breaking the glass too late", _standing(JONAS), pending, Wish.BREAK_GLASS, LATE),
    ):  # fmt: skip
        yield _refused(name, f"{who.actor.user_id} wants to {wish.value.lower()}", _no(who, asked, wish, now))


def _asking() -> Iterator[Sample]:
    mara = _standing(MARA)
    accounts: Mapping[str, Iterable[Account]] = {
        "no rule": [UNRULED],
        "nobody named": [LEGACY],
        "not a requester": [PARTNER],
        "the account's name unknown": [Account(PAYMENTS.id, PAYMENTS.id)],
        **{f"no rule, {kind} words": [Account(UNRULED.id, each.account)] for kind, each in STRANGE_WORDS.items()},
    }
    for name, concerned in accounts.items():
        refused = may_ask(HOUSE, mara, [RuledKey(arn_of(account=each), each, BERLIN) for each in concerned])
        assert isinstance(refused, Refused)  # noqa: S101 - what this sample is about
        yield _refused(f"asking, {name}", "Mara asks for a key", refused)
    capped = Refused(RefusalReason.DAILY_CAP, str(DailyCapError("playground", 20, 18)))
    yield _refused("asking, the day's cap", "Mara asks for three keys where two are left", capped)


def _under_two_rules() -> Request:
    changes = (change(ChangeState.QUEUED), change(ChangeState.QUEUED, number=2, account=LAKE))
    return replace(request_in(RequestState.PENDING), changes=changes)


def _operating() -> Iterator[Sample]:
    for wish in (Wish.START_SCAN, Wish.STOP_SCAN, Wish.SEND_DIGEST):
        refused = may_operate(HOUSE, _standing(MARA), wish)
        assert isinstance(refused, Refused)  # noqa: S101 - what this sample is about
        yield _refused(wish.value.lower().replace("_", " "), "Mara may not", refused)


def _no(who: Standing, asked: Request, wish: Wish, now: object) -> Refused:
    refused = may_decide(HOUSE, who, asked, wish, now)  # type: ignore[arg-type]  # a moment
    assert isinstance(refused, Refused)  # noqa: S101 - what this sample is about
    return refused


def _refused(name: str, shows: str, refused: Refused) -> Sample:
    return shown(name, Surface.REPLY, shows, refused.reason).by(say, refused.sentence)


def _standing(user: str, groups: Mapping[str, frozenset[str]] | None = None) -> Standing:
    team = next(each.team_id for each in default_people() if each.id == user)
    return Standing(Actor(user, team), People().person(user), ADMINS if groups is None else groups)
