"""Digests to several channels: previews, whose the keys are, where they go and when, and editing that."""

from collections.abc import Iterator
from dataclasses import replace

from bot.models.digests import Digest
from bot.models.owned import KeysLeft, OwnedKeys, Ownership
from bot.models.owners import Owner
from bot.models.routes import RouteEdit, RouteTerms
from bot.models.scans import Summary
from bot.owning import HAS_LEFT, NOBODY
from bot.routing import AS_IT_IS, UNKNOWN
from bot.rules.audience import DEFAULT, Audience
from bot.rules.filters import Filter
from bot.views.digest import digest
from bot.views.owners import digest_owners
from bot.views.preview import preview
from bot.views.routes import edit_route, route_checking, route_declined, route_edited, routes
from deploy.sandbox.gallery.digests import plain_digest
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.things import (
    CHANNEL,
    JONAS,
    KEY_ADMINS,
    MARA,
    STRANGE_WORDS,
    SUMMARY,
    later,
    open_keys,
)

TAGS = ("owner", "team")
ROOM = "C0PAYMENTS"
EVERYTHING = Audience(DEFAULT, CHANNEL, Filter(), schedule="0 9 * * mon-fri", timezone="Europe/Berlin")
PAYMENTS = Audience(
    "route 1", ROOM, Filter(team="payments"), title="payments", schedule="0 8 * * mon", timezone="Europe/Berlin"
)
EDITED = replace(
    PAYMENTS,
    channel=CHANNEL,
    schedule="30 7 * * *",
    edit=RouteEdit("route 1", RouteTerms(CHANNEL, "30 7 * * *"), JONAS, later(days=-2)),
)
UNREAD = replace(
    PAYMENTS,
    edit=RouteEdit("route 1", RouteTerms(None, "30 7 * * *", "Asia/Atlantis"), JONAS, later(days=-200)),
    unread="“Asia/Atlantis” is not a time zone. Did you mean Asia/Almaty?",
)


def previews() -> Iterator[Sample]:
    of_all = plain_digest(SUMMARY, *open_keys(3))
    yield shown("everything", Surface.REPLY, "What would be posted, without buttons").by(
        preview, digest(of_all, {}), of_all
    )
    long = plain_digest(Summary(38, 85), *open_keys(10), rest=(open_keys(60), open_keys(15)), open_total=85)
    yield shown("with a thread", Surface.REPLY, "What would be in its thread is counted").by(
        preview, digest(long, {}), long
    )
    for kind, words in STRANGE_WORDS.items():
        strange = plain_digest(Summary(7, 10), *open_keys(10, words), scope=words.scope)
        yield shown(f"{kind} words", Surface.REPLY, f"Names of others: {kind}").by(
            preview, digest(strange, {}), strange
        )


def owners() -> Iterator[Sample]:
    names = ("payments/card-vault", "payments/ledger", "payments/settlement", "payments/refunds", "payments/keys")
    everybody = Ownership(
        (
            OwnedKeys("payments", 14, names),
            OwnedKeys("jane@example.com", 3, names[:3]),
            OwnedKeys("data-team", 2, ("lake/raw", "lake/pii-vault")),
            OwnedKeys("U0LEFT", 1, ("web/sessions",)),
        ),
        other_owners=3,
        other_keys=4,
        ownerless=4,
        ownerless_names=("a", "b", "c", "d"),
        unknown=2,
    )
    found = (
        Owner("payments", KEY_ADMINS),
        Owner("jane@example.com", MARA),
        Owner("data-team", None, NOBODY),
        Owner("U0LEFT", None, HAS_LEFT),
    )
    yield shown("owners of every kind", Surface.THREAD, "A group, a person, names, nobody, not known").by(
        digest_owners, _owned(everybody), found, TAGS
    )
    twice = Ownership((OwnedKeys("jane@example.com", 2, names[:2]), OwnedKeys("U0MARA", 1, names[2:3])))
    yield shown("one person by two names", Surface.THREAD, "Told once, of all keys").by(
        digest_owners, _owned(twice), (Owner("jane@example.com", MARA), Owner("U0MARA", MARA)), TAGS
    )
    snoozed = Ownership((OwnedKeys("U0MARA", 3, names[:3], (KeysLeft(MARA, 1, names[2:3]),)),))
    yield shown("snoozed by the owner", Surface.THREAD, "Two of three keys are snoozed").by(
        digest_owners, _owned(snoozed), (Owner("U0MARA", MARA),), TAGS
    )
    asleep = Ownership((OwnedKeys("U0MARA", 3, names[:3], (KeysLeft(MARA, 0, ()),)),))
    yield shown("all snoozed by the owner", Surface.THREAD, "All three keys are snoozed").by(
        digest_owners, _owned(asleep), (Owner("U0MARA", MARA),), TAGS
    )
    yield shown("nobody's", Surface.THREAD, "Not one key has an owner").by(
        digest_owners, _owned(Ownership(ownerless=1, ownerless_names=("web/sessions",))), (), TAGS
    )
    for kind, words in STRANGE_WORDS.items():
        strange = Ownership((OwnedKeys(words.team, 7, (words.alias,) * 5),), 0, 0, 3, (words.alias,) * 3)
        yield shown(f"{kind} words", Surface.THREAD, f"Names of others: {kind}").by(
            digest_owners, _owned(strange), (Owner(words.team, None, NOBODY),), TAGS
        )


def route_lists() -> Iterator[Sample]:
    at = later(hours=20)
    yield shown("one digest", Surface.REPLY, "The default alone, for somebody who may edit").by(
        routes, [(EVERYTHING, at)], may_edit=True
    )
    yield shown("several", Surface.REPLY, "One of them edited in Slack").by(
        routes, [(EVERYTHING, at), (EDITED, later(hours=22))], may_edit=True
    )
    yield shown("not to be read", Surface.REPLY, "A time zone that was edited is gone").by(
        routes, [(EVERYTHING, at), (UNREAD, later(hours=22))], may_edit=True
    )
    yield shown("for everybody", Surface.REPLY, "Nothing to press for who may not edit").by(
        routes, [(EVERYTHING, at), (PAYMENTS, None)], may_edit=False
    )
    many = [(replace(PAYMENTS, name=f"route {number}", title=f"team {number}"), at) for number in range(1, 25)]
    yield shown("many", Surface.REPLY, "More than are listed").by(routes, many, may_edit=True)
    for kind, words in STRANGE_WORDS.items():
        strange = replace(EDITED, scope=Filter.parse(words.scope), title=words.scope)
        yield shown(f"{kind} words", Surface.REPLY, f"Names of others: {kind}").by(
            routes, [(EVERYTHING, at), (strange, at)], may_edit=True
        )


def route_modals() -> Iterator[Sample]:
    yield shown("as in the file", Surface.MODAL, "A digest that nobody edited").by(edit_route, PAYMENTS, PAYMENTS)
    yield shown("everything", Surface.MODAL, "The digest of all keys").by(edit_route, EVERYTHING, EVERYTHING)
    yield shown("edited before", Surface.MODAL, "Can be put back to what the file says").by(
        edit_route, EDITED, PAYMENTS
    )
    yield shown("not to be read", Surface.MODAL, "A time zone that was edited is gone").by(edit_route, UNREAD, PAYMENTS)
    wrong = {
        "schedule": "A schedule has five fields (minute, hour, day of month, month, day of week), “0 9 * *” has 4. "
        'Write a crontab line, for example "0 9 * * mon-fri".'
    }
    yield shown("refused", Surface.MODAL, "A schedule that is none", errors=wrong).by(edit_route, PAYMENTS, PAYMENTS)
    yield shown("asking Slack", Surface.MODAL, "While the channel is looked up").by(route_checking)
    yield shown("saved", Surface.MODAL, "What holds now, and when it is told next").by(
        route_edited, EDITED, later(hours=22)
    )
    for name, sentence in {
        "as it is": AS_IT_IS,
        "gone": UNKNOWN,
        "overtaken": f"<@{JONAS}> edited this digest meanwhile, so nothing was changed. Look at it again, and edit it "
        "then.",
        "not in the channel": "The bot is not in #general (C0GENERAL). Type /invite @KMS rotation in #general.",
    }.items():
        yield shown(name, Surface.MODAL, "Nothing was edited, and why").by(route_declined, sentence)
    for kind, words in STRANGE_WORDS.items():
        strange = replace(EDITED, scope=Filter.parse(words.scope), title=words.scope)
        yield shown(f"{kind} words", Surface.MODAL, f"Names of others: {kind}").by(edit_route, strange, PAYMENTS)
        yield shown(f"saved, {kind} words", Surface.MODAL, f"Names of others: {kind}").by(
            route_edited, strange, later(hours=22)
        )
        sentence = f"The digest “{words.scope}” tells that channel of the same keys already."
        yield shown(f"declined, {kind} words", Surface.MODAL, f"Names of others: {kind}").by(route_declined, sentence)


def _owned(ownership: Ownership) -> Digest:
    return plain_digest(SUMMARY, ownership=ownership)
