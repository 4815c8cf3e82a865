"""Word to the fallback of a channel that takes no messages."""

from collections.abc import Iterator
from dataclasses import replace

from bot.models.messages import MessageKind
from bot.models.processes import Difference, Disagreement, Group
from bot.models.troubles import Trouble
from bot.views.settings import settings_differ
from bot.views.trouble import over, trouble, without_file
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.things import NOW, later

PAYMENTS = "C0PAYMENTS"


def troubles() -> Iterator[Sample]:
    given_up = Trouble("t1", PAYMENTS, "channel_not_found", later(days=-30), given_up_at=later())
    yield shown("given up", Surface.CHANNEL, "It has taken none for a month").by(trouble, given_up)
    back = replace(given_up, ended_at=later(minutes=2))
    yield shown("over, after it was given up", Surface.CHANNEL, "It takes messages again").by(over, back)
    one = Trouble("t1", PAYMENTS, "not_in_channel", later(minutes=-1), waiting={MessageKind.DIGEST: 1})
    yield shown("not in the channel", Surface.CHANNEL, "A digest waits").by(trouble, one)
    several = replace(
        one, code="is_archived", waiting={MessageKind.DIGEST: 2, MessageKind.REMINDER: 1, MessageKind.REQUEST: 3}
    )
    yield shown("archived", Surface.CHANNEL, "Several messages wait").by(trouble, several)
    gone = replace(one, code="channel_not_found", waiting={})
    yield shown("not found", Surface.CHANNEL, "Nothing waits any more").by(trouble, gone)
    locked = replace(one, code="restricted_action_read_only_channel", waiting=dict.fromkeys(_waiting(), 2))
    yield shown("locked", Surface.CHANNEL, "Two of every kind wait").by(trouble, locked)
    person = replace(one, channel="U0LEFT", code="channel_not_found", waiting={MessageKind.UNDONE: 1})
    yield shown("a person", Surface.CHANNEL, "Somebody who cannot be written to").by(trouble, person)
    ended = replace(several, ended_at=NOW, waiting={})
    yield shown("afterwards", Surface.CHANNEL, "The first word, once it is over").by(trouble, ended)
    yield shown("over", Surface.THREAD, "Word of the end, in its thread").by(over, ended)
    yield shown("no file", Surface.THREAD, "The app may not upload the file of all open keys").by(without_file)


def settings() -> Iterator[Sample]:
    rules = Difference("approval", (Group("3f9ac01b", ("bot-1:1", "bot-2:1")), Group("77b1e0d2", ("bot-3:1",))))
    scan = Difference(
        "scan", (Group("88254e1a", ("bot-1:1",)), Group("0c12aa9e", ("bot-2:1",)), Group("19be", ("bot-3:1",)))
    )
    one = Disagreement("p1", (rules,), later(minutes=-12))
    yield shown("one section", Surface.CHANNEL, "One process has an old file").by(settings_differ, one)
    two = replace(one, differences=(rules, scan))
    yield shown("two sections", Surface.CHANNEL, "Every process has another file").by(settings_differ, two)
    over = replace(two, ended_at=NOW)
    yield shown("afterwards", Surface.CHANNEL, "They agree again").by(settings_differ, over)


def _waiting() -> list[MessageKind]:
    words = {MessageKind.TROUBLE, MessageKind.TROUBLE_OVER, MessageKind.SETTINGS}
    return [kind for kind in MessageKind if kind not in words]
