"""What need not be read twice: AWS never changes a key's manager, spec, usage and origin.

Where these alone decide (keys that AWS manages, that are asymmetric, imported or in a custom key store), rotation will
never apply to the key, whatever else becomes of it, and a scan that finds it listed knows its verdict without a call.
Nothing else is taken from an earlier scan:

- A key that can rotate can be disabled, scheduled for deletion or made a replica at any moment, and only DescribeKey
  tells. Its rotation can be switched off at any moment, and only GetKeyRotationStatus tells, which in turn does not say
  whether a key is disabled or pending deletion: neither call stands for the other.
- CloudTrail would tell of changes, but delivers by best effort, and a trail can leave KMS's events out: no event is no
  proof that nothing happened. AWS Config's record has no period, and lags.
- A key that is not listed any more is gone, whatever is remembered of it.
"""

from collections.abc import Mapping, Sequence
from threading import Lock

from bot.models.keys import ImmutableFacts
from bot.models.scans import Target
from bot.scan.gateways import KeyMemory

BATCH = 500


class Forgetful:
    """Remembers nothing: every key is read anew."""

    def facts_of(self, target: Target) -> Mapping[str, ImmutableFacts]:  # noqa: ARG002 - the protocol's signature
        return {}

    def remember(self, facts: Sequence[ImmutableFacts]) -> None: ...
    def forget(self, arns: Sequence[str]) -> None: ...


class Learning:
    """Gathers what one scan learns, and hands it on in batches. Every method may be called from many threads."""

    def __init__(self, memory: KeyMemory) -> None:
        self._memory = memory
        self._lock = Lock()
        self._learnt: list[ImmutableFacts] = []

    def facts_of(self, target: Target) -> Mapping[str, ImmutableFacts]:
        return self._memory.facts_of(target)

    def learn(self, facts: ImmutableFacts) -> None:
        with self._lock:
            self._learnt.append(facts)
            if len(self._learnt) < BATCH:
                return
        self.flush()

    def forget(self, arns: Sequence[str]) -> None:
        if arns:
            self._memory.forget(arns)

    def flush(self) -> None:
        with self._lock:
            learnt, self._learnt = self._learnt, []
        if learnt:
            self._memory.remember(learnt)
