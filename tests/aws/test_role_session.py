"""One session a role, renewed in good time by one thread, and a refusal that is not asked for again and again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier, Event
from traceback import walk_tb
from typing import TYPE_CHECKING

import pytest
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import ClientError, ConnectTimeoutError

from bot.aws.failures import AssumeRoleError, AwsError
from bot.aws.role_session import REFUSAL_SECONDS, RENEWED_AFTER, RoleSession, SessionKeys

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_SECONDS = 30
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "No."}}, "AssumeRole")
UNREACHABLE = ConnectTimeoutError(endpoint_url="https://sts.eu-central-1.amazonaws.com")


class Sts:
    """Hands out numbered sessions, as long as they are asked to be, or fails."""

    def __init__(self, seconds: float = 3600.0) -> None:
        self.now = 1_700_000_000.0
        self.seconds = seconds
        self.failure: AwsError | None = None
        self.asked = 0
        self.before_the_answer: Callable[[], object] = lambda: None

    def assume(self) -> SessionKeys:
        self.asked += 1
        self.before_the_answer()
        if self.failure is not None:
            raise self.failure
        ends_at = datetime.fromtimestamp(self.now + self.seconds, UTC)
        return SessionKeys(f"ASIA{self.asked}", "s3cr3t", "t0k3n", ends_at)

    def session(self) -> RoleSession:
        return RoleSession(self.assume, lambda: self.now)


@pytest.fixture
def sts() -> Sts:
    return Sts()


@pytest.mark.parametrize("minutes", [15, 20, 60, 12 * 60])
def test_a_session_is_had_once_and_renewed_after_three_quarters_of_its_time(minutes: int) -> None:
    """Also one of a quarter of an hour, which botocore's own credentials would renew at each call."""
    sts = Sts(minutes * 60)
    session = sts.session()
    begun, seen = sts.now, list[tuple[int, str | None]]()
    for second in range(0, minutes * 60, 10):
        sts.now = begun + second
        seen.append((second, session.keys().access_key))
    assert seen == [(second, "ASIA1" if second < minutes * 60 * RENEWED_AFTER else "ASIA2") for second, _ in seen]
    assert sts.asked == 2


def test_the_keys_are_those_of_the_session(sts: Sts) -> None:
    assert sts.session().keys() == ReadOnlyCredentials("ASIA1", "s3cr3t", "t0k3n")


def test_secrets_are_not_shown(sts: Sts) -> None:
    session = sts.session()
    session.keys()
    for shown in (repr(session._session), repr(sts.assume())):
        assert "s3cr3t" not in shown
        assert "t0k3n" not in shown


@pytest.mark.parametrize("failure", [DENIED, UNREACHABLE])
def test_a_renewal_that_fails_does_no_harm_while_the_session_lasts(sts: Sts, failure: AwsError) -> None:
    session, begun = sts.session(), sts.now
    session.keys()
    sts.failure = failure
    for second in range(2700, 3600, 5):
        sts.now = begun + second
        assert session.keys().access_key == "ASIA1"
    assert sts.asked == 1 + 900 / REFUSAL_SECONDS
    sts.now = begun + 3600
    with pytest.raises(AssumeRoleError) as raised:
        session.keys()
    assert raised.value.cause is failure


def test_a_refusal_is_remembered_for_a_while(sts: Sts) -> None:
    session, begun = sts.session(), sts.now
    sts.failure = DENIED
    for second in range(int(REFUSAL_SECONDS)):
        sts.now = begun + second
        with pytest.raises(AssumeRoleError):
            session.keys()
    assert sts.asked == 1
    sts.failure, sts.now = None, begun + REFUSAL_SECONDS
    assert session.keys().access_key == "ASIA2"


def test_whoever_begins_anew_asks_at_once(sts: Sts) -> None:
    session = sts.session()
    sts.failure = DENIED
    with pytest.raises(AssumeRoleError):
        session.keys()
    sts.failure = None
    session.forget_hindrance()
    assert session.keys().access_key == "ASIA2"


def test_a_remembered_refusal_holds_no_frames_and_grows_by_none(sts: Sts) -> None:
    session, depths = sts.session(), list[int]()
    sts.failure = DENIED
    for _ in range(5):
        with pytest.raises(AssumeRoleError) as raised:
            session.keys()
        depths.append(len(list(walk_tb(raised.value.__traceback__))))
        assert raised.value.cause.__traceback__ is None
    assert len(set(depths)) == 1


@pytest.mark.parametrize("failure", [None, DENIED])
def test_many_threads_that_meet_an_ended_session_ask_once(sts: Sts, failure: AwsError | None) -> None:
    session, begun = sts.session(), sts.now
    session.keys()
    sts.now, sts.failure = begun + 3600, failure
    barrier = Barrier(16)

    def use(_: int) -> str | None:
        barrier.wait(PATIENCE_SECONDS)
        try:
            return session.keys().access_key
        except AssumeRoleError:
            return "refused"

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(use, range(16))) == {"ASIA2" if failure is None else "refused"}
    assert sts.asked == 2


def test_nobody_waits_for_a_renewal_while_the_old_keys_are_good(sts: Sts) -> None:
    session, begun = sts.session(), sts.now
    session.keys()
    asked, answer = Event(), Event()

    def hold() -> None:
        asked.set()
        assert answer.wait(PATIENCE_SECONDS)

    sts.now, sts.before_the_answer = begun + 3000, hold
    with ThreadPoolExecutor(1) as threads:
        renewing = threads.submit(session.keys)
        assert asked.wait(PATIENCE_SECONDS)
        assert session.keys().access_key == "ASIA1"
        answer.set()
        assert renewing.result(PATIENCE_SECONDS).access_key == "ASIA2"


def test_a_session_that_aws_does_not_know_any_more_is_replaced_once(sts: Sts) -> None:
    session, begun = sts.session(), sts.now
    session.keys()
    assert [session.doubt("ASIA1") for _ in range(3)] == [True, True, True], (
        "the first replaced it, the others see that"
    )
    assert session.keys().access_key == "ASIA2"
    assert not session.doubt("ASIA2"), "a fresh one is no better: the reason lies elsewhere"
    assert sts.asked == 2
    sts.now = begun + REFUSAL_SECONDS
    assert session.doubt("ASIA2")
    assert sts.asked == 3


def test_a_session_whose_role_is_gone_is_refused_from_then_on(sts: Sts) -> None:
    session = sts.session()
    session.keys()
    sts.failure = DENIED
    for _ in range(3):
        assert session.doubt("ASIA1"), "a better reason is known"
        with pytest.raises(AssumeRoleError) as raised:
            session.keys()
        assert raised.value.cause is DENIED
    assert sts.asked == 2
