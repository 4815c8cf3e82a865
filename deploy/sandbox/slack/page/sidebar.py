"""Who you are, where you can go, and whether the app is there."""

from typing import TYPE_CHECKING

from deploy.sandbox.slack.page.html import Html, element, join
from deploy.sandbox.slack.page.place import HOME, Place, people
from deploy.sandbox.slack.page.unread import unread
from deploy.sandbox.slack.people import Person
from deploy.sandbox.slack.state import State

if TYPE_CHECKING:
    from deploy.sandbox.slack.server import SlackServer


def you(server: "SlackServer", where: Place) -> Html:
    reader = where.reader
    options = [
        element("option", _described(person, reader.state), value=person.id, selected=person.id == reader.person.id)
        for person in people(reader.state)
    ]
    return join(
        element("h1", server.workspace.name, class_="workspace"),
        element("label", "You are", for_="person"),
        element("select", options, id="person", data_testid="person", data_key="person"),
        element("p", reader.person.title, class_="title"),
    )


def places(server: "SlackServer", where: Place) -> Html:
    reader = where.reader
    mine = [c for c in reader.state.channels.values() if c.name and reader.person.id in c.members]
    direct = [c for c in reader.state.channels.values() if c.im_user == reader.person.id]
    online = bool(server.connections)
    dot = element("span", "●" if online else "○", class_="online" if online else "offline", aria_hidden="true")
    status = element("span", "connected" if online else "away", class_="status")
    links = [element("li", _link(where, c.id, f"# {c.name}")) for c in mine]
    apps = [element("li", _link(where, HOME, "Home"))] + [element("li", _link(where, c.id, "Messages")) for c in direct]
    return join(
        element("h2", "Channels"),
        element("ul", links),
        element("h2", dot, " ", server.workspace.app.name, " ", status, data_testid="bot-status"),
        element("ul", apps),
    )


def _described(person: Person, state: State) -> str:
    if person.team_id != state.workspace.team_id:
        return f"{person.real_name} (another workspace)"
    return f"{person.real_name} (guest)" if person.is_restricted or person.is_ultra_restricted else person.real_name


def _link(where: Place, target: str, text: str) -> Html:
    is_here = target == where.channel
    new = unread(where.reader, target)
    return element(
        "a",
        text,
        _mark(target, new),
        href=f"/?person={where.reader.person.id}&channel={target}",
        aria_current="page" if is_here else None,
        data_go=target,
        data_key=f"go|{target}",
        class_="unread" if new else None,
        data_testid=f"go-{target}",
    )


def _mark(target: str, new: int) -> Html:
    """How many are new; of a Home, that it is new."""
    if not new:
        return Html()
    told = "new" if target == HOME else str(new)
    spoken = "" if target == HOME else " new"
    return element("span", told, element("span", spoken, class_="hidden"), class_="mark", data_testid="unread")
