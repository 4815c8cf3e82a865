"""Turns what pydantic found, and what it cannot find, into problems that people can mend."""

import tomllib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.errors import Problem
from bot.settings import exemptions, routes
from bot.settings.exemptions import DeclaredSection, ExemptionSection
from bot.settings.mistakes import MISTAKE, nearest, shown
from bot.settings.owners import MappingSection, OwnerMatch, Owners, Production
from bot.settings.places import Lines, Location, spell
from bot.settings.routes import Match, Route, Scanned
from bot.settings.rules import RuleSection, Written, faults
from bot.settings.section import Section
from bot.settings.tree import (
    ITEMS,
    WORD,
    AccountConditions,
    Approval,
    Digest,
    Document,
    Policy,
    Scan,
    SlackSection,
)
from bot.settings.visibility import Visibility, VisibilityRuleSection
from bot.settings.web import Log, Web

_SECTIONS: dict[tuple[str, ...], type[Section]] = {
    (): Document,
    ("slack",): SlackSection,
    ("scan",): Scan,
    ("scan", "include"): AccountConditions,
    ("scan", "exclude"): AccountConditions,
    ("policy",): Policy,
    ("digest",): Digest,
    ("digest", "route"): Route,
    ("digest", "route", "match"): Match,
    ("digest", "production"): Production,
    ("approval",): Approval,
    ("approval", "rule"): RuleSection,
    ("exemption",): ExemptionSection,
    ("exemption", "declared"): DeclaredSection,
    ("owners",): Owners,
    ("owners", "mapping"): MappingSection,
    ("owners", "mapping", "match"): OwnerMatch,
    ("visibility",): Visibility,
    ("visibility", "rule"): VisibilityRuleSection,
    ("web",): Web,
    ("log",): Log,
}
_HARMLESS = frozenset({"scan"})
"""Tables in which naming something twice changes nothing."""

_FROM_THE_ENVIRONMENT = {
    "bot_token": "SLACK_BOT_TOKEN",
    "app_token": "SLACK_APP_TOKEN",
    "signing_secret": "SLACK_SIGNING_SECRET",
    "api_url": "SLACK_API_URL",
    "database_url": "DATABASE_URL",
}
_WANTED = {
    "string_type": ("text", "Write text in quotes."),
    "int_type": ("a whole number", "Write a whole number without quotes."),
    "float_type": ("a number", "Write a number without quotes."),
    "bool_type": ("true or false", "Write true or false without quotes."),
    "tuple_type": ("a list", 'Write a list, for example ["first", "second"].'),
    "model_type": ("a table", "Write it as a table."),
}
_TOML_NAMES = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}


def syntax_problem(name: str, error: tomllib.TOMLDecodeError) -> Problem:
    """Say where the TOML breaks off. `tomllib` puts line and column into its message."""
    return Problem(name, f"{error}.", "Correct the TOML there; text needs quotes, and a table is named once.")


def document_problems(name: str, text: str, raw: dict[str, Any], error: ValidationError | None) -> list[Problem]:
    """Say all that is wrong with a file in the order of its lines. `name` is the file's, as people know it."""
    lines = Lines(text)
    found = [] if error is None else [_translate(details) for details in error.errors(include_url=False)]
    found.extend(
        (path, f"{shown(word)} is in this list twice.", "Name it once.")
        for path, word, _ in _repetitions((), raw)
        if path[0] not in _HARMLESS
    )
    found.extend(_faults_of_rules(raw.get("approval")))
    found.extend(_faults_of_routes(raw))
    found.extend(exemptions.faults(raw.get("exemption")))
    found.sort(key=lambda each: lines.of(each[0]) or 0)
    return [Problem(_place(name, lines.of(path), path), what, remedy) for path, what, remedy in found]


def harmless_repetitions(name: str, text: str, raw: dict[str, Any]) -> list[str]:
    """Say what is named twice where that does no harm: what is to be scanned is scanned once."""
    lines = Lines(text)
    return [
        f"{_place(name, lines.of(path), path)}: {shown(word)} is in this list twice, first as {spell(first)}. "
        "It counts once."
        for path, word, first in _repetitions((), raw)
        if path[0] in _HARMLESS
    ]


def _place(name: str, line: int | None, path: Location) -> str:
    return f"{name}: {spell(path)}" if line is None else f"{name}:{line}: {spell(path)}"


def _translate(details: ErrorDetails) -> tuple[Location, str, str]:
    path: Location = tuple(part for part in details["loc"] if part not in {WORD, ITEMS})
    kind, value = details["type"], details["input"]
    if kind == MISTAKE:
        return path, details["ctx"]["what"], details["ctx"]["remedy"]
    if kind == "extra_forbidden":
        return path, "There is no such setting.", _instead_of(path)
    if kind == "missing":
        return path, "It is missing.", f"Add {path[-1]} to this table."
    if kind == "literal_error":
        return path, f"{shown(value)} is not known here.", f"Write {details['ctx']['expected']} or a list."
    if kind in _WANTED:
        wanted, remedy = _WANTED[kind]
        return path, f"It is {_TOML_NAMES.get(type(value), 'a date or time')}, not {wanted}.", remedy
    return path, f"{details['msg']}.", "Correct it."


def _instead_of(path: Location) -> str:
    """Say what an unknown key may have meant."""
    *above, last = path
    section = _SECTIONS[tuple(part for part in above if isinstance(part, str))]
    if variable := _FROM_THE_ENVIRONMENT.get(str(last)):
        return f"It comes from the environment: set {variable}."
    known = [each.alias or key for key, each in section.model_fields.items()]
    near = nearest(str(last), known)
    return f"Did you mean {near}?" if near else f"Known here: {', '.join(known)}."


def _faults_of_rules(approval: object) -> Iterator[tuple[Location, str, str]]:
    """Find what is wrong between things that are sound by themselves, so that it is told at once with what is not."""
    if not isinstance(approval, dict):
        return
    lifetime = _sound(approval, "expires_after").expires_after
    if "remind_after" in approval and _sound(approval, "remind_after").remind_after >= lifetime:
        what = "The first reminder would come after a request has expired."
        yield ("approval", "remind_after"), what, 'Write less than expires_after, or "never".'
    rules = approval.get("rule")
    yield from faults(_sound_rules(rules if isinstance(rules, list) else []), lifetime)


def _faults_of_routes(raw: dict[str, Any]) -> Iterator[tuple[Location, str, str]]:
    digest, scan = raw.get("digest"), raw.get("scan")
    written = digest.get("route") if isinstance(digest, dict) else None
    scanned = Scanned(*(_listed(scan, name) for name in ("accounts", "regions")))
    yield from routes.faults(written if isinstance(written, list) else [], scanned)


def _listed(table: object, name: str) -> frozenset[str] | None:
    """Return what a list of the file names; None where it is no list, or not there."""
    items = table.get(name) if isinstance(table, dict) else None
    return frozenset(filter(lambda each: isinstance(each, str), items)) if isinstance(items, list) else None


def _sound(approval: dict[str, Any], name: str) -> Approval:
    """Read one setting alone; its default stands in for one that is unsound, which is told already."""
    try:
        return Approval.model_validate({name: approval[name]})
    except (KeyError, ValidationError):
        return Approval()


def _sound_rules(rules: list[object]) -> list[Written]:
    sound: list[Written] = []
    for position, each in enumerate(rules):
        with suppress(ValidationError):  # told already, for the whole file
            sound.append(Written(position, RuleSection.model_validate(each)))
    return sound


def _repetitions(path: Location, value: object) -> Iterator[tuple[Location, str, Location]]:
    """Find what lists name twice: where, what, and where first. Pydantic would look at whole lists only."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _repetitions((*path, key), inner)
    elif isinstance(value, list):
        first: dict[str, int] = {}
        for position, inner in enumerate(value):
            yield from _repetitions((*path, position), inner)
            if isinstance(inner, str) and first.setdefault(inner, position) != position:
                yield (*path, position), inner, (*path, first[inner])
