"""Rotating on demand: the modal, why nothing may have been asked for, and a request in each of its states."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from bot.models.asking import Asked, Declined, RotationProposal, Terms
from bot.models.keys import (
    FailureKind,
    KeyMetadata,
    MultiRegionRole,
    ReadFailure,
    Rotation,
    RotationStatus,
)
from bot.models.on_demand import ObstacleReason
from bot.models.people import Actor
from bot.models.requests import Change, ChangeKind, ChangeState, Request, RequestState
from bot.remediate.ask import Asking
from bot.rules.on_demand import MOST_ON_DEMAND
from bot.rules.verdict import judge
from bot.views.ask import asked, asking, declined
from bot.views.key import key_details
from bot.views.names import REASON_BLOCK
from bot.views.notice import say
from bot.views.request import request
from bot.views.result import result
from bot.views.rotate import rotate_now
from deploy.sandbox.gallery.asked import broken_glass, every_request, request_in
from deploy.sandbox.gallery.desk import Office
from deploy.sandbox.gallery.peers import Keys
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.samples.keys import details
from deploy.sandbox.gallery.samples.requests import LATE, SOON, approvers, waiting
from deploy.sandbox.gallery.things import (
    DUBLIN,
    MARA,
    OFF,
    ON,
    PLAIN,
    PLAY,
    POLICY,
    STRANGE_WORDS,
    Words,
    arn_of,
    denied,
    finding,
    judged,
    later,
    metadata,
)
from deploy.sandbox.slack.people import OURS
from handlers.modals import WHY_NOW

KIND = ChangeKind.ROTATE_ON_DEMAND
AT_IT = RotationStatus(enabled=False, on_demand_since=later(minutes=-3))
GONE = ReadFailure(FailureKind.NOT_FOUND, "kms:DescribeKey", "NotFoundException", "")
NO_ANSWER = ReadFailure(FailureKind.SERVICE_ERROR, "kms:RotateKeyOnDemand", "ReadTimeoutError", "", is_answered=False)
NEW_MATERIAL = "The key has had new key material since 2026-03-02 09:06 UTC. Read back from AWS."
RESULTS = {
    ChangeState.SUCCEEDED: NEW_MATERIAL,
    ChangeState.NOT_NEEDED: f"Nothing was called again: a rotation on demand shows by now. {NEW_MATERIAL}",
    ChangeState.FAILED: (
        f"Nobody knows whether AWS carried it out: {NO_ANSWER.sentence} The key does not show it so far."
    ),
}
UNDER_WAY = "AWS has been rotating the key since 2026-03-02 09:06 UTC. Read back from AWS."


@dataclass(frozen=True, slots=True)
class OneKey(Keys):
    """KMS: one key with its history."""

    key: KeyMetadata | ReadFailure = field(default_factory=metadata)
    history: tuple[Rotation, ...] | ReadFailure = ()

    def describe(self, arn: str) -> KeyMetadata | ReadFailure:  # noqa: ARG002 - the same for each key
        return self.key

    def rotations(self, arn: str) -> list[Rotation] | ReadFailure:  # noqa: ARG002 - the same for each key
        return self.history if isinstance(self.history, ReadFailure) else list(self.history)


def on_demand(times: int) -> tuple[Rotation, ...]:
    return tuple(Rotation(later(days=-times + number), is_on_demand=True) for number in range(times))


OBSTACLES: Mapping[ObstacleReason, OneKey] = {
    ObstacleReason.AWS_MANAGED: OneKey(key=metadata(manager="AWS")),
    ObstacleReason.KEY_SPEC: OneKey(key=metadata(spec="RSA_2048", usage="SIGN_VERIFY")),
    ObstacleReason.IMPORTED_KEY_MATERIAL: OneKey(key=metadata(origin="EXTERNAL")),
    ObstacleReason.CUSTOM_KEY_STORE: OneKey(key=metadata(origin="AWS_CLOUDHSM")),
    ObstacleReason.REPLICA_KEY: OneKey(
        key=metadata(multi_region_role=MultiRegionRole.REPLICA, primary_arn=arn_of(9, region=DUBLIN))
    ),
    ObstacleReason.KEY_DISABLED: OneKey(key=metadata(state="Disabled")),
    ObstacleReason.PENDING_DELETION: OneKey(key=metadata(state="PendingDeletion")),
    ObstacleReason.NOT_READY: OneKey(key=metadata(state="Updating")),
    ObstacleReason.DELETED: OneKey(key=GONE),
    ObstacleReason.LIMIT_REACHED: OneKey(history=on_demand(MOST_ON_DEMAND)),
    ObstacleReason.UNDER_WAY: OneKey(status=AT_IT),
    ObstacleReason.UNREAD: OneKey(history=denied("kms:ListKeyRotations")),
    ObstacleReason.UNKNOWN: OneKey(key=metadata(state="Hibernating")),
}


def rotation_modals() -> Iterator[Sample]:
    found = finding(status=ON)
    for name, used in {"used three times": 3, "never used": 0, "of an old button": None}.items():
        yield shown(name, Surface.MODAL, "The form").by(rotate_now, RotationProposal("k1", found, used))
    yield shown("no reason", Surface.MODAL, "Sent without one", errors={REASON_BLOCK: WHY_NOW}).by(
        rotate_now, RotationProposal("k1", found, 3)
    )
    for kind, words in STRANGE_WORDS.items():
        yield shown(f"{kind} words", Surface.MODAL, f"Names of others: {kind}").by(
            rotate_now, RotationProposal("k1", finding(words), 1)
        )
    yield shown("sent", Surface.MODAL, "While the key is read").by(asking, KIND)
    one = rotating(request_in(RequestState.PENDING))
    yield shown("asked", Surface.MODAL, "The request is made").by(asked, Asked(one, approvers(one)))
    beforehand = rotating(request_in(RequestState.APPROVED, account=PLAY, required=0))
    yield shown("asked, approved beforehand", Surface.MODAL, "A rule asks for no approval").by(
        asked, Asked(beforehand, approvers(beforehand))
    )
    for reason, keys in OBSTACLES.items():
        office = Office(keys).scanned([finding()])
        yield shown(str(reason), Surface.MODAL, "The key, read anew, may not be rotated", reason).by(
            declined, _asked_in_vain(office.asking), KIND
        )
    stored = judged(judge(metadata(state="Disabled"), None, POLICY))
    office = Office().scanned([stored])
    answer = office.asking.propose_rotation("k1", stored.arn, 0)
    yield shown("stale button", Surface.REPLY, "The last scan found it disabled").by(say, _sentence(answer))


def rotation_requests() -> Iterator[Sample]:
    every = every_rotation()
    for name, one in every.items():
        yield shown(name, Surface.CHANNEL, "One key").by(request, one, waiting(one), SOON)
    late = every["failed"]
    yield shown("failed, too late", Surface.CHANNEL, "The approval is not fresh").by(request, late, waiting(late), LATE)
    under_way = _told(every["done"], UNDER_WAY)
    yield shown("done, AWS still at it", Surface.CHANNEL, "No word of new material").by(
        request, under_way, waiting(under_way), SOON
    )
    broken = broken_glass(rotating(request_in(RequestState.DONE, ChangeState.SUCCEEDED)))
    yield shown("glass broken", Surface.CHANNEL, "Nobody waited for approvals").by(
        request, broken, waiting(broken), SOON
    )
    for name, one in every.items():
        if one.state is RequestState.DONE:
            yield shown(f"{name}, in the thread", Surface.THREAD, "What is told at the end").by(result, one)
    for kind, words in STRANGE_WORDS.items():
        strange = rotating(request_in(RequestState.PENDING, words=words))
        yield shown(f"{kind} words", Surface.CHANNEL, f"Names of others: {kind}").by(
            request, strange, waiting(strange), SOON
        )


def rotatable_keys() -> Iterator[Sample]:
    """One key in full, where something is to be said of rotations on demand."""
    off = details(judge(metadata(), OFF, POLICY), metadata(), OFF)
    for name, one in {
        "used three times": replace(off, rotations=on_demand(3)),
        "used up": replace(off, rotations=on_demand(MOST_ON_DEMAND)),
        "under way": replace(off, status=AT_IT, rotations=on_demand(1)),
        "history unread": replace(off, rotations=None),
    }.items():
        yield shown(f"on demand, {name}", Surface.REPLY, "Rotations on demand").by(key_details, one)
    for name, asked_for in every_rotation().items():
        yield shown(f"on demand, {name}", Surface.REPLY, "With its newest request").by(
            key_details, replace(off, request=asked_for)
        )


def every_rotation(words: Words = PLAIN) -> dict[str, Request]:
    return {name: rotating(each) for name, each in every_request(words).items()}


def rotating(asked_for: Request) -> Request:
    """The same request, for a rotation on demand."""
    return replace(asked_for, changes=tuple(_rotating(each) for each in asked_for.changes))


def _rotating(change: Change) -> Change:
    return replace(
        change, kind=KIND, period_days=0, result=RESULTS.get(change.state, change.result), next_rotation=None
    )


def _told(asked_for: Request, words: str) -> Request:
    return replace(asked_for, changes=tuple(replace(each, result=words) for each in asked_for.changes))


def _asked_in_vain(office: Asking) -> str:
    return _sentence(office.ask(Actor(MARA, OURS), (finding().arn,), Terms(reason=PLAIN.reason, kind=KIND)))


def _sentence(answer: object) -> str:
    assert isinstance(answer, Declined)  # noqa: S101 - what this sample is about
    return answer.sentence
