"""What exempts keys, on the gallery's database."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.exempt import Exempting
from bot.remediate.ask import Asking
from bot.store.engine import Database
from bot.store.exemptions import ExemptionStore
from bot.store.scans import ScanStore
from bot.wishes import Wishes


def exempting_of(database: Database, asking: Asking) -> Exempting:
    """Ask the same people, under the same rules, as for rotation."""
    exemptions, scans = ExemptionStore(database), ScanStore(database)
    longest, timezone = timedelta(days=90), ZoneInfo("Europe/Berlin")
    wishes = Wishes(scans, exemptions, asking.requests, longest, timezone, "kms-rotation.toml", asking.clock)
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
