"""The panel: its frame, its three tabs, and what is done there."""

from collections.abc import Callable, Mapping
from typing import Any

from deploy.sandbox.aws.server import AwsServer
from deploy.sandbox.panel.calls import SHOWN, calls_so_far
from deploy.sandbox.panel.keys import keys_now
from deploy.sandbox.panel.levers import Levers
from deploy.sandbox.panel.trouble import levers, pulled_now
from deploy.sandbox.slack.page.html import Html, element, join
from deploy.sandbox.slack.page.reader import Reader
from deploy.sandbox.slack.server import SlackServer

TABS = {"keys": "Keys", "calls": "Calls", "trouble": "Make trouble"}


class SandboxPanel:
    """What `SlackServer.beside` takes: the emulated AWS of one sandbox."""

    def __init__(self, aws: AwsServer, slack: SlackServer) -> None:
        self._aws = aws
        self._slack = slack
        self._levers = Levers(aws, slack)

    def label(self) -> str:
        return "Emulated AWS"

    def frame(self) -> Html:
        inside = {"keys": self._keys_frame, "calls": self._calls_frame, "trouble": self._trouble_frame}
        return join(
            element(
                "header",
                element("h2", "Sandbox: the emulated AWS", id="panel-title"),
                element("button", "✕", type="button", id="panel-closer", aria_label="Close the emulated AWS"),
            ),
            element("p", "No part of Slack: what the bot sees of AWS, and levers to break it.", class_="not-slack"),
            element(
                "div", [_tab(name, text) for name, text in TABS.items()], role="tablist", aria_label="Emulated AWS"
            ),
            [
                element(
                    "div",
                    inside[name](),
                    id=f"panel-of-{name}",
                    class_="tab",
                    role="tabpanel",
                    aria_labelledby=f"tab-{name}",
                    hidden=name != "keys",
                )
                for name in TABS
            ],
        )

    def regions(self, asked: Mapping[str, str], reader: Reader) -> dict[str, Html]:
        """`tab` names what is in front; `find` narrows the keys, `show` the calls. Errors: ValueError."""
        match asked.get("tab", "keys"):
            case "keys":
                return {"panel-keys": keys_now(self._aws, asked.get("find", ""))}
            case "calls":
                return {"panel-calls": calls_so_far(self._aws, asked.get("show", "all"), reader)}
            case "trouble":
                return {"panel-pulled": pulled_now(self._levers)}
            case other:
                raise ValueError(f"There is no tab called {other}.")

    def act(self, asked: Mapping[str, Any]) -> str:
        return self._levers.pull(asked)

    def watch(self, listener: Callable[[], None]) -> None:
        self._aws.watchers.add(listener)
        with self._slack.state.lock:
            self._slack.state.wakeup.listeners.append(listener)

    def unwatch(self, listener: Callable[[], None]) -> None:
        self._aws.watchers.remove(listener)
        with self._slack.state.lock:
            self._slack.state.wakeup.listeners.remove(listener)

    def _keys_frame(self) -> Html:
        return join(
            element("label", "Find keys", for_="panel-find", class_="hidden"),
            element(
                "input",
                id="panel-find",
                type="search",
                placeholder="Alias, id, account or Region",
                autocomplete="off",
                data_testid="panel-find",
            ),
            element("div", id="panel-keys", class_="list", tabindex="0", role="region", aria_label="Keys"),
        )

    def _calls_frame(self) -> Html:
        choices = [
            element(
                "button",
                name.capitalize(),
                type="button",
                class_="button",
                data_show=name,
                aria_pressed="true" if name == "all" else "false",
            )
            for name in SHOWN
        ]
        return join(
            element("div", choices, role="group", aria_label="Which calls", class_="choices-of-calls"),
            element("div", id="panel-calls", class_="list", tabindex="0", role="region", aria_label="Calls"),
        )

    def _trouble_frame(self) -> Html:
        pulled = element("div", id="panel-pulled", role="status")
        return element(
            "div", pulled, levers(self._aws.world), class_="list", tabindex="0", role="region", aria_label="Levers"
        )


def _tab(name: str, text: str) -> Html:
    is_first = name == "keys"
    return element(
        "button",
        text,
        type="button",
        role="tab",
        id=f"tab-{name}",
        data_tab=name,
        aria_controls=f"panel-of-{name}",
        aria_selected="true" if is_first else "false",
        tabindex="0" if is_first else "-1",
    )
