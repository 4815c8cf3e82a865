"""`rules list`, `rules explain` and `rules check`. None of them changes anything."""

from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import closing

from rich.text import Text

from bot.app import Aws, connect_aws, open_database
from bot.errors import UserError
from bot.key import KeyLookup, UnknownKeyError
from bot.models.approval import RuledKey
from bot.models.examined import SchemaAge
from bot.models.keys import KeyArn, MalformedArnError
from bot.models.scans import Account
from bot.models.staffing import Strength
from bot.remarks import Remark, Weight
from bot.rulebook import Rulebook, build_rulebook, house_of
from bot.rules.verdict import Policy
from bot.rules.wording import what_it_asks_for, whom_it_means
from bot.scan.scanner import utc_now
from bot.settings import Settings
from bot.store.engine import Database
from bot.store.handles import KeyHandles
from bot.store.requests import RequestStore
from bot.store.scans import ScanStore
from bot.store.schema import schema_of
from bot.terminal.exits import Exit
from bot.terminal.explanation import explanation_as_json, plainly, print_explanation
from bot.terminal.output import console, print_document, say, table


def rules(settings: Settings, asked: Namespace) -> int:
    """Raise UserError where a key is missing, or given to what takes none."""
    if (asked.key is None) == (asked.action == "explain"):
        wanted = "Which key? Give its ARN or an alias." if asked.key is None else f"rules {asked.action} takes no key."
        raise UserError(wanted)
    return _ACTIONS[asked.action](settings, asked)


def _list(settings: Settings, asked: Namespace) -> int:
    """Print the rules in the order in which they are tried."""
    house = house_of(settings, frozenset())
    told = [(rule.name, whom_it_means(rule), what_it_asks_for(rule, house)) for rule in house.rules]
    if asked.format == "json":
        print_document(
            [{"rule": name, "keys": plainly(keys), "terms": [*map(plainly, terms)]} for name, keys, terms in told]
        )
    elif not told:
        say("There is no approval rule, so nobody may approve anything.")
    else:
        shown = table("#", "Rule", "Keys", "What it asks for")
        for number, (name, keys, terms) in enumerate(told, start=1):
            shown.add_row(*map(Text, (str(number), name, plainly(keys), "\n".join(map(plainly, terms)))))
        console().print(shown)
    return Exit.OK


def _explain(settings: Settings, asked: Namespace) -> int:
    """Say which rule decides over a key and who could approve, and answer whether anybody could."""
    aws, database = connect_aws(settings), _database(settings)
    key, name = _find(asked.key, aws, database)
    book = build_rulebook(settings, aws, database, utc_now)
    told = book.explaining.explain(key, name)
    if asked.format == "json":
        print_document(explanation_as_json(told, book.why_nobody))
    else:
        print_explanation(told, book.why_nobody)
    if told.strength is Strength.UNKNOWN or (settings.slack is not None and book.why_nobody):
        return Exit.UNREAD
    return Exit.NON_COMPLIANT if told.strength in {Strength.NOBODY, Strength.TOO_FEW} else Exit.OK


def _check(settings: Settings, asked: Namespace) -> int:
    """Look at everything that the rules name, and print a line for each thing that somebody should know."""
    book = build_rulebook(settings, connect_aws(settings), None, utc_now)
    remarks = book.check.run()
    if asked.format == "json":
        print_document([_remarked(each) for each in remarks])
    else:
        for each in remarks:
            say(str(each))
        say(_summary(book, remarks))
    return _exit({each.weight for each in remarks})


def _exit(weights: set[Weight]) -> Exit:
    if Weight.REFUSED in weights:
        return Exit.USAGE
    if Weight.UNREAD in weights:
        return Exit.UNREAD
    return Exit.NON_COMPLIANT if weights & {Weight.GRAVE, Weight.WARNING} else Exit.OK


def _summary(book: Rulebook, remarks: list[Remark]) -> str:
    number = len(book.house.rules) + len(book.check.visibility)
    checked = "1 rule was checked" if number == 1 else f"{number} rules were checked"
    faults = sum(each.weight is not Weight.NOTE for each in remarks)
    return f"{checked}: {'nothing is wrong' if not faults else '1 remark' if faults == 1 else f'{faults} remarks'}."


def _database(settings: Settings) -> Database | None:
    """Open the database if the bot ever used it. Raises UserError for an older version's: looking changes none."""
    with closing(Database(settings.database_url)) as database:
        schema = schema_of(database if database.is_there else None)
    if schema.age is SchemaAge.ABSENT:
        return None
    if schema.age is SchemaAge.OLDER:
        told = f"{database.name} is at schema {schema.found}, and this version reads {schema.ours}."
        raise UserError(f"{told} Run db upgrade; the bot's next start does it as well.")
    return open_database(settings)


def _find(text: str, aws: Aws, database: Database | None) -> tuple[RuledKey, str]:
    """Find a key in the last scan; one that is not there can still be explained by its ARN."""
    if database is not None and ScanStore(database).current() is not None:
        scans = ScanStore(database)
        lookup = KeyLookup(
            scans,
            aws.reader,
            RequestStore(database),
            KeyHandles(database),
            Policy(),
            aws.discovery.partition,
            utc_now,
        )
        try:
            found = lookup.find(text)
        except UnknownKeyError as error:
            if not text.startswith("arn:"):
                raise UserError(str(error)) from error
        else:
            return RuledKey(found.arn, Account(found.account, found.account_name), found.region), found.name
    elif not text.startswith("arn:"):
        raise UserError("Nothing has been scanned yet, so a key is known by its ARN alone. Give that, or scan first.")
    try:
        arn = KeyArn.parse(text)
    except MalformedArnError as error:
        raise UserError(f"{error}.") from error
    return RuledKey(text, aws.discovery.named(arn.account), arn.region), arn.key_id


def _remarked(remark: Remark) -> dict[str, str]:
    problem = remark.problem
    return {"weight": remark.weight, "place": problem.place, "what": problem.what, "remedy": problem.remedy}


_ACTIONS: Mapping[str, Callable[[Settings, Namespace], int]] = {"list": _list, "explain": _explain, "check": _check}
