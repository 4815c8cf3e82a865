"""A KMS, an organisation and a Slack that answer from a table."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Event

from slack_sdk.webhook import WebhookResponse

from bot.models.keys import FailureKind, KeyMetadata, ReadFailure, Rotation, RotationStatus
from bot.models.messages import Attachment, Block, Rendered
from bot.models.people import LookupFailure, Person
from bot.models.scans import Account, Member, Progress, Scan
from bot.models.slack import Posted, SlackFailure, SlackFailureKind
from bot.models.staffing import UserGroup
from bot.rules.filters import Filter
from bot.scan import ScanRunningError
from bot.scan.plan import Wanted, make_plan
from deploy.sandbox.gallery.things import LAKE, LEGACY, OFF, PAYMENTS, metadata
from deploy.sandbox.slack.people import Person as Colleague
from deploy.sandbox.slack.people import default_groups, default_people

ACCOUNTS = (PAYMENTS, LAKE, LEGACY)


def person_of(colleague: Colleague) -> Person:
    return Person(
        user_id=colleague.id,
        team_id=colleague.team_id,
        deleted=colleague.deleted,
        is_bot=colleague.is_bot,
        is_restricted=colleague.is_restricted,
        is_ultra_restricted=colleague.is_ultra_restricted,
    )


@dataclass(frozen=True, slots=True)
class People:
    """Slack's people and user groups."""

    def person(self, user_id: str) -> Person | LookupFailure:
        for each in default_people():
            if each.id == user_id:
                return person_of(each)
        return LookupFailure("users.info", "user_not_found")

    def members(self, groups: Iterable[str]) -> Mapping[str, frozenset[str]] | LookupFailure:
        wanted = set(groups)
        return {group.id: frozenset(group.users) for group in default_groups() if group.id in wanted}

    def user_groups(self, wanted: Iterable[str]) -> Mapping[str, UserGroup | SlackFailure]:
        known = {each.id: UserGroup(each.id, each.handle, frozenset(each.users)) for each in default_groups()}
        return {each: known.get(each) or SlackFailure(SlackFailureKind.REFUSED, "no_such_subteam") for each in wanted}


@dataclass(frozen=True, slots=True)
class Keys:
    """KMS: every key is as `status` says, or cannot be read."""

    status: RotationStatus | ReadFailure = OFF

    def describe(self, arn: str) -> KeyMetadata | ReadFailure:
        if isinstance(self.status, ReadFailure) and self.status.kind is FailureKind.NOT_FOUND:
            return self.status
        return metadata(arn=arn)

    def rotation_status(self, arn: str) -> RotationStatus | ReadFailure:  # noqa: ARG002 - the same for each key
        return self.status

    def tags(self, arn: str) -> Mapping[str, str] | ReadFailure:  # noqa: ARG002 - the same for each key
        return {"team": "payments"}

    def aliases_of(self, arn: str) -> tuple[str, ...] | ReadFailure:  # noqa: ARG002 - the same for each key
        return ("alias/payments/card-vault",)

    def rotations(self, arn: str) -> list[Rotation] | ReadFailure:  # noqa: ARG002 - the same for each key
        return []


@dataclass(frozen=True, slots=True)
class Handles:
    """Opaque ids that are the same at every run."""

    def of(self, arns: Iterable[str]) -> dict[str, str]:
        return {arn: f"k{sha256(arn.encode()).hexdigest()[:16]}" for arn in arns}

    def arn(self, handle: str) -> str | None:
        return handle or None


@dataclass(frozen=True, slots=True)
class Directory:
    """The accounts and Regions of the organisation."""

    def own_account(self) -> str | ReadFailure:
        return ACCOUNTS[0].id

    def members(self, on_page: Callable[[int], None]) -> list[Member] | ReadFailure:
        on_page(len(ACCOUNTS))
        return [Member(account, "ACTIVE") for account in ACCOUNTS]

    def accounts_in(self, unit: str) -> list[str] | ReadFailure:  # noqa: ARG002 - of every unit
        return []

    def units_in(self, unit: str) -> list[str] | ReadFailure:  # noqa: ARG002 - of every unit
        return []

    def units_of(self, account_id: str) -> tuple[str, ...] | ReadFailure:  # noqa: ARG002 - of every account
        return ("ou-nw1x-prod0001", "r-nw1x")

    def tags_of(self, account: Account) -> dict[str, str] | ReadFailure:  # noqa: ARG002 - of every account
        return {}

    def open(self, account: Account) -> ReadFailure | None:  # noqa: ARG002 - every account
        return None

    def known_regions(self) -> frozenset[str]:
        return frozenset({"eu-central-1", "eu-west-1"})

    def enabled_regions(self, account: Account) -> list[str] | ReadFailure:  # noqa: ARG002 - of every account
        return ["eu-central-1", "eu-west-1"]

    def region_states(self, account: Account) -> dict[str, str] | ReadFailure:  # noqa: ARG002 - of every account
        return dict.fromkeys(self.known_regions(), "ENABLED")


@dataclass(frozen=True, slots=True)
class BusyScans:
    """A scan that runs already."""

    how_far: Progress

    def run(
        self,
        within: Filter,
        started_by: str,  # noqa: ARG002 - nobody's scan begins
        on_progress: Callable[[Progress], None] = lambda _: None,  # noqa: ARG002 - as above
    ) -> Scan:
        make_plan(Directory(), Wanted("organization", "enabled"), within, workers=1, stop=Event())
        raise ScanRunningError(self.how_far)

    def progress(self) -> Progress | None:
        return self.how_far

    def cancel(self, by: str) -> bool:  # noqa: ARG002 - nobody's scan ends
        return True


@dataclass(frozen=True, slots=True)
class Writer:
    """A Slack that takes everything."""

    def post(self, channel: str, message: Rendered, thread_ts: str | None = None) -> Posted | SlackFailure:  # noqa: ARG002 - Slack's
        return Posted(channel, "1772442000.000100")

    def update(self, channel: str, ts: str, message: Rendered) -> SlackFailure | None:  # noqa: ARG002 - Slack's
        return None

    def attach(self, channel: str, file: Attachment, thread_ts: str) -> str | SlackFailure:  # noqa: ARG002 - Slack's
        return "1772442000.000200"

    def whisper(self, channel: str, user: str, message: Rendered) -> SlackFailure | None:  # noqa: ARG002 - Slack's
        return None

    def open_modal(self, trigger_id: str, view: Block) -> SlackFailure | None:  # noqa: ARG002 - Slack's
        return None

    def update_modal(self, view_id: str, view: Block, known_hash: str | None = None) -> SlackFailure | None:  # noqa: ARG002 - Slack's
        return None

    def update_submitted(self, view_id: str, submitted_hash: str, view: Block) -> SlackFailure | None:  # noqa: ARG002 - Slack's
        return None

    def publish_home(self, user: str, view: Block, known_hash: str = "") -> str | SlackFailure:  # noqa: ARG002 - Slack's
        return "1772442000.h1"

    def link(self, channel: str, ts: str) -> str | None:  # noqa: ARG002 - Slack's
        return None


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Work that is done before anybody waits for it."""

    def submit(self, name: str, task: Callable[[], None], on_failure: Callable[[str], None] | None = None) -> None:  # noqa: ARG002 - a failure is the gallery's own
        task()


@dataclass
class Respond:
    """Bolt's way to answer one act, which keeps the answers."""

    response_url: str = "https://hooks.slack.com/commands/1"
    answers: list[Rendered] = field(default_factory=list)

    def __call__(self, *, text: str, blocks: list[Block], **_how: object) -> WebhookResponse:
        self.answers.append(Rendered(text, tuple(blocks)))
        return WebhookResponse(url=self.response_url, status_code=200, body="ok", headers={})
