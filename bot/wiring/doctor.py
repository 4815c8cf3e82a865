"""Wires the doctor: with as much of the settings as can be used."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event

from pydantic import SecretStr
from slack_sdk import WebClient

from bot.app import Aws, connect_aws
from bot.aws.examination import AwsExamination
from bot.check import RuleCheck
from bot.doctor.account import AccountChecks
from bot.doctor.app import MANIFEST_TOKEN
from bot.doctor.aws import AwsChecks
from bot.doctor.configuration import configuration_lines, signing_secret_line
from bot.doctor.database import DatabaseChecks
from bot.doctor.examination import OnProgress, Step, examine
from bot.doctor.lines import Check, Line, Status, not_tested
from bot.doctor.people import PeopleChecks
from bot.doctor.slack import APP_TOKEN, SlackChecks
from bot.doctor.verdict import hint_at_common_causes
from bot.doctor.workers import WorkerChecks
from bot.errors import ConfigurationError, Problem, UserError
from bot.models.examined import Introduced
from bot.models.keys import FailureKind, ReadFailure
from bot.owning import Owners
from bot.roll import RollCall
from bot.rulebook import MOST_CHECKED, house_of
from bot.rules.filters import Filter
from bot.settings import Settings, Slack, load, place_of
from bot.settings.spreading import WORKERS
from bot.slack.client import web_client
from bot.slack.examination import SlackExamination
from bot.slack.people import People
from bot.slack.scopes import BOT_SCOPES
from bot.store.engine import Database
from bot.store.examination import DatabaseExamination
from bot.store.processes import ProcessStore
from bot.store.scan_workers import WorkerStore
from bot.store.troubles import TroubleStore
from bot.wiring.channels import channels_of, edited_channels
from bot.wiring.marks import this_process

SECTIONS = ("configuration", "database", "slack", "aws")


@dataclass(frozen=True, slots=True)
class Doctor:
    """Everything that is to be looked at. `known` are lines that need no looking."""

    known: tuple[Line, ...]
    steps: tuple[Step, ...]
    stop: Event

    def examine(self, seconds: float, on_progress: OnProgress = lambda *_: None) -> list[Line]:
        """Look, for so many seconds at most. Raises BadFilterError where no account matches."""
        found = examine(self.steps, seconds=seconds, on_progress=on_progress, stop=self.stop)
        return hint_at_common_causes([*self.known, *found])


def build_doctor(
    environ: Mapping[str, str], sections: Collection[str], within: Filter, clock: Callable[[], datetime]
) -> Doctor:
    """Wire it. What the settings get wrong is told as lines, and the rest is looked at as far as they go."""
    settings, problems = _settings(environ, with_slack="slack" in sections or "configuration" in sections)
    known = configuration_lines(problems) if problems or "configuration" in sections else []
    if settings is None:
        known.append(not_tested(Check.DOCTOR, "everything else", "Not looked at: the configuration is of no use."))
        return Doctor(tuple(known), (), Event())
    surgery = _Surgery(settings, clock, Event(), _aws(settings))
    steps = list[Step]()
    if "database" in sections:
        steps += _database(settings, known)
    if "slack" in sections:
        steps += surgery.slack(environ, known)
    if "aws" in sections:
        steps += surgery.in_aws(within, known)
    return Doctor(tuple(known), tuple(steps), surgery.stop)


def _settings(environ: Mapping[str, str], *, with_slack: bool) -> tuple[Settings | None, tuple[Problem, ...]]:
    """Read the settings as a start does; where they are wrong, all problems, and what can be used without them."""
    problems: tuple[Problem, ...] = ()
    for wanted in (True, None, False) if with_slack else (False,):
        try:
            return load(environ, with_slack=wanted), problems
        except ConfigurationError as error:
            problems = problems or error.problems
    return None, problems


def _database(settings: Settings, known: list[Line]) -> list[Step]:
    try:
        database = Database(settings.database_url)
    except UserError as error:
        known.append(Line(Check.DATABASE, "DATABASE_URL", Status.FAILED, str(error), "Correct DATABASE_URL."))
        return []
    examination = DatabaseExamination(database)
    shared = WorkerChecks(WorkerStore(database), this_process(settings)) if settings.scan.spread == WORKERS else None
    return DatabaseChecks(examination, ProcessStore(database), TroubleStore(database), shared).steps()


def _aws(settings: Settings) -> Aws | UserError:
    try:
        return connect_aws(settings)
    except UserError as error:
        return error


@dataclass(frozen=True, slots=True)
class _Surgery:
    """What both Slack's and AWS's checks are made of."""

    settings: Settings
    clock: Callable[[], datetime]
    stop: Event
    aws: Aws | UserError

    def slack(self, environ: Mapping[str, str], known: list[Line]) -> list[Step]:
        slack = self.settings.slack
        if slack is None:
            known.append(not_tested(Check.BOT_TOKEN, "Slack", "Not looked at: there is no bot token to ask with."))
            return []
        over_http = slack.over_http
        client = web_client(slack.bot_token, slack.api_url)
        has_app_token = bool(slack.app_token and slack.app_token.get_secret_value())
        if over_http:
            known += signing_secret_line(is_set=slack.signing_secret is not None)
        elif not has_app_token:
            known.append(not_tested(Check.APP_TOKEN, APP_TOKEN, "Not looked at: it is not set as it should be."))
        examination = SlackExamination(
            client,
            web_client(slack.app_token, slack.api_url) if has_app_token else None,
            _with_token(environ.get(MANIFEST_TOKEN, "").strip(), slack),
            self.clock,
        )
        return SlackChecks(
            slack=examination,
            scopes=BOT_SCOPES,
            channels={place: channel for place, channel in channels_of(self.settings).items() if channel},
            workspaces=slack.workspaces,
            opens_sockets=has_app_token and not over_http,
            over_http=over_http,
            people=partial(self._people, People(client), slack),
            edited=partial(edited_channels, self.settings),
        ).steps()

    def _people(self, people: People, slack: Slack, us: Introduced) -> list[Step]:
        workspaces = frozenset(slack.workspaces or (us.team_id,))
        rules = RuleCheck(
            house_of(self.settings, workspaces),
            partial(place_of, self.settings),
            RollCall(people, workspaces, self.clock, MOST_CHECKED),
            _Unasked() if isinstance(self.aws, UserError) else self.aws.discovery,
            self.settings.visibility.rules,
        )
        owners = Owners(people, self.settings.owners.people, workspaces, self.clock)
        return PeopleChecks(rules.run, owners.unfound, place_of(self.settings, ("owners", "people"))).steps()

    def in_aws(self, within: Filter, known: list[Line]) -> list[Step]:
        if isinstance(self.aws, UserError):
            known.append(
                Line(Check.IDENTITY, "AWS", Status.FAILED, str(self.aws), "Until then nothing in AWS is looked at.")
            )
            return []
        scan, aws = self.settings.scan, self.aws
        examination = AwsExamination(aws.identity, aws.clients, self.clock)
        account = AccountChecks(
            directory=aws.discovery,
            keys=aws.reader,
            sessions=aws.remediator,
            aws=examination,
            audit_role=scan.audit_role,
            remediation_role=scan.remediation_role,
            period_days=self.settings.policy.enable_with_period_days,
            home=aws.identity.region,
        )
        return AwsChecks(
            aws=examination,
            directory=aws.discovery,
            account=account,
            accounts=scan.accounts,
            regions=scan.regions,
            selection=scan.selection,
            within=within,
            stop=self.stop,
        ).steps()


def _with_token(token: str, slack: Slack) -> WebClient | None:
    return web_client(SecretStr(token), slack.api_url) if token else None


class _Unasked:
    """Stands for an organisation that nobody can ask about its units."""

    def units_of(self, account_id: str) -> ReadFailure:
        detail = f"AWS was not asked about {account_id}."
        return ReadFailure(
            FailureKind.SERVICE_ERROR, "organizations:ListParents", "NotAsked", detail, is_answered=False
        )
