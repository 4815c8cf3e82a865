"""What the doctor asks of the database, of Slack and of AWS."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from bot.errors import Problem
from bot.models.examined import Caller, Introduced, Schema, Simulated
from bot.models.keys import KeyMetadata, ReadFailure, Rotation, RotationStatus
from bot.models.processes import RunningProcess
from bot.models.requests import Mandate
from bot.models.shares import ScanWorker
from bot.models.slack import SlackFailure
from bot.models.troubles import Trouble
from bot.scan.gateways import AccountDirectory, KeyReader


class DatabaseToExamine(Protocol):
    """A database. Every method raises UserError where it cannot be used."""

    @property
    def name(self) -> str: ...

    @property
    def is_there(self) -> bool: ...

    def schema(self) -> Schema: ...

    def write(self) -> None: ...

    def end_of_record(self) -> tuple[int, str | None]: ...


class Processes(Protocol):
    """The processes of the bot that share a database."""

    def running(self) -> Sequence[RunningProcess]: ...


class Workers(Protocol):
    """The workers that read scans which are shared out."""

    def alive(self) -> Sequence[ScanWorker]: ...


class Troubles(Protocol):
    """The channels that take no messages."""

    def lasting(self) -> Sequence[Trouble]: ...


class SlackToExamine(Protocol):
    """A workspace, asked with the bot's tokens; nothing is posted."""

    def introduce(self) -> Introduced | SlackFailure: ...

    def app_id(self, bot_id: str) -> str | SlackFailure: ...

    def app_token_failure(self) -> SlackFailure | None: ...

    def place_problem(self, place: str, named: str) -> Problem | None: ...

    def manifest(self, app_id: str) -> Mapping[str, object] | SlackFailure | None: ...


class Session(Protocol):
    """A session for one key in the remediation role."""

    def describe(self) -> KeyMetadata | ReadFailure: ...

    def rotation_status(self) -> RotationStatus | ReadFailure: ...

    def rotations(self) -> Sequence[Rotation] | ReadFailure: ...


class Sessions(Protocol):
    """Opens sessions in the remediation role."""

    def open(self, arn: str, mandate: Mandate) -> Session | ReadFailure: ...


class Directory(AccountDirectory, Protocol):
    """What a scan asks of the accounts and Regions, and the partition that they are in."""

    def partition(self) -> str | ReadFailure: ...


class Keys(KeyReader, Protocol):
    """What a scan reads of keys, and their history."""

    def rotations(self, arn: str) -> Sequence[Rotation] | ReadFailure: ...


class AwsToExamine(Protocol):
    """Who the bot is in AWS, how its clock stands to AWS's, and what IAM's simulator says."""

    def caller(self) -> tuple[Caller | ReadFailure, timedelta | None]: ...

    def simulate(
        self, arn: str, role: str, actions: Sequence[str], period_days: int
    ) -> Sequence[Simulated] | ReadFailure: ...
