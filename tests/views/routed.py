"""The views of digests that go to several channels, in words of one kind."""

from collections.abc import Iterator
from dataclasses import replace

from bot.models.messages import Rendered
from bot.models.owned import OwnedKeys, Ownership
from bot.models.owners import Owner
from bot.models.routes import RouteEdit, RouteTerms
from bot.rules.audience import Audience, find
from bot.rules.filters import Filter
from bot.views.digest import digest
from bot.views.notice import say
from bot.views.owners import digest_owners
from bot.views.parts import Element
from bot.views.preview import preview
from bot.views.routes import edit_route, route_checking, route_declined, route_edited, routes
from tests.store.samples import at
from tests.views.samples import Words, digest_of, open_keys

EDIT = RouteEdit("route 1", RouteTerms("C0ELSEWHERE", "0 8 * * *"), "U0JONAS", at(0))


def routed_messages(words: Words) -> Iterator[tuple[str, Rendered]]:
    made = digest_of(words)
    made = replace(made, content=replace(made.content, top=open_keys(words, 10), rest=(open_keys(words, 60),)))
    yield "preview", preview(digest(made, {}), made)
    owned = tuple(OwnedKeys(f"{number} {words.team}", 99, (words.alias,) * 5) for number in range(25))
    everybody = Ownership(owned, 9, 99, 99, (words.alias,) * 5, 9)
    made = replace(made, content=replace(made.content, ownership=everybody))
    people = [Owner(each.owner, (None, "U0MARA", "S0KEYS")[number % 3], "why") for number, each in enumerate(owned)]
    yield "owners", digest_owners(made, people, (words.alias[:128], "team"))
    listed = [(_audience(words, number), at(number)) for number in range(30)]
    yield "routes", routes(listed, may_edit=True)
    yield "one route", routes(listed[:1], may_edit=True)
    yield "no such digest", say(str(find([each for each, _ in listed[:3]], words.alias)))


def routed_modals(words: Words) -> Iterator[tuple[str, Element]]:
    audience = _audience(words, 1)
    yield "edit a digest", edit_route(audience, replace(audience, channel="C0OTHER", edit=None))
    yield "edit a digest of the file", edit_route(replace(audience, edit=None), replace(audience, edit=None))
    yield "checking the channel", route_checking()
    yield "digest edited", route_edited(audience, at(9))
    yield "digest not edited", route_declined(f"The digest “{audience.title}” tells that channel of the same keys.")


def _audience(words: Words, number: int) -> Audience:
    scope = Filter(team=words.team.lower(), alias=words.alias.lower())
    return Audience(f"route {number}", "C0SECURITY", scope, title=f"{number} {words.team}", edit=EDIT)
