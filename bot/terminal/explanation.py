"""How the explanation of a key's rule is printed: as tables for people, as JSON for programs."""

import re

from rich.text import Text

from bot.rules.explanation import Explanation, say_group, say_hindrance, which_decides, who_could, who_is_left
from bot.rules.wording import what_it_asks_for
from bot.terminal.output import console, table

_MENTION = re.compile(r"<(?:@|!subteam\^)(\w+)>")


def print_explanation(told: Explanation, why_nobody: str) -> None:
    out, key = console(), told.key
    out.print(Text(f"{told.name} · {key.account.name} ({key.account.id}) · {key.region}\n{key.arn}\n"))
    out.print(Text(which_decides(told)))
    out.print(Text(f"{who_is_left(told)}{f' {why_nobody}' if told.strength is None else ''}"))
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


def explanation_as_json(told: Explanation, why_nobody: str) -> dict[str, object]:
    key, rule = told.key, told.rule
    return {
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
        "facts": {fact.name: None if fact.values is None else list(fact.values) for fact in told.facts if not fact.why},
        "unread": {fact.name: fact.why for fact in told.facts if fact.why},
    }


def plainly(sentence: str) -> str:
    """Write Slack's mentions as the ids that stand in the file."""
    return _MENTION.sub(r"\1", sentence)
