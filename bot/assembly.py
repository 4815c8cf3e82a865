"""Wires the whole Slack app out of its parts. Only this room, `bot.app` and `bot.rulebook` build anything."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event
from zoneinfo import ZoneInfo

from slack_sdk import WebClient

from bot import check
from bot.agenda import Agenda, build_digests, build_routing, inherit
from bot.app import build_scans, connect_aws, open_database
from bot.deliver import Delivery
from bot.drift import Drift
from bot.exempt_wiring import build_exempting, declare_exemptions
from bot.explain import Explaining
from bot.home import Homes
from bot.key import KeyLookup
from bot.listing import Listing
from bot.models.messages import Rendered
from bot.models.trail import SYSTEM, Act, Entry
from bot.operate import Operating
from bot.owning import Owners
from bot.personal import Ground, build_homes, build_snoozing, build_visibility
from bot.plotting import draw
from bot.posture import Postures
from bot.present import Presenter
from bot.process import Changer, Courier, Process
from bot.recent import RecentPeople
from bot.remediate.ask import Asking
from bot.remediate.change import Remediation
from bot.remediate.decide import Deciding
from bot.remediate.facts import FactReader
from bot.remediate.hands import READ_BACK_WAITS
from bot.remediate.recheck import Recheck
from bot.roll import RollCall
from bot.rounds import SCAN, Rounds
from bot.rulebook import house_of
from bot.rules.sight import Sight
from bot.rules.verdict import Policy
from bot.scan.scanner import utc_now
from bot.schedule import Calendar
from bot.setbacks import Setbacks
from bot.settings import Settings, Slack, place_of
from bot.settings.load import DEFAULT_FILE
from bot.slack.client import web_client
from bot.slack.introduction import Introduction, app_token_failure, bot_token_failure, introduce
from bot.slack.people import People
from bot.slack.posting import Poster
from bot.socket_mode import connect, make_app, make_listeners, make_socket
from bot.store.alone import Names
from bot.store.caps import Caps
from bot.store.digests import DigestStore
from bot.store.engine import Database
from bot.store.firings import Firings
from bot.store.handles import KeyHandles
from bot.store.history import History
from bot.store.key_facts import KeyFactStore
from bot.store.messages import MessageStore
from bot.store.pictures import PictureStore
from bot.store.requests import RequestStore
from bot.store.scans import ScanStore
from bot.store.trail import Trail
from bot.store.troubles import TroubleStore
from bot.store.undone import UndoneFixes
from bot.tokens import Ending, TokenWatch
from bot.trend import Illustrator, Trends
from bot.work import Crews
from handlers import Desk, register
from handlers.tabs import Tabs

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
    place, rules = partial(place_of, settings), settings.visibility.rules
    refused = partial(check.refused, settings.approval.rules, place, People(client), rules)
    us = introduce(client, app_client, _channels(settings), refused)
    courier = web_client(settings.slack.bot_token, settings.slack.api_url, waits=False)
    ways = _Ways(settings.slack, client, courier, app_client, us)
    return _Assembly(ways, settings, database, stop, timing or Timing()).process()


def _channels(settings: Settings) -> dict[str, str]:
    """Name every channel that the settings name, by the place where they do."""
    name = settings.path or DEFAULT_FILE
    channels = {f"{name}: slack.channel": settings.slack.channel} if settings.slack is not None else {}
    if settings.slack is not None and settings.slack.fallback is not None:
        channels[f"{name}: slack.fallback"] = settings.slack.fallback
    for number, route in enumerate(settings.digest.routes, start=1):
        channels[f"{name}: digest.route[{number}].channel"] = route.channel
    return channels


@dataclass(frozen=True, slots=True)
class _Ways:
    """The ways into Slack. The courier's own does not wait where Slack wants to be left alone: other messages go on."""

    settings: Slack
    client: WebClient
    courier: WebClient
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
        self.owners = Owners(self.people, settings.owners.people, workspaces, self.clock)
        self.fixes = UndoneFixes(database)
        self.drift = Drift(self.fixes, self.aws.reader, self.scan_store, self.policy, self.clock)
        self.courier_poster = Poster(slack.courier)
        self.trends = Trends(History(database), PictureStore(database), ZoneInfo(settings.digest.timezone))
        asking = partial(bot_token_failure, slack.courier), partial(app_token_failure, slack.app_client)
        self.tokens = TokenWatch(*asking, Ending(stop), self.clock)
        self.crews, self.names = Crews(), Names(database)
        self.operating = Operating(self.people, self.trail, self.house, self.clock)
        self.recent = RecentPeople(self.people, self.clock)
        self.visibility = build_visibility(settings, database, self.operating, self.recent)
        channel = slack.settings.channel
        self.routing = build_routing(settings, channel, slack.client, self.operating, database)
        self.snoozing = build_snoozing(settings, database, self.operating, self.routing)
        self.digests = build_digests(settings, self.routing, self.scan_store, self.digest_store, self.clock)
        self.scans = build_scans(settings, self.aws, self.scan_store, KeyFactStore(database))
        self.facts = FactReader(self.aws.reader, self.aws.discovery, self.house)
        self.asking = self._asking()
        self.exempting = build_exempting(settings, database, self.asking)
        self.courier = Courier(self._delivery(), self.names.alone)
        self.roll_call = RollCall(self.people, workspaces, self.clock)
        self.deciding = Deciding(self.people, self.request_store, self.trail, self.house, channel, self.clock)
        self.changer = Changer(
            self.request_store, self._remediation(), self.crews.changing, self.courier.tell, self.names.alone
        )
        self.rounds = Rounds(
            self.scans,
            self.scan_store,
            self.digests,
            self.pause,
            self.courier.tell,
            self.names.alone,
            lambda: self.crews.looking.submit("looking for undone fixes", self.look_for_undone),
            self.exempting.lapse_due,
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
            tokens=self.tokens,
            look_for_undone=self.look_for_undone,
            lapse=self.exempting.lapse_due,
            wake=self.snoozing.wake_due,
            on_start=self._note_start,
            closing=(lambda: listeners.shutdown(wait=False, cancel_futures=True), self.database.close),
        )

    def pause(self, seconds: float) -> bool:
        return self.stop.wait(seconds)

    def look_for_undone(self) -> None:
        if self.drift.look():
            self.courier.tell()

    def _delivery(self) -> Delivery:
        open_keys = self.scan_store.open_keys
        self.presenter = Presenter(
            self.digest_store,
            self.request_store,
            self.house,
            open_keys,
            self.clock,
            self.visibility,
            self.owners,
            self.settings.owners.tags,
            self.fixes,
            self.trends,
            TroubleStore(self.database),
            self.exempting,
        )
        illustrator = Illustrator(self.digest_store, self.trends, draw, self.courier_poster.upload)
        return Delivery(
            owed=self.message_store,
            channels=self.courier_poster,
            pictures=illustrator,
            setbacks=Setbacks(
                self.message_store, illustrator, self.clock, self.tokens.doubt, self.slack.settings.fallback
            ),
            render=self.presenter.render,
            clock=self.clock,
            pause=self.pause,
        )

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

    def _asking(self) -> Asking:
        return Asking(
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
        )

    def _desk(self) -> Desk:
        postures = Postures(self.scan_store, self.scans.progress)
        return Desk(
            postures=postures,
            listing=Listing(self.scan_store, self.handles, self.request_store),
            lookup=KeyLookup(
                self.scan_store,
                self.aws.reader,
                self.request_store,
                self.handles,
                self.policy,
                self.aws.discovery.partition,
                self.clock,
                self.exempting.covering,
            ),
            asking=self.asking,
            exempting=self.exempting,
            deciding=self.deciding,
            explaining=Explaining(
                house=self.house,
                keys=self.aws.reader,
                organization=self.aws.discovery,
                roll_call=self.roll_call,
                caps=Caps(self.database),
                clock=self.clock,
            ),
            visibility=self.visibility,
            homes=self._homes(postures),
            tabs=Tabs(self.poster.publish_home),
            snoozing=self.snoozing,
            rounds=self.rounds,
            routing=self.routing,
            preview=self._preview,
            handles=self.handles,
            requests=self.request_store,
            messages=self.message_store,
            trail=self.trail,
            writer=self.poster,
            looking=self.crews.looking,
            deciding_crew=self.crews.deciding,
            may_look=self.operating.may_look,
            may_operate=self.operating.may,
            would_let=self.operating.would_let,
            carry_out=self.changer.carry_out,
            settle=self.courier.tell,
        )

    def _homes(self, postures: Postures) -> Homes:
        ground = Ground(
            operating=self.operating,
            recent=self.recent,
            visibility=self.visibility,
            postures=postures,
            owners=self.owners,
            trends=self.trends,
            lapsing=self.exempting.lapsing,
        )
        return build_homes(self.database, ground)

    def _calendar(self) -> Calendar:
        agenda = Agenda(self.settings.scan.schedule, self.routing, self.rounds)
        return Calendar(self.firings, agenda.plan, self.clock, self.names.alone)

    def _preview(self, names: Collection[str], sight: Sight) -> list[Rendered]:
        return list(map(self.presenter.preview, self.digests.preview(names, sight)))

    def _note_start(self) -> None:
        inherit(self.settings, self.database)
        declare_exemptions(self.settings, self.database, self.clock())
        with self.names.alone(SCAN) as none_runs:
            for scan in self.scans.recover() if none_runs else ():
                log.warning("The scan of %s was interrupted; what it read is kept.", scan.started_at)
        self.trail.record(Entry(self.clock(), SYSTEM, Act.BOT_STARTED, self.slack.us.bot_user_id))

    def _check_rules(self) -> None:
        """Say in the log what is wrong with what the rules name. It keeps nobody waiting, and stops nothing."""
        place = partial(place_of, self.settings)
        for remark in check.RuleCheck(self.house, place, self.roll_call, self.aws.discovery).run():
            log.log(_LEVELS[remark.weight], "%s", remark)
        for owner in self.owners.unfound():
            where = place_of(self.settings, ("owners", "people"))
            log.warning("%s: Nobody is told of the keys of “%s”: %s.", where, owner.text, owner.why_not)


_LEVELS = {
    check.Weight.REFUSED: logging.ERROR,
    check.Weight.GRAVE: logging.ERROR,
    check.Weight.WARNING: logging.WARNING,
    check.Weight.UNREAD: logging.WARNING,
    check.Weight.NOTE: logging.INFO,
}
