"""The regions of the page, and the page around them."""

from typing import TYPE_CHECKING

from deploy.sandbox.slack import manifest
from deploy.sandbox.slack.page import blocks
from deploy.sandbox.slack.page.beside import Beside
from deploy.sandbox.slack.page.composer import composer
from deploy.sandbox.slack.page.html import Html, element, join
from deploy.sandbox.slack.page.messages import channel_log, thread_log
from deploy.sandbox.slack.page.modal import modal
from deploy.sandbox.slack.page.place import Place
from deploy.sandbox.slack.page.reader import Origin
from deploy.sandbox.slack.page.sidebar import places, you
from deploy.sandbox.slack.people import Channel
from deploy.sandbox.slack.state import ApiCall

if TYPE_CHECKING:
    from deploy.sandbox.slack.server import SlackServer

MISTAKES = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "invalid_arguments", "msg_blocks_too_long", "msg_too_long", "no_text",
     "view_too_large"}
)  # fmt: skip
"""What Slack says to blocks and views that it does not take."""

LOOKED_AT = 50
"""So many of the newest calls are looked at."""


def regions(server: "SlackServer", where: Place) -> dict[str, Html]:
    """The parts that change, by the id of the element that holds them."""
    return {
        "you": you(server, where),
        "places": places(server, where),
        "heading": _heading(where),
        "away": _away(server),
        "log": _home(where) if where.is_home else _log(where),
        "thread": _thread(where),
        "modals": modal(where),
        "notices": _notices(where),
    }


def page(server: "SlackServer", where: Place) -> Html:
    parts = regions(server, where)
    middle = element(
        "main",
        element("div", element("div", parts["heading"], id="heading"), _opener(server.beside), class_="bar"),
        element("div", id="gone", role="status", data_testid="gone"),
        element("div", parts["away"], id="away", role="status"),
        element("div", parts["log"], id="log", tabindex="0", role="log", aria_label="Messages"),
        composer(manifest.commands(), hidden=where.is_home),
        id="main",
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{server.workspace.name} — sandbox Slack"),
        element("link", rel="icon", href="data:,"),
        element("link", rel="stylesheet", href="/page/static/page.css"),
        element("script", src="/page/static/page.js", type="module"),
        element("script", src="/page/static/composer.js", type="module"),
        element("link", rel="stylesheet", href="/page/static/panel.css") if server.beside else "",
        element("script", src="/page/static/panel.js", type="module") if server.beside else "",
    )
    body = element(
        "body",
        element("a", "Skip to messages", href="#log", class_="skip"),
        element(
            "nav",
            element("div", parts["you"], id="you"),
            element("div", parts["places"], id="places"),
            id="sidebar",
            aria_label="Channels",
        ),
        middle,
        element("aside", parts["thread"], id="thread", aria_label="Thread"),
        element("aside", server.beside.frame(), id="panel", aria_labelledby="panel-title") if server.beside else "",
        element("div", parts["modals"], id="modals"),
        element("div", parts["notices"], id="notices", role="alert"),
        data_person=where.reader.person.id,
        data_where=where.channel,
        data_thread=where.thread,
    )
    return join(Html("<!doctype html>"), element("html", head, body, lang="en"))


def _opener(beside: Beside | None) -> Html:
    if beside is None:
        return Html()
    return element(
        "button",
        beside.label(),
        type="button",
        id="panel-opener",
        class_="button",
        aria_expanded="false",
        aria_controls="panel",
        data_testid="panel-opener",
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
    """What is wrong with the app just now, for whoever builds it: it is away, or it sent what Slack refuses."""
    return join(_refused(server), _gone_away(server))


def _refused(server: "SlackServer") -> Html:
    """The newest call whose blocks or view Slack refused, until the same method is accepted again."""
    newest: dict[str, ApiCall] = {call.method: call for call in server.state.calls[-LOOKED_AT:]}
    told = [
        element("p", element("strong", f"Slack refuses what the app sent to {call.method}: "), _complaint(call))
        for call in newest.values()
        if call.answer.get("error") in MISTAKES
    ]
    return element("div", told, class_="refused", role="alert", data_testid="refused") if told else Html()


def _complaint(call: ApiCall) -> str:
    places = "; ".join(map(str, call.answer.get("response_metadata", {}).get("messages", ())))
    return f"{call.answer['error']}. {places}"


def _gone_away(server: "SlackServer") -> Html:
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
