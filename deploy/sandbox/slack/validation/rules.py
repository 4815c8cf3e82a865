"""What the tables are made of. A rule looks at a value and notes what is wrong, with a JSON pointer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

Problems: TypeAlias = list[str]
Rule: TypeAlias = Callable[[Any, str, Problems], None]


def problem(problems: Problems, sentence: str, pointer: str) -> None:
    problems.append(f"[ERROR] {sentence} [json-pointer:{pointer}]")


def string(most: int, least: int = 1) -> Rule:
    def rule(value: object, pointer: str, problems: Problems) -> None:
        if not isinstance(value, str):
            problem(problems, "must be a string", pointer)
        elif len(value) > most:
            problem(problems, f"must be less than {most + 1} characters", pointer)
        elif len(value) < least:
            problem(problems, f"must be more than {least - 1} characters", pointer)

    return rule


def boolean(value: object, pointer: str, problems: Problems) -> None:
    if not isinstance(value, bool):
        problem(problems, "must be a boolean", pointer)


def integer(least: int = 0, most: int | None = None) -> Rule:
    def rule(value: object, pointer: str, problems: Problems) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            problem(problems, "must be an integer", pointer)
        elif value < least or (most is not None and value > most):
            problem(problems, f"must be a number from {least} to {most if most is not None else 'any'}", pointer)

    return rule


def one_of(*allowed: str) -> Rule:
    def rule(value: object, pointer: str, problems: Problems) -> None:
        if value not in allowed:
            problem(problems, f"must be one of: {', '.join(allowed)}", pointer)

    return rule


def matching(pattern: Callable[[str], object], sentence: str) -> Rule:
    """A string that `pattern` accepts, by returning what is true and raising nothing."""

    def rule(value: object, pointer: str, problems: Problems) -> None:
        if not isinstance(value, str) or not pattern(value):
            problem(problems, sentence, pointer)

    return rule


def array(item: Rule, most: int, least: int = 1) -> Rule:
    def rule(value: object, pointer: str, problems: Problems) -> None:
        if not isinstance(value, list):
            problem(problems, "must provide an array", pointer)
            return
        if len(value) > most:
            problem(problems, f"no more than {most} items allowed", pointer)
        if len(value) < least:
            problem(problems, f"no fewer than {least} items required", pointer)
        for index, inner in enumerate(value):
            item(inner, f"{pointer}/{index}", problems)

    return rule


def record(required: Mapping[str, Rule], optional: Mapping[str, Rule]) -> Rule:
    """An object with these keys and no others. `type` is allowed; whoever chose this record has looked at it."""
    known = {**required, **optional}

    def rule(value: object, pointer: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problem(problems, "must provide an object", pointer)
            return
        for key in required:
            if value.get(key) is None:
                problem(problems, f"missing required field: {key}", pointer)
        for key, inner in value.items():
            if key in known:
                if inner is not None:
                    known[key](inner, f"{pointer}/{key}", problems)
            elif key != "type":
                problem(problems, f"invalid additional property: {key}", pointer)

    return rule


def by_type(kinds: Mapping[str, Rule]) -> Rule:
    """An object whose `type` names the rule for the rest of it."""

    def rule(value: object, pointer: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problem(problems, "must provide an object", pointer)
        elif "type" not in value:
            problem(problems, "missing required field: type", pointer)
        elif not isinstance(value["type"], str) or value["type"] not in kinds:
            problem(problems, f"unsupported type: {value['type']}", f"{pointer}/type")
        else:
            kinds[value["type"]](value, pointer, problems)

    return rule


def text(most: int, kinds: Sequence[str] = ("plain_text", "mrkdwn")) -> Rule:
    """A text object. Slack says twice what is wrong in it: that no schema matched, and why."""
    body = string(most)
    inner = by_type(
        {
            kind: record({"text": body}, {"emoji": boolean} if kind == "plain_text" else {"verbatim": boolean})
            for kind in kinds
        }
    )

    def rule(value: object, pointer: str, problems: Problems) -> None:
        found: Problems = []
        inner(value, pointer, found)
        if found:
            problem(problems, "failed to match all allowed schemas", pointer)
            problems.extend(found)

    return rule


def plain(most: int) -> Rule:
    return text(most, ("plain_text",))


def every(*rules: Rule) -> Rule:
    def rule(value: object, pointer: str, problems: Problems) -> None:
        for inner in rules:
            inner(value, pointer, problems)

    return rule


def exactly_one(*keys: str) -> Rule:
    def rule(value: object, pointer: str, problems: Problems) -> None:
        if isinstance(value, dict) and sum(value.get(key) is not None for key in keys) != 1:
            problem(problems, f"must provide exactly one of: {', '.join(keys)}", pointer)

    return rule


def at_least_one(*keys: str) -> Rule:
    def rule(value: object, pointer: str, problems: Problems) -> None:
        if isinstance(value, dict) and all(value.get(key) is None for key in keys):
            problem(problems, f"must provide one of: {', '.join(keys)}", pointer)

    return rule
