"""What the fake AWS was asked."""

from collections import Counter
from dataclasses import dataclass, field, fields


@dataclass(slots=True)
class Counts:
    """Calls, throttled answers and other errors by `service:Operation`; `busiest` as shares of KMS's quotas.

    `unknown` are operations that the fake does not have: nobody's figures are worth anything while there are some.
    """

    calls: Counter[str] = field(default_factory=Counter)
    throttled: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    busiest: dict[str, float] = field(default_factory=dict)
    cpu: float = 0.0

    def as_dict(self) -> dict[str, object]:
        return {each.name: getattr(self, each.name) for each in fields(self)}
