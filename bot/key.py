"""One key in full, read from AWS at the moment when somebody asks."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Protocol, TypeVar

from bot.models.exemptions import Exemption
from bot.models.keys import (
    Finding,
    KeyArn,
    KeyMetadata,
    MalformedArnError,
    ReadFailure,
    Rotation,
    RotationStatus,
)
from bot.models.posture import KeyDetails, Part
from bot.models.requests import Request
from bot.models.scans import Scan
from bot.remediate.reading import read_again, read_key
from bot.rules.filters import Filter
from bot.rules.progress import NOT_SCANNED
from bot.rules.sight import EVERYTHING, Sight
from bot.rules.verdict import Policy

MOST_CANDIDATES = 5
Answer = TypeVar("Answer")


class UnknownKeyError(ValueError):
    """No key, or more than one, goes by what was given; the message is a sentence that says what would help."""


class Findings(Protocol):
    """The last scan, and newer readings of its keys."""

    def current(self) -> Scan | None: ...

    def finding(self, scan_id: str, arn: str) -> Finding | None: ...

    def names(self, scan_id: str, arns: Iterable[str]) -> dict[str, tuple[str, str]]: ...

    def arns_called(self, scan_id: str, name: str, scope: Filter) -> list[str]: ...

    def names_near(self, scan_id: str, name: str, scope: Filter) -> set[str]: ...

    def record_reading(self, reading: Finding) -> Finding: ...


class Keys(Protocol):
    """KMS, read with the audit role."""

    def describe(self, arn: str) -> KeyMetadata | ReadFailure: ...

    def rotation_status(self, arn: str) -> RotationStatus | ReadFailure: ...

    def tags(self, arn: str) -> Mapping[str, str] | ReadFailure: ...

    def rotations(self, arn: str) -> list[Rotation] | ReadFailure: ...


class Requests(Protocol):
    """The requests that cover a key."""

    def newest_for(self, arns: Iterable[str]) -> Mapping[str, Request]: ...


class Handles(Protocol):
    """Opaque ids for keys."""

    def of(self, arns: Iterable[str]) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class KeyLookup:
    """Everything that looking a key up needs.

    `partition` is the AWS partition that the bot works in, `covering` finds the exemptions that cover a key.
    """

    findings: Findings
    keys: Keys
    requests: Requests
    handles: Handles
    policy: Policy
    partition: Callable[[], str | ReadFailure]
    clock: Callable[[], datetime]
    covering: Callable[[str], tuple[Exemption, ...]] = lambda _: ()

    def find(self, text: str, sight: Sight = EVERYTHING) -> Finding:
        """Find the key that goes by an ARN, an id or an alias in the last scan, of those that somebody may see.

        Raises UnknownKeyError, in the same words for a key that is hidden as for one that there is not.
        """
        scan = self.findings.current()
        if scan is None:
            raise UnknownKeyError(NOT_SCANNED)
        if text.startswith("arn:"):
            return self._by_arn(scan, text, sight)
        return self._by_name(scan, text, Filter().seen_by(sight))

    def names(self, arns: Iterable[str]) -> dict[str, str]:
        """Name each key that the last scan knows, and its account: “payments/card-vault (prod-payments)”."""
        return {arn: f"{name} ({account})" for arn, (name, account) in self.places(arns).items()}

    def places(self, arns: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Give the name of each key that the last scan knows, and that of its account."""
        scan = self.findings.current()
        return {} if scan is None else self.findings.names(scan.id, arns)

    def known(self, arn: str) -> Finding | None:
        """Return a key as it was last read."""
        scan = self.findings.current()
        return None if scan is None else self.findings.finding(scan.id, arn)

    def read(self, finding: Finding) -> KeyDetails:
        """Read a key anew, and let the last scan's finding know."""
        reading = read_key(self.keys, finding.arn, self.policy)
        now = self.clock()
        fresh = self.findings.record_reading(read_again(finding, reading, now))
        unread: list[Part] = []
        return KeyDetails(
            finding=fresh,
            handle=self.handles.of([finding.arn])[finding.arn],
            read_at=now,
            metadata=reading.metadata,
            status=reading.status,
            tags=_unless_failed(self.keys.tags(finding.arn), "Tags", unread),
            rotations=_rotations(self.keys.rotations(finding.arn), unread),
            request=self.requests.newest_for([finding.arn]).get(finding.arn),
            unread=tuple(unread),
            exemptions=self.covering(finding.arn),
        )

    def _by_arn(self, scan: Scan, text: str, sight: Sight) -> Finding:
        try:
            key = KeyArn.parse(text)
        except MalformedArnError as error:
            raise UnknownKeyError(
                "That is not the ARN of a KMS key; one looks like arn:aws:kms:eu-central-1:111122223333:key/1234abcd-…"
            ) from error
        partition = self.partition()
        if isinstance(partition, str) and key.partition != partition:
            raise UnknownKeyError(
                f"That key lies in the partition {key.partition}, and this bot works in {partition}. "
                "A bot of its own is needed there."
            )
        finding = None if sight.hides_key(str(key)) else self.findings.finding(scan.id, str(key))
        if finding is None:
            raise UnknownKeyError(
                f"The last scan found no such key in account {key.account}, {key.region}. "
                f"If it is new, `/kms-rotation scan account={key.account} region={key.region}` reads that part again."
            )
        return finding

    def _by_name(self, scan: Scan, text: str, seen: Filter) -> Finding:
        wanted = text.lower().removeprefix("alias/")
        arns = self.findings.arns_called(scan.id, wanted, seen)
        if len(arns) > 1:
            places = "\n".join(f"• {arn}" for arn in arns[:MOST_CANDIDATES])
            raise UnknownKeyError(f"{len(arns)} keys go by “{text}”. Give the ARN of one:\n{places}")
        finding = self.findings.finding(scan.id, arns[0]) if arns else None
        if finding is not None:
            return finding
        near = get_close_matches(wanted, sorted(self.findings.names_near(scan.id, wanted, seen)), 1)
        hint = f" Did you mean {near[0]}?" if near else " `/kms-rotation list` shows the open ones."
        raise UnknownKeyError(f"The last scan knows no key “{text}”.{hint}")


def _unless_failed(answer: Answer | ReadFailure, what: str, unread: list[Part]) -> Answer | None:
    if isinstance(answer, ReadFailure):
        unread.append(Part(what, answer.sentence))
        return None
    return answer


def _rotations(answer: list[Rotation] | ReadFailure, unread: list[Part]) -> tuple[Rotation, ...] | None:
    read = _unless_failed(answer, "History", unread)
    return None if read is None else tuple(read)
