"""`rules list`, `rules explain` and `rules check`. None of them changes anything."""

import json
import re
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping

from rich.text import Text

from bot.app import Aws, connect_aws, open_database
from bot.check import Remark, Weight
from bot.errors import UserError
from bot.key import KeyLookup, UnknownKeyError
from bot.models.approval import RuledKey
from bot.models.keys import KeyArn, MalformedArnError, ReadFailure
from bot.models.scans import Account
from bot.models.staffing import Strength
from bot.rulebook import Rulebook, build_rulebook, house_of
from bot.rules.explanation import Explanation, say_group, say_hindrance, which_decides, who_could, who_is_left
from bot.rules.verdict import Policy
from bot.rules.wording import what_it_asks_for, whom_it_means
from bot.scan.scanner import utc_now
from bot.settings import Settings
from bot.store.engine import Database
from bot.store.handles import KeyHandles
from bot.store.requests import RequestStore
from bot.store.scans import ScanStore
from bot.terminal.exits import Exit
from bot.terminal.output import console, say, table
from bot.terminal.upkeep import revision

_MENTION = re.compile(r"<(?:@|!subteam\^)(\w+)>")


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
        _print_json(
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
    show = _print_explanation_as_json if asked.format == "json" else _print_explanation
    show(told, book.why_nobody)
    if told.strength is Strength.UNKNOWN or (settings.slack is not None and book.why_nobody):
        return Exit.UNREAD
    return Exit.NON_COMPLIANT if told.strength in {Strength.NOBODY, Strength.TOO_FEW} else Exit.OK


def _check(settings: Settings, asked: Namespace) -> int:
    """Look at everything that the rules name, and print a line for each thing that somebody should know."""
    book = build_rulebook(settings, connect_aws(settings), None, utc_now)
    remarks = book.check.run()
    if asked.format == "json":
        _print_json([_remarked(each) for each in remarks])
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
    number = len(book.house.rules)
    checked = "1 rule was checked" if number == 1 else f"{number} rules were checked"
    faults = sum(each.weight is not Weight.NOTE for each in remarks)
    return f"{checked}: {'nothing is wrong' if not faults else '1 remark' if faults == 1 else f'{faults} remarks'}."


def _database(settings: Settings) -> Database | None:
    """Open the database if the bot ever used it; looking makes no tables."""
    database = Database(settings.database_url)
    if revision(database) is None:
        database.close()
        return None
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
    listed = aws.discovery.accounts([arn.account])
    account = Account(arn.account, arn.account) if isinstance(listed, ReadFailure) else listed[0]
    return RuledKey(text, account, arn.region), arn.key_id


def _print_explanation(told: Explanation, why_nobody: str) -> None:
    out, key = console(), told.key
    out.print(Text(f"{told.name} · {key.account.name} ({key.account.id}) · {key.region}\n{key.arn}\n"))
    out.print(Text(which_decides(told)))
    out.print(Text(f"{who_is_left(told)}{f' {why_nobody}' if told.rule and told.roll is None else ''}"))
    if told.rule is not None:
        out.print(Text("".join(f"\n• {plainly(term)}" for term in what_it_asks_for(told.rule, told.house)) + "\n"))
    people = table("Who", "Named by", "To", "Now")
    for user_id, by, acts, now, _ in _people(told):
        people.add_row(*map(Text, (user_id, by, acts, now)))
    groups = table("Group", "Handle", "Members", "Now")
    for each in told.roll.groups.values() if told.roll else ():
        groups.add_row(*map(Text, (each.id, each.handle, str(len(each.members)), say_group(each))))
    passed = table("Passed over", "Why")
    for rule, why in told.ruling.passed_over:
        passed.add_row(Text(rule.name), Text(why))
    facts = table("Looked at", "Read")
    for fact in told.facts:
        if fact.why or fact.values is not None:
            facts.add_row(Text(fact.name), Text(fact.why or ", ".join(fact.values or ()) or "none"))
    for filled in (people, groups, passed, facts):
        if filled.row_count:
            out.print(filled)


def _people(told: Explanation) -> list[tuple[str, str, str, str, bool]]:
    """Tell of each person who is named: who, by what, to do what, and whether they could now."""
    rows: dict[str, tuple[dict[str, None], list[str]]] = {}
    for act, people in who_could(told):
        for user_id, by in people.items():
            entries, acts = rows.setdefault(user_id, ({}, []))
            entries.update(dict.fromkeys(by))
            acts.append(act)
    known = told.roll.people if told.roll else {}
    return [
        (user_id, ", ".join(entries), ", ".join(acts), say_hindrance(known[user_id]), known[user_id].is_able)
        for user_id, (entries, acts) in rows.items()
    ]


def _print_explanation_as_json(told: Explanation, why_nobody: str) -> None:
    key, rule = told.key, told.rule
    _print_json(
        {
            "key": {
                "arn": key.arn,
                "name": told.name,
                "account": key.account.id,
                "account_name": key.account.name,
                "region": key.region,
            },
            "rule": None if rule is None else rule.name,
            "decision": which_decides(told),
            "strength": told.strength,
            "who_is_left": who_is_left(told),
            "terms": [] if rule is None else [plainly(term) for term in what_it_asks_for(rule, told.house)],
            "approved_beforehand_in_24_hours": told.used,
            "people_not_looked_up": why_nobody or None,
            "people": [
                {"user": user_id, "named_by": by.split(", "), "to": acts.split(", "), "now": now, "able": able}
                for user_id, by, acts, now, able in _people(told)
            ],
            "groups": [
                {"group": each.id, "handle": each.handle, "members": sorted(each.members), "now": say_group(each)}
                for each in (told.roll.groups.values() if told.roll else ())
            ],
            "passed_over": [{"rule": passed.name, "why": why} for passed, why in told.ruling.passed_over],
            "facts": {
                fact.name: None if fact.values is None else list(fact.values) for fact in told.facts if not fact.why
            },
            "unread": {fact.name: fact.why for fact in told.facts if fact.why},
        }
    )


def _remarked(remark: Remark) -> dict[str, str]:
    problem = remark.problem
    return {"weight": remark.weight, "place": problem.place, "what": problem.what, "remedy": problem.remedy}


def _print_json(document: object) -> None:
    sys.stdout.write(json.dumps(document, indent=1) + "\n")
    sys.stdout.flush()


def plainly(sentence: str) -> str:
    """Write Slack's mentions as the ids that stand in the file."""
    return _MENTION.sub(r"\1", sentence)


_ACTIONS: Mapping[str, Callable[[Settings, Namespace], int]] = {"list": _list, "explain": _explain, "check": _check}
