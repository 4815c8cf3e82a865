"""Where people write, and the commands that it offers them. The script shows those that fit what is typed."""

from collections.abc import Iterator

from deploy.sandbox.slack.manifest import Command
from deploy.sandbox.slack.page.html import Html, element


def composer(commands: tuple[Command, ...], *, hidden: bool) -> Html:
    names = " ".join(command.name for command in commands)
    offers = [offer for command in commands for offer in _offers(command)]
    options = [element("li", row, role="option", id=f"offer-{n}", **more) for n, (row, more) in enumerate(offers)]
    return element(
        "form",
        element("label", "Message", for_="say", class_="hidden"),
        element("ul", options, id="offers", role="listbox", aria_label="Commands", data_testid="offers", hidden=True),
        element(
            "input",
            id="say",
            autocomplete="off",
            maxlength="4000",
            placeholder=f"Message, or {names} …",
            role="combobox",
            aria_autocomplete="list",
            aria_expanded="false",
            aria_controls="offers",
            data_key="say",
            data_testid="composer",
        ),
        element("button", "Send", class_="button primary", data_testid="send"),
        id="composer",
        hidden=hidden,
    )


def _offers(command: Command) -> Iterator[tuple[Html, dict[str, object]]]:
    """The command, and after it each subcommand: what is shown, what it fills in, and what must stand before it."""
    before = f"{command.name} "
    yield _row(command.name, "", command.description), {"data_fill": before, "data_after": ""}
    for each in command.subcommands:
        fill = f"{before}{each.name}{' ' if each.takes else ''}"
        yield _row(each.name, each.takes, ""), {"data_fill": fill, "data_after": before}


def _row(name: str, takes: str, does: str) -> Html:
    parts = [element("strong", name)]
    parts += [element("span", f" {text}", class_=kind) for kind, text in (("takes", takes), ("does", does)) if text]
    return element("span", parts)
