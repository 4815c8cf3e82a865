"""Who hears a digest, as the settings declare it, and under which name its digests are stored."""

import hashlib
from collections.abc import Iterator

from bot.models.routes import Predecessor
from bot.rules.audience import DEFAULT, Audience, job_of
from bot.rules.filters import Filter
from bot.settings import Digest, Route


def declared(digest: Digest, channel: str, hidden: tuple[str, ...] = ()) -> tuple[Audience, ...]:
    """Say who hears a digest: the channel of everything first, then the routes.

    `hidden` are patterns of the accounts that not everybody may see: none is told of them who is not meant to be.
    """
    everything = Audience(
        DEFAULT, channel, Filter(), schedule=digest.schedule, timezone=digest.timezone, top=digest.top, unseen=hidden
    )
    default = everything if digest.include_hidden else everything.without_hidden()
    routes = ((route, _of_route(route, everything)) for route in digest.routes)
    return (default, *(each if route.include_hidden else each.without_hidden() for route, each in routes))


def heirs(digest: Digest) -> Iterator[tuple[str, list[Predecessor]]]:
    """Say of each route which stored digests it takes over where it has none itself, by its name.

    A route is stored by its name and what it matches, so that its channel and its schedule may change, in the file and
    in Slack, while it goes on comparing with its last digest. What it matches decides which keys are compared: where
    that is another, it begins anew. Before routes had names and schedules they were stored by their channel, and all
    digests went out at the time of the default one.
    """
    names = {_name(route.name, route.scope) for route in digest.routes}
    for route in digest.routes:
        own, unnamed = _name(route.name, route.scope), _name("", route.scope)
        by_channel = Predecessor(f"{route.channel} {_hash(str(route.scope))}", job_of(DEFAULT), shares_its_job=True)
        yield own, [*([] if unnamed in names else [Predecessor(unnamed, job_of(unnamed))]), by_channel]


def _of_route(route: Route, default: Audience) -> Audience:
    return Audience(
        name=_name(route.name, route.scope),
        channel=route.channel,
        scope=route.scope,
        title=route.title,
        schedule=route.schedule or default.schedule,
        timezone=route.timezone or default.timezone,
        top=route.top or default.top,
        unseen=default.unseen,
    )


def _name(name: str, scope: Filter) -> str:
    text = f"{name.casefold()}\n{scope}" if name else str(scope)
    return f"route {_hash(text)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
