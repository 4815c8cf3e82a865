"""Builds what exempts keys, and keeps the database at what the configuration declares."""

import logging
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from bot.exempt import Exempting
from bot.remediate.ask import Asking
from bot.settings import Settings, place_of
from bot.settings.load import DEFAULT_FILE
from bot.store.engine import Database
from bot.store.exemptions import ExemptionStore
from bot.store.scans import ScanStore
from bot.wishes import Wishes

log = logging.getLogger(__name__)


def build_exempting(settings: Settings, database: Database, asking: Asking) -> Exempting:
    declared_in = str(settings.path or DEFAULT_FILE)
    return exempting_of(database, asking, settings.exemption.longest, _timezone(settings), declared_in)


def exempting_of(
    database: Database, asking: Asking, longest: timedelta, timezone: tzinfo, declared_in: str
) -> Exempting:
    """Ask for exemptions of the same people, in the same channel and under the same rules as for rotation.

    `longest`, `timezone` and `declared_in` are what `Wishes` wants of the settings.
    """
    exemptions, scans = ExemptionStore(database), ScanStore(database)
    wishes = Wishes(scans, exemptions, asking.requests, longest, timezone, declared_in, asking.clock)
    return Exempting(
        wishes=wishes,
        exemptions=exemptions,
        people=asking.people,
        requests=asking.requests,
        findings=scans,
        keys=asking.keys,
        record=asking.record,
        facts=asking.facts,
        house=asking.house,
        policy=asking.policy,
        channel=asking.channel,
        clock=asking.clock,
    )


def declare_exemptions(settings: Settings, database: Database, now: datetime) -> None:
    """Let hold what the file declares and nothing else of the kind, and end all whose time is over."""
    exemptions, timezone = ExemptionStore(database), _timezone(settings)
    declared = [each.exemption(timezone, now) for each in settings.exemption.declared]
    for position, each in enumerate(declared):
        if each.until <= now:
            place = place_of(settings, ("exemption", "declared", position))
            log.warning("%s: It ended on %s and exempts nothing any more. Remove it.", place, f"{each.until:%Y-%m-%d}")
    exemptions.lapse_due(now)
    exemptions.declare([each for each in declared if each.until > now], now)


def _timezone(settings: Settings) -> tzinfo:
    return ZoneInfo(settings.digest.timezone)
