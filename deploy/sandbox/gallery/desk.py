"""The real handlers and use cases on a database in memory, with peers that answer from a table."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.digest import Digests
from bot.explain import Explaining
from bot.home import Homes
from bot.key import KeyLookup
from bot.listing import Listing
from bot.models.keys import Finding
from bot.models.messages import Rendered
from bot.models.people import Actor
from bot.models.scans import Coverage, Progress, ScanState
from bot.operate import Operating
from bot.posture import Postures
from bot.recent import RecentPeople
from bot.remediate.ask import Asking
from bot.remediate.decide import Deciding
from bot.remediate.facts import FactReader
from bot.roll import RollCall
from bot.rounds import Rounds
from bot.routing import Routing
from bot.rules.audience import DEFAULT, Audience
from bot.rules.filters import Filter
from bot.settings.ground import Ground
from bot.snoozing import Snoozing
from bot.store.caps import Caps
from bot.store.digests import DigestStore
from bot.store.engine import Database
from bot.store.home_tabs import HomeTabs
from bot.store.messages import MessageStore
from bot.store.mine import Mine
from bot.store.requests import RequestStore
from bot.store.route_edits import RouteEdits
from bot.store.scans import ScanStore
from bot.store.snoozes import Snoozes
from bot.store.trail import Trail
from bot.views.digest import digest
from bot.views.preview import preview
from bot.visibility import Visibility
from bot.wiring.exempting import exempting_of
from deploy.sandbox.gallery.peers import AtOnce, BusyScans, Directory, Handles, Keys, People, Respond, Writer
from deploy.sandbox.gallery.things import CHANNEL, HOUSE, NOW, POLICY, scan
from deploy.sandbox.memory import memory
from deploy.sandbox.slack.people import default_people
from handlers.call import Call
from handlers.commands import answer
from handlers.desk import Desk, Reply
from handlers.tabs import Tabs


@dataclass
class Office:
    """A desk with what it stands on."""

    keys: Keys = field(default_factory=Keys)
    database: Database = field(default_factory=memory)

    def __post_init__(self) -> None:
        self.scans, self.requests = ScanStore(self.database), RequestStore(self.database)
        self.trail = Trail(self.database)

    def scanned(self, findings: Sequence[Finding], coverage: Sequence[Coverage] = ()) -> "Office":
        """Let a scan of everything have found this."""
        done = scan()
        self.scans.begin(replace(done, state=ScanState.RUNNING, finished_at=None))
        self.scans.add(done.id, findings)
        for each in coverage:
            self.scans.add(done.id, [], [each])
        self.scans.finish(done.id, done.finished_at or NOW)
        return self

    @property
    def asking(self) -> Asking:
        return Asking(
            people=People(),
            requests=self.requests,
            findings=self.scans,
            keys=self.keys,
            record=self.trail,
            facts=FactReader(self.keys, Directory(), HOUSE),
            house=HOUSE,
            policy=POLICY,
            period_days=365,
            channel=CHANNEL,
            clock=_now,
        )

    def desk(self) -> Desk:
        scans, handles = BusyScans(Progress(12, 40, 812, 1024, 10, 10, 170.0)), Handles()
        digests = Digests(self.scans, DigestStore(self.database), self.routing.audiences, _now)
        return Desk(
            postures=Postures(self.scans, lambda: None),
            listing=Listing(self.scans, handles, self.requests, Snoozes(self.database), _now),
            lookup=KeyLookup(self.scans, self.keys, self.requests, handles, POLICY, lambda: "aws", _now),
            asking=self.asking,
            deciding=Deciding(People(), self.requests, self.trail, HOUSE, CHANNEL, _now),
            explaining=Explaining(
                HOUSE, self.keys, Directory(), RollCall(People(), HOUSE.workspaces, _now), Caps(self.database), _now
            ),
            rounds=Rounds(
                scans, self.scans, digests, lambda _: True, _nothing, lambda _: nullcontext(enter_result=True)
            ),
            routing=self.routing,
            preview=lambda names, _sight: [preview(digest(each, {}), each) for each in digests.preview(names)],
            exempting=exempting_of(
                self.database, self.asking, timedelta(days=90), ZoneInfo("Europe/Berlin"), "kms-rotation.toml"
            ),
            visibility=self.visibility,
            homes=self._homes(),
            tabs=Tabs(Writer().publish_home, HomeTabs(self.database)),
            snoozing=self.snoozing,
            handles=handles,
            requests=self.requests,
            messages=MessageStore(self.database),
            trail=self.trail,
            writer=Writer(),
            looking=AtOnce(),
            deciding_crew=AtOnce(),
            may_look=lambda _actor: True,
            may_operate=self.operating.may,
            would_let=self.operating.would_let,
            carry_out=_nothing,
            settle=_nothing,
        )

    @property
    def operating(self) -> Operating:
        return Operating(People(), self.trail, HOUSE, _now)

    @property
    def routing(self) -> Routing:
        payments = Audience("route 1", "C0PAYMENTS", Filter(team="payments"), title="payments")
        told = (Audience(DEFAULT, CHANNEL, Filter()), payments)
        return Routing(told, RouteEdits(self.database), Ground(lambda _: None), self.operating.may, _now)

    @property
    def visibility(self) -> Visibility:
        return Visibility((), RecentPeople(People(), _now), self.scans, self.trail, _now)

    @property
    def snoozing(self) -> Snoozing:
        book, may = Snoozes(self.database), self.operating.may
        return Snoozing(self.scans, book, tuple, People(), HOUSE, may, "Europe/Berlin", _now)

    def _homes(self) -> Homes:
        return Homes(
            postures=Postures(self.scans, lambda: None),
            keys=Mine(self.database),
            requests=self.requests,
            snoozes=Snoozes(self.database),
            handles=Handles(),
            people=RecentPeople(People(), _now),
            visibility=self.visibility,
            house=HOUSE,
            owner_texts=lambda _user: frozenset(),
            lapsing=lambda _within: (),
            trend=lambda _now: None,
            clock=_now,
        )

    def answer(self, text: str, who: str) -> Rendered:
        """Let somebody type a command, and return what they are answered."""
        colleague = next(each for each in default_people() if each.id == who)
        respond = Respond()
        desk, actor = self.desk(), Actor(who, colleague.team_id)
        reply = Reply(respond, desk.writer, CHANNEL, who)
        answer(desk, Call(actor, CHANNEL, text, reply))
        (only,) = respond.answers
        return only


def _now() -> datetime:
    return NOW


def _nothing(*_told: object) -> None:
    """Nobody is told anything here."""
