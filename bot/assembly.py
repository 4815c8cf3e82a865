"""Wires the whole Slack app out of its parts. Only this room, `bot.app` and `bot.rulebook` build anything."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event
from zoneinfo import ZoneInfo

from slack_sdk import WebClient

from bot import check
from bot.app import build_scans, connect_aws, open_database
from bot.cron import cron_trigger
from bot.deliver import Delivery
from bot.digest import Audience, Digests
from bot.explain import Explaining
from bot.key import KeyLookup
from bot.listing import Listing
from bot.models.trail import SYSTEM, Act, Entry
from bot.operate import Operating
from bot.posture import Postures
from bot.present import Presenter
from bot.process import Changer, Courier, Process
from bot.remediate.ask import Asking
from bot.remediate.change import Remediation
from bot.remediate.decide import Deciding
from bot.remediate.facts import FactReader
from bot.remediate.hands import READ_BACK_WAITS
from bot.remediate.recheck import Recheck
from bot.roll import RollCall
from bot.rounds import SCAN, Rounds
from bot.rulebook import house_of
from bot.rules.filters import Filter
from bot.rules.verdict import Policy
from bot.scan.scanner import utc_now
from bot.schedule import Calendar, Job
from bot.settings import Settings, Slack, place_of
from bot.settings.load import DEFAULT_FILE
from bot.slack.client import web_client
from bot.slack.introduction import Introduction, introduce
from bot.slack.people import People
from bot.slack.posting import Poster
from bot.socket_mode import connect, make_app, make_listeners, make_socket
from bot.store.alone import Names
from bot.store.caps import Caps
from bot.store.digests import DigestStore
from bot.store.engine import Database
from bot.store.firings import Firings
from bot.store.handles import KeyHandles
from bot.store.key_facts import KeyFactStore
from bot.store.messages import MessageStore
from bot.store.requests import RequestStore
from bot.store.scans import ScanStore
from bot.store.trail import Trail
from bot.work import Crews
from handlers import Desk, register

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """What time it is, and how patiently a change is read back."""

    clock: Callable[[], datetime] = utc_now
    read_back_waits: Sequence[float] = READ_BACK_WAITS


def build_process(settings: Settings, stop: Event, timing: Timing | None = None) -> Process:
    """Wire the whole bot, after everything that must hold was found to hold. `stop` is set when it is to end.

    Raises UserError; nothing was started then.
    """
    if settings.slack is None:
        raise ValueError("the settings were read without Slack")
    client = web_client(settings.slack.bot_token, settings.slack.api_url)
    app_client = web_client(settings.slack.app_token, settings.slack.api_url)
    database = open_database(settings)
    refused = partial(check.refused, settings.approval.rules, partial(place_of, settings), People(client))
    us = introduce(client, app_client, _channels(settings), refused)
    ways = _Ways(settings.slack, client, app_client, us)
    return _Assembly(ways, settings, database, stop, timing or Timing()).process()


def _channels(settings: Settings) -> dict[str, str]:
    """Name every channel that the settings name, by the place where they do."""
    name = settings.path or DEFAULT_FILE
    channels = {f"{name}: slack.channel": settings.slack.channel} if settings.slack is not None else {}
    for number, route in enumerate(settings.digest.routes, start=1):
        channels[f"{name}: digest.route[{number}].channel"] = route.channel
    return channels


@dataclass(frozen=True, slots=True)
class _Ways:
    """The ways into Slack."""

    settings: Slack
    client: WebClient
    app_client: WebClient
    us: Introduction


class _Assembly:
    """The parts, made in the order in which they need each other."""

    def __init__(self, slack: _Ways, settings: Settings, database: Database, stop: Event, timing: Timing) -> None:
        self.slack, self.settings, self.database, self.stop = slack, settings, database, stop
        self.timing, self.clock = timing, timing.clock
        workspaces = frozenset(slack.settings.workspaces or (slack.us.team_id,))
        self.house = house_of(settings, workspaces)
        self.policy = Policy(settings.policy.max_rotation_period_days)
        self.aws = connect_aws(settings)
        self.scan_store, self.request_store = ScanStore(database), RequestStore(database)
        self.digest_store, self.message_store = DigestStore(database), MessageStore(database)
        self.handles, self.trail, self.firings = KeyHandles(database), Trail(database), Firings(database)
        self.people, self.poster = People(slack.client), Poster(slack.client)
        self.crews, self.names = Crews(), Names(database)
        self.scans = build_scans(settings, self.aws, self.scan_store, KeyFactStore(database))
        self.courier = Courier(self._delivery(), self.names.alone)
        self.facts = FactReader(self.aws.reader, self.aws.discovery, self.house)
        self.roll_call = RollCall(self.people, workspaces, self.clock)
        channel = slack.settings.channel
        self.deciding = Deciding(self.people, self.request_store, self.trail, self.house, channel, self.clock)
        self.changer = Changer(
            self.request_store, self._remediation(), self.crews.changing, self.courier.tell, self.names.alone
        )
        self.rounds = Rounds(
            self.scans, self.scan_store, self._digests(), self.pause, self.courier.tell, self.names.alone
        )

    def process(self) -> Process:
        listeners = make_listeners()
        app = make_app(self.slack.client, listeners)
        register(app, self._desk())
        socket = make_socket(app, self.slack.settings.app_token, self.slack.app_client)
        return Process(
            socket=socket,
            connect=partial(connect, socket),
            calendar=self._calendar(),
            courier=self.courier,
            changer=self.changer,
            deciding=self.deciding,
            crews=self.crews,
            stop=self.stop,
            stop_scan=self.scans.stop,
            first_scan=lambda: self.rounds.first_scan(SYSTEM),
            check_rules=self._check_rules,
            on_start=self._note_start,
            closing=(lambda: listeners.shutdown(wait=False, cancel_futures=True), self.database.close),
        )

    def pause(self, seconds: float) -> bool:
        return self.stop.wait(seconds)

    def _delivery(self) -> Delivery:
        open_keys = self.scan_store.open_keys
        presenter = Presenter(self.digest_store, self.request_store, self.house, open_keys, self.clock)
        return Delivery(self.message_store, self.poster, presenter.render, self.clock, self.pause)

    def _remediation(self) -> Remediation:
        return Remediation(
            requests=self.request_store,
            findings=self.scan_store,
            sessions=self.aws.remediator,
            policy=self.policy,
            channel=self.slack.settings.channel,
            recheck=Recheck(self.deciding.still_holds, self.facts, self.house, self.clock),
            clock=self.clock,
            pause=self.pause,
            read_back_waits=self.timing.read_back_waits,
        )

    def _digests(self) -> Digests:
        audiences = [Audience("default", self.slack.settings.channel, Filter())]
        for route in self.settings.digest.routes:
            scope = Filter(**route.match)
            audiences.append(Audience(_audience_name(route.channel, scope), route.channel, scope))
        return Digests(self.scan_store, self.digest_store, audiences, self.settings.digest.top, self.clock)

    def _desk(self) -> Desk:
        operating = Operating(self.people, self.trail, self.house, self.clock)
        return Desk(
            postures=Postures(self.scan_store, self.scans.progress),
            listing=Listing(self.scan_store, self.handles, self.request_store),
            lookup=KeyLookup(
                self.scan_store,
                self.aws.reader,
                self.request_store,
                self.handles,
                self.policy,
                self.aws.discovery.partition,
                self.clock,
            ),
            asking=Asking(
                people=self.people,
                requests=self.request_store,
                findings=self.scan_store,
                keys=self.aws.reader,
                record=self.trail,
                facts=self.facts,
                house=self.house,
                policy=self.policy,
                period_days=self.settings.policy.enable_with_period_days,
                channel=self.slack.settings.channel,
                clock=self.clock,
            ),
            deciding=self.deciding,
            explaining=Explaining(
                house=self.house,
                keys=self.aws.reader,
                organization=self.aws.discovery,
                roll_call=self.roll_call,
                caps=Caps(self.database),
                clock=self.clock,
            ),
            rounds=self.rounds,
            handles=self.handles,
            requests=self.request_store,
            messages=self.message_store,
            trail=self.trail,
            writer=self.poster,
            looking=self.crews.looking,
            deciding_crew=self.crews.deciding,
            may_look=operating.may_look,
            may_operate=operating.may,
            carry_out=self.changer.carry_out,
            settle=self.courier.tell,
        )

    def _calendar(self) -> Calendar:
        digest = self.settings.digest
        digest_trigger = cron_trigger(digest.schedule, ZoneInfo(digest.timezone))
        scan_trigger = cron_trigger(self.settings.scan.schedule, ZoneInfo("UTC"))
        jobs = (
            Job("scan", scan_trigger, lambda due_at: self.rounds.scan_since(due_at, SYSTEM)),
            Job("digest", digest_trigger, lambda due_at: self.rounds.digest(SYSTEM, since=due_at) is not None),
        )
        return Calendar(self.firings, jobs, self.clock, self.names.alone)

    def _note_start(self) -> None:
        with self.names.alone(SCAN) as none_runs:
            for scan in self.scans.recover() if none_runs else ():
                log.warning("The scan of %s was interrupted; what it read is kept.", scan.started_at)
        self.trail.record(Entry(self.clock(), SYSTEM, Act.BOT_STARTED, self.slack.us.bot_user_id))

    def _check_rules(self) -> None:
        """Say in the log what is wrong with what the rules name. It keeps nobody waiting, and stops nothing."""
        place = partial(place_of, self.settings)
        for remark in check.RuleCheck(self.house, place, self.roll_call, self.aws.discovery).run():
            log.log(_LEVELS[remark.weight], "%s", remark)


_LEVELS = {
    check.Weight.REFUSED: logging.ERROR,
    check.Weight.GRAVE: logging.ERROR,
    check.Weight.WARNING: logging.WARNING,
    check.Weight.UNREAD: logging.WARNING,
    check.Weight.NOTE: logging.INFO,
}


def _audience_name(channel: str, scope: Filter) -> str:
    """Name an audience by what it is, so that a change of the settings begins a digest of its own."""
    return f"{channel} {hashlib.sha256(str(scope).encode()).hexdigest()[:16]}"
