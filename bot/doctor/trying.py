"""Trying each permission: lists in every Region, and reads of a few keys."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest

from bot.doctor.denials import BY_KEY_POLICY, denied
from bot.doctor.gateways import Keys, Session
from bot.doctor.lines import Check, Line, ok
from bot.models.keys import FailureKind, KeyMetadata, ReadFailure, denied_by
from bot.models.scans import Page, Target

PER_KEY = ("DescribeKey", "GetKeyRotationStatus", "ListResourceTags", "ListKeyRotations")

MOST_KEYS = 3
"""So many keys of an account are read, in different Regions first; each has a policy of its own."""

MOST_LOOKED_AT = 8
"""So many are looked at to find them: AWS's own keys, which ListKeys names as well, prove nothing."""

_OF_AWS = "alias/aws/"


@dataclass(frozen=True, slots=True)
class Trial:
    """One call that was made: the permission that it needs, on what, and what kept it from being answered."""

    permission: str
    place: str
    failure: ReadFailure | None


def list_all(keys: Keys, targets: Iterable[Target]) -> tuple[list[Sequence[str]], list[Trial]]:
    """List keys and aliases in each Region; return the ARNs of keys that may be customers', Region by Region."""
    found, trials = list[Sequence[str]](), list[Trial]()
    for target in targets:
        place = f" in {target.region}"
        listed, aliases = keys.list_keys(target), keys.list_aliases(target)
        trials.append(_trial("kms:ListKeys", place, listed))
        trials.append(_trial("kms:ListAliases", place, aliases))
        names = aliases.items if isinstance(aliases, Page) else ()
        of_aws = {key_id for key_id, name in names if name.startswith(_OF_AWS)}
        arns = listed.items if isinstance(listed, Page) else ()
        found.append([arn for arn in arns if arn.rpartition("/")[2] not in of_aws][:MOST_LOOKED_AT])
    return found, trials


def read_all(keys: Keys, found: Sequence[Sequence[str]]) -> tuple[list[str], list[Trial]]:
    """Make every read of a few customers' keys, and return which those are."""
    sample, trials = list[str](), list[Trial]()
    for arn in islice(_in_turn(found), MOST_LOOKED_AT):
        described = keys.describe(arn)
        if isinstance(described, KeyMetadata) and described.manager == "AWS":
            continue
        if isinstance(described, ReadFailure) and described.kind is FailureKind.NOT_FOUND:
            continue
        reads = {"DescribeKey": described, **_read(keys, arn)}
        trials += [_trial(f"kms:{call}", arn, answer) for call, answer in reads.items()]
        sample.append(arn)
        if len(sample) == MOST_KEYS:
            break
    return sample, trials


def session_reads(session: Session, arn: str) -> list[Trial]:
    """Read one key as is done before and after a change."""
    reads: Mapping[str, object] = {
        "DescribeKey": session.describe(),
        "GetKeyRotationStatus": session.rotation_status(),
        "ListKeyRotations": session.rotations(),
    }
    return [_trial(f"kms:{call}", arn, answer) for call, answer in reads.items()]


def lines_of(trials: Iterable[Trial], name: str, role: str) -> Iterator[Line]:
    """Say of each permission whether it is there; where not, of which Region or key, unless that is so everywhere."""
    tried: dict[str, list[Trial]] = {}
    for trial in trials:
        tried.setdefault(trial.permission, []).append(trial)
    allowed = [permission for permission, of_it in tried.items() if all(each.failure is None for each in of_it)]
    for permission in sorted(tried.keys() - allowed):
        yield from _failures(tried[permission], name, role)
    if allowed:
        yield ok(Check.PERMISSION, name, f"Allowed to {role}: {', '.join(sorted(allowed))}.")


def _failures(tried: Sequence[Trial], name: str, role: str) -> Iterator[Line]:
    causes = {None if each.failure is None else each.failure.sentence for each in tried}
    for each in tried:
        if each.failure is None:
            continue
        if len(causes) == 1 and not _is_the_keys(each.failure):
            yield denied(Check.PERMISSION, name, each.failure, role)
            return
        yield denied(Check.PERMISSION, _at(name, each.place), each.failure, role)


def _read(keys: Keys, arn: str) -> dict[str, object]:
    return {
        "GetKeyRotationStatus": keys.rotation_status(arn),
        "ListResourceTags": keys.tags(arn),
        "ListKeyRotations": keys.rotations(arn),
    }


def _trial(permission: str, place: str, answer: object) -> Trial:
    """Note a call. One that AWS refuses for another reason was permitted: it does not suit that kind of key, say."""
    is_telling = isinstance(answer, ReadFailure) and (
        answer.kind in {FailureKind.ACCESS_DENIED, FailureKind.THROTTLED} or not answer.is_answered
    )
    return Trial(permission, place, answer if is_telling and isinstance(answer, ReadFailure) else None)


def _is_the_keys(failure: ReadFailure) -> bool:
    return failure.kind is FailureKind.ACCESS_DENIED and denied_by(failure.detail) in BY_KEY_POLICY


def _at(name: str, place: str) -> str:
    """Name a Region of an account, or a key, whose ARN says where it is."""
    return place if place.startswith("arn:") else f"{name}{place}"


def _in_turn(found: Sequence[Sequence[str]]) -> Iterator[str]:
    """Take the first of each Region, then the second of each."""
    rounds = zip_longest(*found)
    return (arn for arn in chain.from_iterable(rounds) if arn is not None)
