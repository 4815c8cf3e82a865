"""`/kms-rotation …`: acked at once, answered as soon as the answer is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from bot.rules.filters import BadFilterError
from bot.views import help as help_views
from bot.views.names import COMMAND
from handlers import digests, exempting, operating, reading, requests
from handlers.call import Call
from handlers.desk import NOT_OURS, Desk, actor_of, reply_to
from handlers.typed import read_typed

Subcommand = Callable[[Desk, Call], None]

SUBCOMMANDS: Mapping[str, Subcommand] = {
    "status": reading.status,
    "list": reading.listing,
    "key": reading.key,
    "scan": operating.scan,
    "exempt": exempting.exempt_command,
    "exemptions": exempting.exemptions_command,
    "requests": requests.requests_command,
    "history": reading.history,
    "accounts": reading.accounts,
    "rules": reading.rules,
    "digest": digests.digest,
    "routes": digests.list_routes,
    "help": reading.help_,
}

OPENS_A_FORM = frozenset({"exempt"})
"""What waits for nobody else: a form must be open within three seconds."""


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.command(COMMAND)  # type: ignore[untyped-decorator]
    def command(ack: Any, command: dict[str, Any], respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        answer(desk, _call(desk, command, respond))


@dataclass(frozen=True, slots=True)
class _Chosen:
    name: str
    subcommand: Subcommand
    call: Call


def answer(desk: Desk, call: Call) -> None:
    """Find the subcommand and hand it to somebody who has time."""
    if not desk.may_look(call.actor):
        call.reply.say(NOT_OURS)
        return
    name, rest = [*call.text.split(maxsplit=1), "", ""][:2]
    subcommand = SUBCOMMANDS.get(name.lower() or "help")
    if subcommand is None:
        call.reply.show(help_views.overview(unknown(name)))
        return
    chosen = _Chosen(name.lower() or "help", subcommand, call.with_text(rest))
    if chosen.name in OPENS_A_FORM:
        _run(desk, chosen)
        return
    desk.looking.submit(f"{COMMAND} {chosen.name}", lambda: _run(desk, chosen), call.reply.say)


def unknown(name: str) -> str:
    """Answer a misspelt subcommand with the nearest one."""
    near = get_close_matches(name.lower(), list(SUBCOMMANDS), 1, cutoff=0.55)
    hint = f" Did you mean `{COMMAND} {near[0]}`?" if near else ""
    return f"There is no “{name[:40]}”.{hint}"


def _run(desk: Desk, chosen: _Chosen) -> None:
    try:
        chosen.subcommand(desk, chosen.call.with_sight(desk.sight(chosen.call.actor)))
    except BadFilterError as error:
        chosen.call.reply.say(str(error))


def _call(desk: Desk, command: dict[str, Any], respond: Any) -> Call:  # noqa: ANN401 - Bolt's
    reply = reply_to(desk, command, respond)
    typed = read_typed(str(command.get("text") or ""))
    return Call(actor_of(command), reply.channel, typed, reply, trigger_id=str(command.get("trigger_id") or ""))
