"""Opening the Home tab, and waiting until it shows what it is to show; and what modals were updated with."""

from bot.views.home import ON_ITS_WAY
from deploy.sandbox.slack.driver import Actor
from deploy.sandbox.slack.things import View
from tests.app.house import House


def opened(house: House, who: Actor) -> View:
    """Open the tab, and wait for the rendering that this sets off."""
    before = shown_hash(who)
    who.open_home()
    return changed(house, who, before)


def changed(house: House, who: Actor, before: str) -> View:
    """Wait for a rendering after the one with this hash, which is more than the promise of one."""

    def is_there() -> bool:
        return shown_hash(who) != before and who.home is not None and ON_ITS_WAY not in who.home.visible_text

    house.slack.wait_for(is_there, what="the Home tab")
    return now(who)


def says(house: House, who: Actor, words: str) -> View:
    """Wait until the tab says something."""
    house.slack.wait_for(lambda: who.home is not None and words in who.home.visible_text, what=f"“{words}” on the tab")
    return now(who)


def now(who: Actor) -> View:
    view = who.home
    assert view is not None
    return view


def shown_hash(who: Actor) -> str:
    return "" if who.home is None else who.home.hash


def labels(view: View) -> list[str]:
    """The labels of the buttons, in their order."""
    return [
        element["text"]["text"]
        for block in view.blocks
        for element in (*block.get("elements", ()), block.get("accessory") or {})
        if isinstance(element, dict) and element.get("type") == "button"
    ]


def updated_with(house: House, words: str) -> bool:
    """Say whether a modal was updated with words, whatever it was updated with since."""
    return any(call.method == "views.update" and words in str(call.args) for call in house.slack.calls)
