"""The modal behind “Snooze …”: for whom, and until when."""

from datetime import date, datetime, timedelta

from bot.models.messages import Block
from bot.models.snoozes import LONGEST_DAYS, Snoozed, SnoozeFor, SnoozeOffer
from bot.rules.snoozing import latest
from bot.views.form import key_as_read
from bot.views.moments import DAY, moment
from bot.views.names import SNOOZE_FOR_BLOCK, SNOOZE_FOR_INPUT, SNOOZE_MODAL, UNTIL_BLOCK, UNTIL_INPUT, WAKE, action_id
from bot.views.parts import Element, actions, button, context, label, note, plain
from bot.views.rich import Inline, rich
from bot.views.words import cut

DAYS = {"tomorrow": 1, "week": 7, "month": LONGEST_DAYS}
DATE_BLOCK, DATE_INPUT = "day", "date"
ON_THE_DAY = "date"
_CHOICES = (
    ("tomorrow", "Tomorrow"),
    ("week", "In a week"),
    ("month", f"In {LONGEST_DAYS} days"),
    (ON_THE_DAY, "On the day below"),
)


def metadata(offer: SnoozeOffer) -> str:
    return f"{offer.handle} {offer.channel}"


def snooze(offer: SnoozeOffer) -> Element:
    """Say for whom the key is snoozed already, and ask for whom it is to be, and until when."""
    return {
        "type": "modal",
        "callback_id": SNOOZE_MODAL,
        "private_metadata": metadata(offer),
        "title": label("Snooze a key", 24),
        "submit": label("Snooze", 24),
        "close": label("Cancel", 24),
        "blocks": [
            key_as_read(offer.finding),
            *_asleep(offer),
            _for_whom(offer),
            _until(),
            _day(offer.today),
            context(
                note(
                    "It stays open and counts as before. It wakes by itself: on the chosen day, or once it is fixed, "
                    "so that you hear of it if it is open again."
                )
            ),
        ],
    }


def told(sentence: str) -> Element:
    """What the modal says instead of its form."""
    return _note(rich(sentence))


def snoozed(done: Snoozed) -> Element:
    where: list[Inline] = ["for you"]
    if done.whose is SnoozeFor.CHANNEL:
        where = ["in the digest of ", {"type": "channel", "channel_id": done.channel}]
    line: list[Inline] = [f"“{cut(done.name, 200)}” is snoozed ", *where, " until ", moment(done.until, DAY), "."]
    return _note(rich(line))


def _note(block: Block) -> Element:
    return {"type": "modal", "title": label("Snooze a key", 24), "close": label("Close", 24), "blocks": [block]}


def _asleep(offer: SnoozeOffer) -> list[Block]:
    blocks: list[Block] = []
    if offer.mine_until is not None:
        blocks += _wake(offer, SnoozeFor.ME, offer.mine_until, ["for you"])
    if offer.channels_until is not None:
        channel: list[Inline] = ["in the digest of ", {"type": "channel", "channel_id": offer.channel}]
        blocks += _wake(offer, SnoozeFor.CHANNEL, offer.channels_until, channel)
    return blocks


def _wake(offer: SnoozeOffer, whose: SnoozeFor, until: datetime, where: list[Inline]) -> list[Block]:
    spoken = f"Wake {cut(offer.finding.name, 60)} now"
    wake = button("Wake it now", action_id(WAKE, whose), f"{whose}:{offer.handle}", spoken=spoken)
    return [rich(["💤 Snoozed ", *where, " until ", moment(until, DAY), "."]), actions(wake)]


def _for_whom(offer: SnoozeOffer) -> Block:
    mine: Element = {
        "text": label("For me"),
        "description": plain("Not among your keys on the Home tab, and you are not mentioned for it.", 75),
        "value": SnoozeFor.ME.value,
    }
    channels: Element = {
        "text": label("For this channel's digest"),
        "description": plain("Not among its first keys. For those who may approve requests.", 75),
        "value": SnoozeFor.CHANNEL.value,
    }
    options = [mine, channels] if offer.channel else [mine]
    element = {"type": "radio_buttons", "action_id": SNOOZE_FOR_INPUT, "options": options, "initial_option": mine}
    return {"type": "input", "block_id": SNOOZE_FOR_BLOCK, "label": label("For whom?"), "element": element}


def _until() -> Block:
    options = [{"text": label(text), "value": value} for value, text in _CHOICES]
    element = {"type": "static_select", "action_id": UNTIL_INPUT, "options": options, "initial_option": options[1]}
    return {"type": "input", "block_id": UNTIL_BLOCK, "label": label("Until when?"), "element": element}


def _day(today: date) -> Block:
    return {
        "type": "input",
        "block_id": DATE_BLOCK,
        "optional": True,
        "label": label("The day on which it wakes"),
        "hint": plain(f"For “On the day below”: {latest(today):%Y-%m-%d} at the latest."),
        "element": {
            "type": "datepicker",
            "action_id": DATE_INPUT,
            "initial_date": (today + timedelta(days=14)).isoformat(),
        },
    }
