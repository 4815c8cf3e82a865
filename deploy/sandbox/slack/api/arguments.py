"""Taking arguments out of a call as Slack reads them: strings of a form, or JSON."""

import json

from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import Json


def required(args: Json, name: str) -> str:
    """Errors: `invalid_arguments`, with the name."""
    value = args.get(name)
    if value in (None, ""):
        raise SlackError("invalid_arguments", [f"[ERROR] missing required field: {name}"])
    return str(value)


def flag(args: Json, name: str, default: bool) -> bool:  # noqa: FBT001 - the default is the point
    value = args.get(name)
    return default if value in (None, "") else str(value).lower() in {"1", "true"}


def as_json(value: object) -> object:
    """What a form carries as JSON in a string. Errors: `invalid_arguments`."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise SlackError("invalid_arguments", ["[ERROR] must be valid JSON"]) from None


def page(items: list[Json], args: Json, default: int, most: int) -> tuple[list[Json], str]:
    """One page and the cursor of the next. Errors: `invalid_limit`, `invalid_cursor`."""
    given = str(args.get("limit") or default)
    if not given.isdigit() or not 1 <= int(given) <= most:
        raise SlackError("invalid_limit")
    cursor = str(args.get("cursor") or "")
    if cursor and not cursor.removeprefix("next:").isdigit():
        raise SlackError("invalid_cursor")
    start = int(cursor.removeprefix("next:") or 0)
    end = start + int(given)
    return items[start:end], f"next:{end}" if end < len(items) else ""


def require_scope(state: State, needed: str) -> None:
    """Errors: `missing_scope`, with what was needed and what was granted."""
    granted = state.workspace.app.scopes
    if needed not in granted:
        raise SlackError("missing_scope", needed=needed, provided=",".join(sorted(granted)))
