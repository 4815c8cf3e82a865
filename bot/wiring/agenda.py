"""Wires the digests: who hears them, when they and the scans are due, and what they take over from before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from slack_sdk import WebClient

from bot.cron import cron_trigger
from bot.digest import Digests
from bot.models.digests import Quiet
from bot.models.trail import SYSTEM
from bot.operate import Operating
from bot.rounds import Rounds
from bot.routing import Routing
from bot.rules.audience import Audience, job_of
from bot.rules.sight import hidden_from
from bot.schedule import Job
from bot.settings import Settings
from bot.settings.ground import Ground
from bot.slack.introduction import channel_trouble
from bot.store.digests import DigestStore
from bot.store.engine import Database
from bot.store.inheriting import Inheritance
from bot.store.route_edits import RouteEdits
from bot.store.scans import ScanStore
from bot.wiring.audiences import declared, heirs


def build_routing(
    settings: Settings, channel: str, client: WebClient, operating: Operating, database: Database
) -> Routing:
    return Routing(
        declared=declared(settings.digest, channel, hidden_from(settings.visibility.rules)),
        book=RouteEdits(database),
        ground=Ground(partial(channel_trouble, client)),
        may=operating.may,
        clock=operating.clock,
    )


def build_digests(
    settings: Settings, routing: Routing, scans: ScanStore, digests: DigestStore, clock: Callable[[], datetime]
) -> Digests:
    quiet, mention_owners = Quiet(settings.digest.quiet), settings.digest.mention_owners
    return Digests(scans, digests, routing.audiences, clock, quiet, mention_owners)


def inherit(settings: Settings, database: Database) -> None:
    """Have each digest go on where it was stored under another name."""
    for name, predecessors in heirs(settings.digest):
        Inheritance(database).take_over(name, job_of(name), predecessors)


@dataclass(frozen=True, slots=True)
class Agenda:
    """What is due when: the scans, and each digest by a schedule of its own, which may be edited while the bot runs."""

    scan_schedule: str
    routing: Routing
    rounds: Rounds

    def plan(self) -> Sequence[Job]:
        trigger = cron_trigger(self.scan_schedule, ZoneInfo("UTC"))
        scan = Job("scan", trigger, lambda due_at: self.rounds.scan_since(due_at, SYSTEM), self.scan_schedule)
        return (scan, *map(self._digest, self.routing.audiences()))

    def _digest(self, audience: Audience) -> Job:
        zone = ZoneInfo(audience.timezone)
        return Job(
            name=job_of(audience.name),
            trigger=cron_trigger(audience.schedule, zone),
            run=lambda due_at: self.rounds.digest(SYSTEM, since=due_at, names=[audience.name]) is not None,
            line=audience.schedule,
            zone=zone,
            since=None if audience.edit is None else audience.edit.edited_at,
        )
