"""All services together: a call comes in, is counted, and is answered or refused."""

from typing import Any

from tests.benchmarks.fake_aws.answers import Call, NoSuchOperationError, RefusedError
from tests.benchmarks.fake_aws.counts import Counts
from tests.benchmarks.fake_aws.kms import Kms
from tests.benchmarks.fake_aws.levers import Levers
from tests.benchmarks.fake_aws.organization import Organization
from tests.benchmarks.fake_aws.sts import Sts
from tests.benchmarks.fake_aws.world import World


class Aws:
    """An organisation's AWS."""

    def __init__(self, world: World, levers: Levers) -> None:
        self._world = world
        self._kms = Kms(world, levers)
        self._sts = Sts(world)
        self._organization = Organization(world)
        self._counts = Counts()

    def answer(self, call: Call, now: float) -> dict[str, Any]:
        """Answer a call that comes at `now`, in seconds. Raises RefusedError and NoSuchOperationError."""
        action = f"{call.service}:{call.operation}"
        self._counts.calls[action] += 1
        try:
            return self._answer(call, action, now)
        except RefusedError as refusal:
            counter = self._counts.throttled if "Throttling" in refusal.code else self._counts.refused
            counter[action] += 1
            raise
        except NoSuchOperationError:
            self._counts.unknown[action] += 1
            raise

    def counts(self) -> Counts:
        self._counts.busiest = self._kms.quotas.busiest()
        return self._counts

    def _answer(self, call: Call, action: str, now: float) -> dict[str, Any]:
        if call.account not in self._world.accounts:
            raise RefusedError("UnrecognizedClientException", "The security token included in the request is invalid.")
        if call.service == "kms" and self._kms.knows(call.operation):
            return self._kms.answer(call, now)
        if action in self._sts.operations:
            return self._sts.operations[action](call)
        if action in self._organization.operations:
            return self._organization.answer(call)
        raise NoSuchOperationError(action)
