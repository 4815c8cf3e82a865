"""Messages, modals and Home tabs as wholes. Source: docs.slack.dev/surfaces, and limits measured by Slack's users."""

import json
from typing import Any

from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.things import interactive, texts
from deploy.sandbox.slack.validation.blocks import SURFACES
from deploy.sandbox.slack.validation.rules import (
    Problems,
    Rule,
    array,
    boolean,
    by_type,
    plain,
    problem,
    record,
    string,
)

MESSAGE_CHARACTERS = 13_200
VIEW_BYTES = 250_000
MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}

_COMMON: dict[str, Rule] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
_MODAL: dict[str, Rule] = {
    **_COMMON,
    "close": plain(24),
    "submit": plain(24),
    "clear_on_close": boolean,
    "notify_on_close": boolean,
    "submit_disabled": boolean,
}
VIEWS: dict[str, Rule] = {
    "modal": record({"title": plain(24), "blocks": array(by_type(SURFACES["modal"]), MOST_BLOCKS["modal"], 0)}, _MODAL),
    "home": record({"blocks": array(by_type(SURFACES["home"]), MOST_BLOCKS["home"], 0)}, _COMMON),
}


def blocks_for_message(raw: object) -> list[dict[str, Any]]:
    """The blocks, as an array or as JSON in a string, once they have been found good.

    Errors: `invalid_blocks_format`, `invalid_blocks` with a pointer to each mistake, `msg_blocks_too_long`.
    """
    blocks = _parsed(raw, "invalid_blocks_format")
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    problems: Problems = []
    array(by_type(SURFACES["message"]), MOST_BLOCKS["message"], 0)(blocks, "/blocks", problems)
    if not problems:
        _block_ids_differ(blocks, "/blocks", problems)
        _action_ids_differ(list(enumerate(blocks)), "/blocks", problems)
        _one_table(blocks, problems)
    if problems:
        raise SlackError("invalid_blocks", problems)
    if sum(map(len, texts(blocks))) > MESSAGE_CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    return blocks


def view(raw: object, kind: str) -> dict[str, Any]:
    """The view, as an object or as JSON in a string. Errors: `invalid_arguments` with pointers, `view_too_large`."""
    body = _parsed(raw, "invalid_arguments")
    problems: Problems = []
    by_type({kind: VIEWS[kind]})(body, "/view", problems)
    if not problems:
        _block_ids_differ(body["blocks"], "/view/blocks", problems)
        for numbered in enumerate(body["blocks"]):
            _action_ids_differ([numbered], "/view/blocks", problems)
        if kind == "modal":
            _inputs_can_be_submitted(body, problems)
            _one_focus(body["blocks"], problems)
    if problems:
        raise SlackError("invalid_arguments", problems)
    if len(json.dumps(body).encode()) > VIEW_BYTES:
        raise SlackError("view_too_large")
    return dict(body)


def _parsed(raw: object, error: str) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(raw, str):
        return raw
    try:
        return json.loads(raw)
    except ValueError:
        raise SlackError(error) from None


def _block_ids_differ(blocks: list[dict[str, Any]], pointer: str, problems: Problems) -> None:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        _note_twice(block.get("block_id"), seen, f"{pointer}/{index}/block_id", problems)


def _action_ids_differ(blocks: list[tuple[int, dict[str, Any]]], pointer: str, problems: Problems) -> None:
    """In a message no two are alike; in a view, whose state is kept by block, no two in one block."""
    seen: set[str] = set()
    for index, block in blocks:
        for place, element in interactive(block):
            _note_twice(element.get("action_id"), seen, f"{pointer}/{index}/{place}/action_id", problems)


def _note_twice(name: str | None, seen: set[str], pointer: str, problems: Problems) -> None:
    if name is None:
        return
    if name in seen:
        problem(problems, f"`{pointer.rpartition('/')[2]}` already exists: {name}", pointer)
    seen.add(name)


def _one_table(blocks: list[dict[str, Any]], problems: Problems) -> None:
    tables = [index for index, block in enumerate(blocks) if block["type"] == "table"]
    for index in tables[1:]:
        problem(problems, "only one table is allowed in a message", f"/blocks/{index}")


def _inputs_can_be_submitted(body: dict[str, Any], problems: Problems) -> None:
    if body.get("submit") is None and any(block["type"] == "input" for block in body["blocks"]):
        problem(problems, "`submit` is required when an input block is within the blocks array", "/view/submit")


def _one_focus(blocks: list[dict[str, Any]], problems: Problems) -> None:
    focused = [
        index for index, block in enumerate(blocks) for _, item in interactive(block) if item.get("focus_on_load")
    ]
    for index in focused[1:]:
        problem(problems, "only one element may have focus_on_load", f"/view/blocks/{index}")
