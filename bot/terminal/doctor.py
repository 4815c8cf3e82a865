"""`doctor`: what is wrong by now with what the bot needs, a line each, with the remedy."""

from argparse import Namespace
from collections.abc import Sequence

from rich.text import Text

from bot.errors import UserError
from bot.models.troubles import Trouble
from bot.settings import Settings
from bot.store.engine import Database
from bot.store.schema import upgrade
from bot.store.troubles import TroubleStore
from bot.terminal.exits import Exit
from bot.terminal.output import console, moment, print_document, say, table
from bot.terminal.upkeep import name, revision
from bot.views.trouble import remedy


def doctor(settings: Settings, asked: Namespace) -> int:
    """Tell of channels that take no messages; 1 where there are any. Raises UserError where there is no database."""
    troubles = TroubleStore(_database(settings)).lasting()
    if asked.json:
        print_document([_as_json(each) for each in troubles])
    elif troubles:
        _print(troubles)
    else:
        say("As far as the bot has tried, every channel takes its messages.")
    return Exit.NON_COMPLIANT if troubles else Exit.OK


def _database(settings: Settings) -> Database:
    database = Database(settings.database_url)
    if revision(database) is None:
        raise UserError(f"The bot has never used {name(database)}. Start it once, or name another in DATABASE_URL.")
    upgrade(database)
    return database


def _print(troubles: Sequence[Trouble]) -> None:
    shown = table("Channel", "Since", "Slack says", "Waiting", "What to do")
    for each in troubles:
        cells = (each.channel, moment(each.since) or "", each.code, str(_waiting(each)), _plain_remedy(each))
        shown.add_row(*map(Text, cells))
    console().print(shown)


def _as_json(trouble: Trouble) -> dict[str, object]:
    return {
        "check": "channel",
        "subject": trouble.channel,
        "since": moment(trouble.since),
        "error": trouble.code,
        "waiting": _waiting(trouble),
        "remedy": _plain_remedy(trouble),
    }


def _waiting(trouble: Trouble) -> int:
    return sum(trouble.waiting.values())


def _plain_remedy(trouble: Trouble) -> str:
    return remedy(trouble).replace("`", "")
