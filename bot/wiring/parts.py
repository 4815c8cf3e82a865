"""The parts of the running bot, made in the order in which they need each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Event
from zoneinfo import ZoneInfo

from slack_sdk import WebClient

from bot.app import build_scans, connect_aws
from bot.deliver import Delivery
from bot.drift import Drift
from bot.inbound.connection import Patience
from bot.operate import Operating
from bot.owning import Owners
from bot.plotting import draw
from bot.present import Presenter
from bot.process import DELIVERY, Changer, Courier
from bot.recent import RecentPeople
from bot.remediate.ask import Asking
from bot.remediate.change import Remediation
from bot.remediate.decide import Deciding
from bot.remediate.facts import FactReader
from bot.remediate.hands import READ_BACK_WAITS
from bot.remediate.recheck import Recheck
from bot.roll import RollCall
from bot.rounds import Rounds
from bot.rulebook import house_of
from bot.rules.verdict import Policy
from bot.scan.scanner import utc_now
from bot.setbacks import Setbacks
from bot.settings import Settings, Slack
from bot.slack.introduction import Introduction, app_token_failure, bot_token_failure
from bot.slack.people import People
from bot.slack.posting import Poster
from bot.store.alone import Names
from bot.store.digests import DigestStore
from bot.store.engine import Database
from bot.store.firings import Firings
from bot.store.handles import KeyHandles
from bot.store.history import History
from bot.store.key_facts import KeyFactStore
from bot.store.messages import MessageStore
from bot.store.pictures import PictureStore
from bot.store.processes import ProcessStore
from bot.store.requests import RequestStore
from bot.store.scans import ScanStore
from bot.store.trail import Trail
from bot.store.troubles import TroubleStore
from bot.store.undone import UndoneFixes
from bot.tokens import Ending, TokenWatch
from bot.trend import Illustrator, Trends
from bot.web.metrics import Metrics
from bot.wiring.agenda import build_digests, build_routing
from bot.wiring.exempting import build_exempting
from bot.wiring.personal import build_snoozing, build_visibility
from bot.wiring.watching import build_watch
from bot.wiring.workers import build_sharing
from bot.work import Crews


@dataclass(frozen=True, slots=True)
class Timing:
    """What time it is, how patiently a change is read back, and how long a socket may take for what."""

    clock: Callable[[], datetime] = utc_now
    read_back_waits: Sequence[float] = READ_BACK_WAITS
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways into Slack. The courier's own does not wait where Slack wants to be left alone: other messages go on."""

    settings: Slack
    client: WebClient
    courier: WebClient
    app_client: WebClient | None
    us: Introduction
    metrics: Metrics = field(default_factory=Metrics)


class Parts:
    """The gateways and the use cases."""

    def __init__(self, slack: Ways, settings: Settings, database: Database, stop: Event, timing: Timing) -> None:
        self.slack, self.settings, self.database, self.stop = slack, settings, database, stop
        self.timing, self.clock = timing, timing.clock
        workspaces = frozenset(slack.settings.workspaces or (slack.us.team_id,))
        self.house = house_of(settings, workspaces)
        self.policy = Policy(settings.policy.max_rotation_period_days)
        self.metrics = slack.metrics
        self.watch = build_watch(settings, database, timing.clock, stop, self.metrics)
        self.aws = connect_aws(settings, self.metrics.aws_answered)
        self.scan_store, self.request_store = ScanStore(database), RequestStore(database)
        self.digest_store, self.message_store = DigestStore(database), MessageStore(database)
        self.handles, self.trail, self.firings = KeyHandles(database), Trail(database), Firings(database)
        self.people, self.poster = People(slack.client), Poster(slack.client)
        self.owners = Owners(self.people, settings.owners.people, workspaces, self.clock)
        self.fixes = UndoneFixes(database)
        self.drift = Drift(self.fixes, self.aws.reader, self.scan_store, self.policy, self.clock)
        self.courier_poster = Poster(slack.courier)
        self.trends = Trends(History(database), PictureStore(database), ZoneInfo(settings.digest.timezone))
        app_failure = None if slack.app_client is None else partial(app_token_failure, slack.app_client)
        asking = partial(bot_token_failure, slack.courier), app_failure
        self.tokens = TokenWatch(*asking, Ending(stop), self.clock)
        self.crews, self.names = Crews(), Names(database)
        self.operating = Operating(self.people, self.trail, self.house, self.clock)
        self.recent = RecentPeople(self.people, self.clock)
        self.visibility = build_visibility(settings, database, self.operating, self.recent)
        channel = slack.settings.channel
        self.routing = build_routing(settings, channel, slack.client, self.operating, database)
        self.snoozing = build_snoozing(settings, database, self.operating, self.routing)
        self.digests = build_digests(settings, self.routing, self.scan_store, self.digest_store, self.clock)
        sharing = build_sharing(settings, database, self.aws)
        self.scans = build_scans(
            settings,
            self.aws,
            self.scan_store,
            KeyFactStore(database),
            on_calls=self.metrics.aws_tallied,
            on_end=self.metrics.scan_ended,
            sharing=sharing,
        )
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
            ProcessStore(self.database),
            self.scan_store,
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
            ensure=partial(self.names.ensure, DELIVERY),
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
