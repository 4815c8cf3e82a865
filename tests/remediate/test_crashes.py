"""The bot dies between any two effects, and the next start finds out what is true.

Every effect of carrying a change out (on the database, STS and KMS) is counted, and the bot is stopped dead before and
after each of them in turn. Database and AWS are real; only the process that would be gone is replaced by a new one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app import Aws, connect_aws
from bot.models.approval import ApprovalRule, KeyFacts, Permitted
from bot.models.keys import ReadFailure
from bot.models.requests import Change, ChangeState, Decision, DecisionKind, Request, RequestState
from bot.remediate.change import Remediation
from bot.remediate.facts import FactReader
from bot.remediate.recheck import Recheck
from bot.rules.house import House
from bot.rules.verdict import Policy
from bot.settings import load
from bot.store.engine import Database
from bot.store.requests import RequestStore
from bot.store.scans import ScanStore
from bot.store.schema import upgrade
from bot.store.trail import Trail
from deploy.sandbox.aws import AwsServer

MEMBER = "111111111111"
CONFIGURATION = """
[scan]
accounts = ["111111111111"]
regions = ["eu-central-1"]
audit_role = "KmsRotationAudit"
remediation_role = "KmsRotationRemediate"
external_id = "sandbox-external-id"
"""
LATER = timedelta(hours=24)
HOUSE = House(frozenset({"T0OURS"}), (ApprovalRule("all", ("*",), tags=(("team", "*"),), approvers=("U0JONAS",)),))


class DiedError(BaseException):
    """Stands for SIGKILL: nothing in the bot catches it."""


@dataclass
class Fate:
    """Counts effects and strikes at one of them. Even numbers strike before an effect, odd ones after it."""

    strikes_at: int | None = None
    effects: list[str] = field(default_factory=list)

    def through(self, name: str, effect: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the effect answers
        number = len(self.effects)
        if self.strikes_at == 2 * number:
            raise DiedError
        answer = effect()
        self.effects.append(name)
        if self.strikes_at == 2 * number + 1:
            raise DiedError
        return answer


class Mortal:
    """Passes every method on, through a fate."""

    def __init__(self, inner: object, fate: Fate) -> None:
        self._inner = inner
        self._fate = fate

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it is
        method = getattr(self._inner, name)

        def passed_on(*args: object, **kwargs: object) -> Any:  # noqa: ANN401 - whatever it answers
            answer = self._fate.through(name, lambda: method(*args, **kwargs))
            is_session = name == "open" and not isinstance(answer, ReadFailure)
            return Mortal(answer, self._fate) if is_session else answer

        return passed_on


@dataclass
class Bench:
    aws_server: AwsServer
    aws: Aws
    database: Database
    arn: str

    @property
    def store(self) -> RequestStore:
        return RequestStore(self.database)

    def approved(self) -> Change:
        now = datetime.now(UTC)
        facts = KeyFacts(tags=(("team", "payments"),))
        change = Change("c1", "r1", self.arn, "alias/k", "prod", ChangeState.QUEUED, 365, rule="all", facts=facts)
        asked = Request("r1", RequestState.PENDING, "U0MARA", "T0OURS", "", 1, now, now + LATER, (change,))
        assert self.store.create(asked, "C0SECURITY")
        decision = Decision("U0JONAS", DecisionKind.APPROVE, now, capacities=("U0JONAS",))
        assert self.store.decide(asked, decision, required=1, rule="", is_enough=lambda _approvals: True)
        return change

    def remediation(self, fate: Fate) -> Remediation:
        mortal: Any = Mortal
        return Remediation(
            requests=mortal(self.store, fate),
            findings=mortal(ScanStore(self.database), fate),
            sessions=mortal(self.aws.remediator, fate),
            policy=Policy(),
            channel="C0SECURITY",
            recheck=Recheck(
                lambda _request: Permitted(HOUSE.rules),
                FactReader(self.aws.reader, self.aws.discovery, HOUSE),
                HOUSE,
                lambda: datetime.now(UTC),
            ),
            clock=lambda: datetime.now(UTC),
            pause=lambda _seconds: False,
            read_back_waits=(0.0,) * 5,
        )

    def start_again(self) -> None:
        """What the next process does first."""
        reborn = self.remediation(Fate())
        for change in self.store.executing():
            reborn.recover(change)
        for change in self.store.queued():
            reborn.carry_out(change)

    @property
    def rotates(self) -> bool:
        return self.aws_server.world.rotation(self.aws_server.world.find(self.arn)).enabled

    @property
    def successful_calls(self) -> int:
        return sum(call.error is None for call in self.aws_server.calls.named("EnableKeyRotation"))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    with AwsServer(seed=False) as server:
        server.world.account(MEMBER, "prod")
        for name, value in server.environment(least_privilege=True).items():
            monkeypatch.setenv(name, value)
        configuration = tmp_path / "kms-rotation.toml"
        configuration.write_text(CONFIGURATION, encoding="utf-8")
        settings = load({"KMS_ROTATION_CONFIG": str(configuration)}, with_slack=False)
        database = Database(f"sqlite:///{tmp_path / 'bot.sqlite3'}")
        upgrade(database)
        yield Bench(
            server, connect_aws(settings), database, server.world.key(account=MEMBER, tags={"team": "payments"})
        )
        database.close()


def lived_through(bench: Bench) -> list[str]:
    """The effects of a change that nothing interrupts."""
    fate = Fate()
    bench.remediation(fate).carry_out(bench.approved())
    return fate.effects


def test_the_effects_come_in_the_order_of_the_design(bench: Bench) -> None:
    effects = [each for each in lived_through(bench) if each not in {"current", "get"}]
    assert effects == [
        "claim",
        "open",
        "describe",
        "rotation_status",
        "note_call",
        "enable_rotation",
        "describe",
        "rotation_status",
        "conclude",
    ]


@pytest.mark.parametrize("strikes_at", range(2 * 14))
def test_death_at_any_point_repeats_nothing_and_loses_nothing(bench: Bench, strikes_at: int) -> None:
    change = bench.approved()
    fate = Fate(strikes_at)
    try:
        bench.remediation(fate).carry_out(change)
    except DiedError:
        bench.start_again()
    else:
        assert strikes_at >= 2 * len(fate.effects), "the bot should have died"
    (ended,) = bench.store.in_state(RequestState.DONE)
    (outcome,) = ended.changes
    assert bench.successful_calls <= 1
    assert (outcome.state is ChangeState.SUCCEEDED) == bench.rotates
    assert outcome.state in {ChangeState.SUCCEEDED, ChangeState.FAILED}
    assert Trail(bench.database).verify().fault is None
    if outcome.state is ChangeState.FAILED:
        assert bench.successful_calls == 0
        assert outcome.result == "The bot was interrupted while it changed this key. The key does not rotate as asked."


def test_dying_again_and_again_still_ends_in_the_truth(bench: Bench) -> None:
    change = bench.approved()
    with pytest.raises(DiedError):
        bench.remediation(Fate(2 * lived(bench, "enable_rotation") + 1)).carry_out(change)
    for strikes_at in range(2 * 8):
        for left in bench.store.executing():
            with pytest.raises(DiedError):
                bench.remediation(Fate(strikes_at)).recover(replace(left))
            break
        else:
            break
    bench.start_again()
    (ended,) = bench.store.in_state(RequestState.DONE)
    assert ended.changes[0].state is ChangeState.SUCCEEDED
    assert bench.rotates
    assert bench.successful_calls == 1


def lived(bench: Bench, effect: str) -> int:
    """The number of an effect in an undisturbed life, of another key with a database of its own."""
    folder = Path(str(bench.database.engine.url.database)).parent
    other = Database(f"sqlite:///{folder / 'other.sqlite3'}")
    upgrade(other)
    server = bench.aws_server
    twin = Bench(server, bench.aws, other, server.world.key(account=MEMBER, tags={"team": "payments"}))
    effects = lived_through(twin)
    other.close()
    server.calls.clear()
    return effects.index(effect)
