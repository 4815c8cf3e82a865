"""Wires what is shown to each person by themselves: what they may see, their Home tab, what they snoozed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.home import Homes
from bot.models.exemptions import Exemption
from bot.models.trend import Trend
from bot.operate import Operating
from bot.owning import Owners
from bot.posture import Postures
from bot.recent import RecentPeople
from bot.routing import Routing
from bot.rules.audience import DEFAULT
from bot.settings import Settings
from bot.snoozing import Snoozing
from bot.store.engine import Database
from bot.store.exemptions import ExemptionStore
from bot.store.handles import KeyHandles
from bot.store.mine import Mine
from bot.store.requests import RequestStore
from bot.store.scans import ScanStore
from bot.store.snoozes import Snoozes
from bot.store.trail import Trail
from bot.trend import Trends
from bot.visibility import Visibility


def build_visibility(settings: Settings, database: Database, operating: Operating, recent: RecentPeople) -> Visibility:
    return Visibility(
        rules=settings.visibility.rules,
        groups=recent,
        accounts=ScanStore(database),
        record=Trail(database),
        clock=operating.clock,
        is_told_all=settings.digest.include_hidden,
        covers=ExemptionStore(database).covers_seen,
    )


def build_snoozing(settings: Settings, database: Database, operating: Operating, routing: Routing) -> Snoozing:
    return Snoozing(
        findings=ScanStore(database),
        book=Snoozes(database),
        audiences=routing.audiences,
        people=operating.people,
        house=operating.house,
        may=operating.may,
        timezone=settings.digest.timezone,
        clock=operating.clock,
    )


@dataclass(frozen=True, slots=True)
class Ground:
    """What the Home tab stands on beside the database."""

    operating: Operating
    recent: RecentPeople
    visibility: Visibility
    postures: Postures
    owners: Owners
    trends: Trends
    lapsing: Callable[[timedelta], Sequence[Exemption]]


def build_homes(database: Database, ground: Ground) -> Homes:
    def trend(now: datetime) -> Trend:
        return ground.trends.up_to(DEFAULT, "", now)

    return Homes(
        postures=ground.postures,
        keys=Mine(database),
        requests=RequestStore(database),
        snoozes=Snoozes(database),
        handles=KeyHandles(database),
        people=ground.recent,
        visibility=ground.visibility,
        house=ground.operating.house,
        owner_texts=ground.owners.texts_of,
        lapsing=ground.lapsing,
        trend=trend,
        clock=ground.operating.clock,
    )
