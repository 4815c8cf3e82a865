"""The regions of the page, and the page around them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.sandbox.slack.page import blocks
from deploy.sandbox.slack.page.emoji import plain
from deploy.sandbox.slack.page.html import Html, element, join
from deploy.sandbox.slack.page.messages import channel_log, thread_log
from deploy.sandbox.slack.page.reader import Origin, Reader
from deploy.sandbox.slack.people import Channel, Person
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import View

if TYPE_CHECKING:
    from deploy.sandbox.slack.server import SlackServer

HOME = "home"


@dataclass(frozen=True)
class Place:
    """What one browser looks at."""

    reader: Reader
    channel: str
    thread: str | None

    @property
    def is_home(self) -> bool:
        return self.channel == HOME


def place(server: "SlackServer", person: str | None, channel: str | None, thread: str | None) -> Place:
    """What the address asks for; where there is no such person or channel, the first one that there is."""
    state = server.state
    people = _people(state)
    chosen = next((p for p in people if p.id == person), people[0])
    mine = [c.id for c in state.channels.values() if chosen.id in c.members]
    may_open = {*mine, HOME}
    where = channel if channel in may_open else (mine or [HOME])[0]
    return Place(Reader(state, chosen), str(where), thread if thread in state.messages.get(str(where), {}) else None)


def regions(server: "SlackServer", where: Place) -> dict[str, Html]:
    """The parts that change, by the id of the element that holds them."""
    return {
        "sidebar": _sidebar(server, where),
        "heading": _heading(where),
        "away": _away(server),
        "log": _home(where) if where.is_home else _log(where),
        "thread": _thread(where),
        "modals": _modal(where),
        "notices": _notices(where),
    }


def page(server: "SlackServer", where: Place) -> Html:
    parts = regions(server, where)
    commands = [element("option", value=f"{command} ") for command in server.workspace.app.commands]
    composer = element(
        "form",
        element("label", "Message", for_="say", class_="hidden"),
        element(
            "input", id="say", autocomplete="off", list="commands", maxlength="4000", data_testid="composer",
            placeholder=f"Message, or {' '.join(server.workspace.app.commands)} …",
        ),
        element("datalist", commands, id="commands"),
        element("button", "Send", class_="button primary", data_testid="send"),
        id="composer",
        hidden=where.is_home,
    )  # fmt: skip
    middle = element(
        "main",
        element("div", parts["heading"], id="heading"),
        element("div", parts["away"], id="away", role="status"),
        element("div", parts["log"], id="log", tabindex="0", role="log", aria_label="Messages"),
        composer,
        id="main",
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{server.workspace.name} — sandbox Slack"),
        element("link", rel="icon", href="data:,"),
        element("link", rel="stylesheet", href="/page/static/page.css"),
        element("script", src="/page/static/page.js", defer=True),
    )
    body = element(
        "body",
        element("a", "Skip to messages", href="#log", class_="skip"),
        element("nav", parts["sidebar"], id="sidebar", aria_label="Channels"),
        middle,
        element("aside", parts["thread"], id="thread", aria_label="Thread"),
        element("div", parts["modals"], id="modals"),
        element("div", parts["notices"], id="notices", role="alert"),
        data_person=where.reader.person.id,
        data_where=where.channel,
        data_thread=where.thread,
    )
    return join(Html("<!doctype html>"), element("html", head, body, lang="en"))


def _sidebar(server: "SlackServer", where: Place) -> Html:
    reader = where.reader
    people = [
        element("option", _described(person, reader.state), value=person.id, selected=person.id == reader.person.id)
        for person in _people(reader.state)
    ]
    mine = [c for c in reader.state.channels.values() if c.name and reader.person.id in c.members]
    direct = [c for c in reader.state.channels.values() if c.im_user == reader.person.id]
    app = server.workspace.app
    online = bool(server.connections)
    dot = element("span", "●" if online else "○", class_="online" if online else "offline", aria_hidden="true")
    status = element("span", "connected" if online else "away", class_="status")
    links = [element("li", _link(where, c.id, f"# {c.name}")) for c in mine]
    apps = [element("li", _link(where, HOME, "Home"))] + [element("li", _link(where, c.id, "Messages")) for c in direct]
    return join(
        element("h1", server.workspace.name, class_="workspace"),
        element("label", "You are", for_="person"),
        element("select", people, id="person", data_testid="person", data_key="person"),
        element("p", reader.person.title, class_="title"),
        element("h2", "Channels"),
        element("ul", links),
        element("h2", dot, " ", app.name, " ", status, data_testid="bot-status"),
        element("ul", apps),
    )


def _people(state: State) -> list[Person]:
    """Whose eyes can be chosen: all who can still sign in."""
    return [person for person in state.people.values() if not (person.is_bot or person.deleted)]


def _described(person: Person, state: State) -> str:
    if person.team_id != state.workspace.team_id:
        return f"{person.real_name} (another workspace)"
    return f"{person.real_name} (guest)" if person.is_restricted or person.is_ultra_restricted else person.real_name


def _link(where: Place, target: str, text: str) -> Html:
    is_here = target == where.channel
    return element(
        "a",
        text,
        href=f"/?person={where.reader.person.id}&channel={target}",
        aria_current="page" if is_here else None,
        data_go=target,
        data_key=f"go|{target}",
        data_testid=f"go-{target}",
    )


def _heading(where: Place) -> Html:
    if where.is_home:
        return element("h2", where.reader.state.workspace.app.name, element("small", "Home"))
    channel = where.reader.state.channels[where.channel]
    name = where.reader.state.workspace.app.name if channel.is_im else f"# {channel.name}"
    return element("h2", name, element("small", _about(channel)))


def _about(channel: Channel) -> str:
    if channel.is_im:
        return "Direct messages with the app"
    shared = " · shared with another workspace" if channel.is_ext_shared else ""
    return f"{len(channel.members)} members{shared} · {channel.topic}"


def _away(server: "SlackServer") -> Html:
    if server.connections:
        return Html()
    sentence = (
        f"{server.workspace.app.name} is away: no connection is open. Commands and buttons fail until it is back."
    )
    return element("p", sentence, class_="away", data_testid="bot-away")


def _log(where: Place) -> Html:
    log = channel_log(where.reader, where.channel, where.thread)
    if log:
        return log
    return element("p", "No messages here yet. Type a command below.", class_="empty")


def _home(where: Place) -> Html:
    view = where.reader.state.home(where.reader.person.id)
    if view is None:
        return element("p", "The app has published nothing here yet.", class_="empty")
    shown = blocks.render(view.blocks, where.reader, Origin(view.id), view)
    return element("div", shown, class_="home", data_testid="home", data_view=view.id)


def _thread(where: Place) -> Html:
    if where.thread is None:
        return Html()
    close = element("button", "✕", type="button", aria_label="Close thread", data_thread="", data_key="thread|close")
    log = thread_log(where.reader, where.channel, where.thread)
    return join(
        element("header", element("h2", "Thread"), close),
        element("div", log, class_="replies-log", tabindex="0"),
    )


def _modal(where: Place) -> Html:
    stack = where.reader.state.stack(where.reader.person.id)
    if not stack:
        return Html()
    view = stack[-1]
    trouble = element("p", view.trouble, class_="trouble", role="alert") if view.trouble else ""
    content = blocks.render(view.blocks, where.reader, Origin(view.id), view)
    form = element(
        "form",
        element("header", element("h2", plain(view.body["title"]), id="modal-title"), _close_button(view)),
        element("div", trouble, content, class_="fields-of-modal"),
        element("footer", _footer(view)),
        method="dialog",
        novalidate=True,
    )
    return element(
        "dialog",
        form,
        aria_labelledby="modal-title",
        data_view=view.id,
        data_testid="modal",
        class_="modal",
    )


def _close_button(view: View) -> Html:
    return element(
        "button", "✕", type="button", aria_label="Close", data_act="close", data_where=view.id, data_all=True
    )


def _footer(view: View) -> Html:
    close = view.body.get("close", {"text": "Close" if view.previous_view_id is None else "Back"})
    parts = [element("button", plain(close), type="button", class_="button", data_act="close", data_where=view.id)]
    if view.body.get("submit"):
        parts.append(
            element(
                "button",
                plain(view.body["submit"]),
                type="submit",
                class_="button primary",
                data_testid="submit",
            )
        )
    return join(parts)


def _notices(where: Place) -> Html:
    state = where.reader.state
    told = [(index, n) for index, n in enumerate(state.notices) if n.user == where.reader.person.id and not n.dismissed]
    return join(
        element(
            "div",
            element("p", element("strong", "Slackbot "), notice.text),
            element(
                "button", "✕", type="button", aria_label="Dismiss", data_act="unnotice", data_where=index,
                data_key=f"notice|{index}",
            ),
            class_="notice",
            data_testid="notice",
        )
        for index, notice in told[-3:]
    )  # fmt: skip
