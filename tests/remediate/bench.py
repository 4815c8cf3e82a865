"""A change carried out on a real database and a real KMS, by a bot that can die before and after each effect."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app import Aws, connect_aws
from bot.models.approval import ApprovalRule, KeyFacts, Permitted
from bot.models.exemptions import ExemptionScope, ExemptionTerms
from bot.models.keys import ReadFailure
from bot.models.requests import Change, ChangeKind, ChangeState, Decision, DecisionKind, Request, RequestState
from bot.remediate.change import Remediation
from bot.remediate.facts import FactReader
from bot.remediate.recheck import Recheck
from bot.rules.house import House
from bot.rules.verdict import Policy
from bot.settings import load
from bot.store.engine import Database
from bot.store.exemptions import ExemptionStore
from bot.store.requests import RequestStore
from bot.store.scans import ScanStore
from deploy.sandbox.aws import AwsServer
from tests.store.databases import MakeUrl

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


CALLS = {ChangeKind.ENABLE_ROTATION: "EnableKeyRotation", ChangeKind.ROTATE_ON_DEMAND: "RotateKeyOnDemand"}
"""What each kind of change calls in AWS; an exemption calls nothing."""


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
    kind: ChangeKind = ChangeKind.ENABLE_ROTATION
    pause: Callable[[float], bool] = lambda _seconds: False

    @property
    def store(self) -> RequestStore:
        return RequestStore(self.database)

    def approved(self) -> Change:
        now = datetime.now(UTC)
        facts = KeyFacts(tags=(("team", "payments"),))
        days = 365 if self.kind is ChangeKind.ENABLE_ROTATION else 0
        change = Change("c1", "r1", self.arn, "k", "prod", ChangeState.QUEUED, days, self.kind, "all", facts)
        if self.kind is ChangeKind.EXEMPT:
            change = replace(change, exemption=ExemptionTerms(ExemptionScope(arn=self.arn), now + LATER))
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
            pause=self.pause,
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
    def rotations(self) -> int:
        """How often the key was rotated on demand."""
        history = self.aws_server.world.rotation(self.aws_server.world.find(self.arn)).history
        return sum(kind == "ON_DEMAND" for _, kind in history)

    @property
    def is_done(self) -> bool:
        """Whether AWS, or the database, holds what was asked for."""
        if self.kind is ChangeKind.EXEMPT:
            return len(ExemptionStore(self.database).active()) == 1
        return self.rotates if self.kind is ChangeKind.ENABLE_ROTATION else self.rotations > 0

    @property
    def successful_calls(self) -> int:
        names = CALLS if self.kind is ChangeKind.EXEMPT else {self.kind: CALLS[self.kind]}
        return sum(call.error is None for name in names.values() for call in self.aws_server.calls.named(name))

    def ended(self) -> Change:
        """The one change, once its request is done."""
        (request,) = self.store.in_state(RequestState.DONE)
        (change,) = request.changes
        return change


@pytest.fixture
def bench(tmp_path: Path, make_url: MakeUrl, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    with AwsServer(seed=False) as server:
        server.world.account(MEMBER, "prod")
        for name, value in server.environment(least_privilege=True).items():
            monkeypatch.setenv(name, value)
        configuration = tmp_path / "kms-rotation.toml"
        configuration.write_text(CONFIGURATION, encoding="utf-8")
        settings = load({"KMS_ROTATION_CONFIG": str(configuration)}, with_slack=False)
        database = Database(make_url("migrated"))
        yield Bench(
            server, connect_aws(settings), database, server.world.key(account=MEMBER, tags={"team": "payments"})
        )
        database.close()
