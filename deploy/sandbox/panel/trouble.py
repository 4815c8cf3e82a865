"""The levers on the page."""

from collections.abc import Iterable

from deploy.sandbox.aws.seed import PAYMENTS
from deploy.sandbox.aws.world import World
from deploy.sandbox.panel.levers import STATUSES, TIMES, Levers, permissions_of_the_bot
from deploy.sandbox.panel.naming import EVERY, account_name
from deploy.sandbox.slack.page.html import Html, element, join

USUAL_CALL = "kms:GetKeyRotationStatus"
USUAL_TIMES = 20


def pulled_now(levers: Levers) -> Html:
    pulled = list(levers.pulled())
    if not pulled:
        return element("p", "No lever is pulled: AWS and Slack behave.", class_="none", data_testid="pulled")
    rows = element("ul", [element("li", sentence) for sentence in pulled], data_testid="pulled")
    return element("form", rows, _button("undo", "Undo all levers", style="primary"), class_="lever pulled")


def levers(world: World) -> Html:
    calls = [(action, action) for action in permissions_of_the_bot()]
    times = [(str(number), str(number)) for number in TIMES]
    statuses = {429: "429, too many calls", 500: "500, a broken server"}
    accounts = [(account, account_name(world, account)) for account in (*world.accounts, EVERY)]
    return join(
        element("h3", "AWS"),
        _form(
            "Deny a permission",
            _select("In", "account", accounts, PAYMENTS),
            _select("Call", "action", calls, USUAL_CALL),
            _button("deny", "Deny it"),
        ),
        _form(
            "Throttle",
            _select("In", "account", accounts, EVERY),
            _select("Calls", "action", [(EVERY, "of any kind"), *calls], EVERY),
            _select("How many", "times", times, str(USUAL_TIMES)),
            _button("throttle", "Throttle the next"),
        ),
        _form(
            "Take the bot’s roles away",
            _select("In", "account", accounts, PAYMENTS),
            _button("take_roles", "Take them away"),
            _button("give_roles", "Give them back"),
        ),
        element("p", "One key’s own levers are beside it, under Keys.", class_="none"),
        element("h3", "Slack"),
        _form(
            "Answer with an error",
            _select("How", "status", [(str(each), statuses[each]) for each in STATUSES], str(STATUSES[0])),
            _select("How many calls", "times", times, str(USUAL_TIMES)),
            _button("fail_calls", "Fail the next"),
        ),
        _form(
            "Break the line",
            _button("drop_sockets", "Drop the sockets"),
            _button("down", "Take Slack down"),
            _button("up", "Bring it back"),
        ),
    )


def _form(title: str, *parts: Html) -> Html:
    return element("form", element("fieldset", element("legend", title), parts), class_="lever card")


def _select(label: str, name: str, options: Iterable[tuple[str, str]], usual: str) -> Html:
    shown = [element("option", text, value=value, selected=value == usual) for value, text in options]
    return element("label", element("span", label), element("select", shown, name=name))


def _button(lever: str, label: str, *, style: str = "") -> Html:
    return element(
        "button", label, name="lever", value=lever, class_=f"button {style}".strip(), data_key=f"panel|{lever}"
    )
