"""What is told of keys that code manages: that it may undo a change, and the lines by which it does not."""

from collections.abc import Sequence

from bot.models.code import Managed, Tool
from bot.models.messages import Block
from bot.rules.code_lines import lines, tools_of
from bot.views.parts import Element
from bot.views.rich import bold, rich_parts, rich_preformatted, rich_section
from bot.views.words import cut, some

MOST_NAMED = 5
_UNLESS = " The next run from there may undo the change, unless this stands there too, with the days chosen below:"
_WHERE = {
    Tool.TERRAFORM: "In Terraform, in the resource aws_kms_key:",
    Tool.OPENTOFU: "In OpenTofu, in the resource aws_kms_key:",
    Tool.PULUMI: "In Pulumi, among the arguments of the key:",
    Tool.CLOUDFORMATION: "In CloudFormation, among the properties of the key:",
}


def warning(key: Managed, period_days: int) -> Block:
    """Before a change: what may undo it, and what to write there."""
    return _told([f"⚠️ Managed by {_by(key)}.{_UNLESS}"], (key,), period_days)


def warning_of_several(keys: Sequence[Managed], period_days: int) -> Block:
    """The same for the keys of a list."""
    are = "of these keys is" if len(keys) == 1 else "of these keys are"
    names = some([each.key_name for each in keys], MOST_NAMED)
    return _told([f"⚠️ {len(keys):,} {are} managed by code: {names}.{_UNLESS}"], keys, period_days)


def reminder(keys: Sequence[Managed], period_days: int) -> Block:
    """After a change: what to write so that the next run does not undo it."""
    so_that = " So that the next run from there does not undo the change, write there as well:"
    return _told([*_named(keys), so_that], keys, period_days)


def suspicion(keys: Sequence[Managed], period_days: int) -> Block:
    """After a change was undone: what may have done it, and what to write there."""
    so_that = " A run from there may be what undid the change. So that the next one does not, write there as well:"
    return _told([*_named(keys), so_that], keys, period_days)


def _named(keys: Sequence[Managed]) -> list[str | Element]:
    if len(keys) == 1:
        return [bold(cut(keys[0].key_name, 100)), f" is managed by {_by(keys[0])}."]
    names = some([each.key_name for each in keys], MOST_NAMED)
    return [f"{len(keys):,} of these keys are managed by code: {names}."]


def _told(said: list[str | Element], keys: Sequence[Managed], period_days: int) -> Block:
    tools = tools_of(keys)
    pieces = [rich_section(*said)]
    for tool in tools:
        if len(tools) > 1 or keys[0].tool is None:
            pieces.append(rich_section(_WHERE[tool]))
        pieces.append(rich_preformatted(lines(tool, period_days)))
    return rich_parts(*pieces)


def _by(key: Managed) -> str:
    known_as = f" under the logical id {cut(key.logical_id, 100)}" if key.logical_id else ""
    return f"{cut(key.by, 200)}{known_as}"
