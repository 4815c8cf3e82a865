"""What the listeners work with, out of the parts."""

from collections.abc import Collection
from functools import partial

from bot.explain import Explaining
from bot.home import Homes
from bot.key import KeyLookup
from bot.listing import Listing
from bot.models.messages import Rendered
from bot.posture import Postures
from bot.rules.sight import Sight
from bot.store.caps import Caps
from bot.store.home_tabs import HomeTabs
from bot.store.snoozes import Snoozes
from bot.wiring.parts import Parts
from bot.wiring.personal import Ground, build_homes
from handlers import Desk
from handlers.tabs import Tabs


def build_desk(parts: Parts) -> Desk:
    """Give the listeners everything that they may need."""
    postures = Postures(parts.scan_store, parts.scans.progress)
    return Desk(
        postures=postures,
        listing=Listing(parts.scan_store, parts.handles, parts.request_store, Snoozes(parts.database), parts.clock),
        lookup=KeyLookup(
            parts.scan_store,
            parts.aws.reader,
            parts.request_store,
            parts.handles,
            parts.policy,
            parts.aws.discovery.partition,
            parts.clock,
            parts.exempting.covering,
        ),
        asking=parts.asking,
        exempting=parts.exempting,
        deciding=parts.deciding,
        explaining=Explaining(
            house=parts.house,
            keys=parts.aws.reader,
            organization=parts.aws.discovery,
            roll_call=parts.roll_call,
            caps=Caps(parts.database),
            clock=parts.clock,
        ),
        visibility=parts.visibility,
        homes=_homes(parts, postures),
        tabs=Tabs(parts.poster.publish_home, HomeTabs(parts.database)),
        snoozing=parts.snoozing,
        rounds=parts.rounds,
        routing=parts.routing,
        preview=partial(_preview, parts),
        handles=parts.handles,
        requests=parts.request_store,
        messages=parts.message_store,
        trail=parts.trail,
        writer=parts.poster,
        looking=parts.crews.looking,
        deciding_crew=parts.crews.deciding,
        may_look=parts.operating.may_look,
        may_operate=parts.operating.may,
        would_let=parts.operating.would_let,
        carry_out=parts.changer.carry_out,
        settle=parts.courier.tell,
    )


def _homes(parts: Parts, postures: Postures) -> Homes:
    ground = Ground(
        operating=parts.operating,
        recent=parts.recent,
        visibility=parts.visibility,
        postures=postures,
        owners=parts.owners,
        trends=parts.trends,
        lapsing=parts.exempting.lapsing,
    )
    return build_homes(parts.database, ground)


def _preview(parts: Parts, names: Collection[str], sight: Sight) -> list[Rendered]:
    return list(map(parts.presenter.preview, parts.digests.preview(names, sight)))
