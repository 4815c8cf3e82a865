"""Pictures in messages and views that are files of the workspace.

Source: docs.slack.dev/reference/block-kit/composition-objects/slack-file-object. That a file is refused for some
moments after its upload was found by Slack's users: https://github.com/slackapi/python-slack-sdk/issues/1521.
"""

import re
from collections.abc import Iterator

from deploy.sandbox.slack.errors import SlackError
from deploy.sandbox.slack.state import State
from deploy.sandbox.slack.things import File, Json
from deploy.sandbox.slack.validation.rules import Problems, problem

FILE_ID = re.compile(r"F[A-Z0-9]{8,}")
SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


def image_type(content: bytes) -> str | None:
    """What kind of picture it is, as its first bytes tell; None for what is none that Slack shows."""
    return next((kind for begins, kind in SIGNATURES.items() if content.startswith(begins)), None)


def require_pictures(state: State, blocks: list[Json], pointer: str, error: str) -> None:
    """Errors: `error` with a pointer to each file that is none, is not there yet, is no picture or another app's."""
    problems: Problems = []
    for place, named in _files(blocks, pointer):
        if "id" in named and not FILE_ID.fullmatch(str(named["id"])):
            problem(problems, "input must match regex pattern: ^[F][A-Z0-9]{8,}$", f"{place}/id")
        elif not _can_be_shown(state, find(state, named)):
            problem(problems, "invalid slack file", place)
    if problems:
        raise SlackError(error, problems)


def find(state: State, named: Json) -> File | None:
    """The file that a block names by its id, or by one of its addresses."""
    if "id" in named:
        return state.files.get(str(named["id"]))
    return next((file for file in state.files.values() if f"/files/{file.id}/" in str(named.get("url"))), None)


def _can_be_shown(state: State, file: File | None) -> bool:
    return (
        file is not None
        and file.shared
        and file.content is not None
        and image_type(file.content) is not None
        and file.owner == state.workspace.app.bot_user
        and file.ready_at <= state.clock.now()
    )


def _files(part: object, pointer: str) -> Iterator[tuple[str, Json]]:
    """Every file object, with where it stands."""
    if isinstance(part, dict):
        for name, inner in part.items():
            if name == "slack_file" and isinstance(inner, dict):
                yield f"{pointer}/{name}", inner
            else:
                yield from _files(inner, f"{pointer}/{name}")
    elif isinstance(part, list | tuple):
        for index, inner in enumerate(part):
            yield from _files(inner, f"{pointer}/{index}")
