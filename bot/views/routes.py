"""Where digests go and when: the list, the modal in which that is edited, and what came of it."""

from collections.abc import Sequence
from datetime import datetime

from bot.models.messages import Block, Rendered
from bot.rules.audience import Audience
from bot.views.budget import message
from bot.views.form import edit_choice
from bot.views.moments import moment
from bot.views.names import (
    BACK,
    BACK_BLOCK,
    BACK_INPUT,
    CHANNEL_BLOCK,
    CHANNEL_INPUT,
    ROUTE_MODAL,
    SCHEDULE_BLOCK,
    SCHEDULE_INPUT,
    ZONE_BLOCK,
    ZONE_INPUT,
)
from bot.views.parts import Element, actions, context, label, note, plain
from bot.views.rich import Inline, bold, code, rich, user
from bot.views.sentences import said
from bot.views.words import counted, cut

MOST_ROUTES = 20
TITLE = "Edit a digest"

When = tuple[Audience, datetime | None]
"""A digest, and when it is told next."""


def routes(digests: Sequence[When], *, may_edit: bool) -> Rendered:
    """All digests, the default first; whoever may edit them can choose one."""
    blocks: list[Block] = [rich(*_lines(audience, next_at)) for audience, next_at in digests[:MOST_ROUTES]]
    if len(digests) > MOST_ROUTES:
        blocks.append(context(note(f"And {counted(len(digests) - MOST_ROUTES, 'more digest')}.")))
    if may_edit:
        blocks.append(actions(edit_choice([audience for audience, _ in digests])))
    goes = "One digest goes" if len(digests) == 1 else f"{len(digests)} digests go"
    return message(f"{goes} out; here is where to and when.", blocks)


def edit_route(audience: Audience, declared: Audience) -> Element:
    """The modal: where a digest goes and when. `declared` is what the file says of it."""
    blocks: list[Block] = [rich(*_head(audience))]
    if audience.edit is not None and audience.edit.terms.is_any:
        blocks.append(rich(_edited(audience), *_unread(audience)))
    blocks += [
        _input(
            CHANNEL_BLOCK,
            "Channel",
            {
                "type": "conversations_select",
                "action_id": CHANNEL_INPUT,
                "initial_conversation": audience.channel,
                "filter": {"include": ["public", "private"], "exclude_bot_users": True},
            },
            "The bot must be in it.",
        ),
        _input(
            SCHEDULE_BLOCK,
            "Schedule",
            _typed(SCHEDULE_INPUT, audience.schedule),
            "A crontab line: minute, hour, day of the month, month, day of the week.",
        ),
        _input(ZONE_BLOCK, "Time zone", _typed(ZONE_INPUT, audience.timezone), "Its IANA name, such as Europe/Berlin."),
    ]
    if audience.terms != declared.terms or audience.unread:
        blocks += _back(declared)
    blocks.append(context(note("It holds from now on, and goes on record.")))
    return {
        "type": "modal",
        "callback_id": ROUTE_MODAL,
        "private_metadata": _metadata(audience),
        "title": label(TITLE, 24),
        "submit": label("Save", 24),
        "close": label("Cancel", 24),
        "blocks": blocks,
    }


def read_metadata(text: str) -> tuple[str, datetime | None]:
    """Read back which digest a modal is about, and when the edit was made that it showed. Raises ValueError."""
    name, _, seen = text.partition("\n")
    return name, datetime.fromisoformat(seen) if seen else None


def route_checking() -> Element:
    """What the modal turns into once it is sent."""
    return _closing(rich("Asking Slack about the channel …"))


def route_edited(audience: Audience, next_at: datetime | None) -> Element:
    """What it turns into where the edit was made."""
    return _closing(rich(bold("Saved."), *_lines(audience, next_at)))


def route_declined(sentence: str) -> Element:
    """What it turns into where nothing was edited, and why."""
    return _closing(said(sentence))


def _lines(audience: Audience, next_at: datetime | None) -> list[list[Inline]]:
    where: list[Inline] = ["Goes to ", {"type": "channel", "channel_id": audience.channel}, " at "]
    when: list[Inline] = [code(audience.schedule), f", {audience.timezone}; "]
    upcoming: list[Inline] = ["never."] if next_at is None else ["next ", moment(next_at), "."]
    lines = [*_head(audience), [*where, *when, *upcoming]]
    if audience.edit is not None and audience.edit.terms.is_any:
        lines += [_edited(audience), *_unread(audience)]
    return lines


def _head(audience: Audience) -> list[list[Inline]]:
    """What a digest is called, and which keys it tells of where that is not its name already."""
    scope = str(audience.scope)
    lines: list[list[Inline]] = [[bold(cut(audience.title, 200))]]
    if scope != audience.title:
        lines.append([f"Keys that match {cut(scope, 300)}" if scope else "All keys"])
    return lines


def _edited(audience: Audience) -> list[Inline]:
    if audience.edit is None:
        return []
    return ["Edited in Slack by ", user(audience.edit.edited_by), " ", moment(audience.edit.edited_at), "."]


def _unread(audience: Audience) -> list[list[Inline]]:
    """Why the times that were edited hold no longer."""
    if not audience.unread:
        return []
    return [[f"When it goes out is as in the configuration, for what was edited cannot be read: {audience.unread}"]]


def _input(block_id: str, name: str, element: Element, hint: str) -> Block:
    return {"type": "input", "block_id": block_id, "label": label(name), "hint": plain(hint), "element": element}


def _typed(action_id: str, text: str) -> Element:
    return {"type": "plain_text_input", "action_id": action_id, "initial_value": text, "max_length": 100}


def _back(declared: Audience) -> list[Block]:
    channel: Inline = {"type": "channel", "channel_id": declared.channel}
    told = rich(["The configuration says ", channel, " at ", code(declared.schedule), f", {declared.timezone}."])
    option = {"text": plain("Put back what the configuration says", 75), "value": BACK}
    ticked: Block = {
        "type": "input",
        "block_id": BACK_BLOCK,
        "optional": True,
        "label": label("Or"),
        "element": {"type": "checkboxes", "action_id": BACK_INPUT, "options": [option]},
    }
    return [told, ticked]


def _metadata(audience: Audience) -> str:
    return f"{audience.name}\n{audience.edit.edited_at.isoformat() if audience.edit else ''}"


def _closing(block: Block) -> Element:
    return {"type": "modal", "title": label(TITLE, 24), "close": label("Close", 24), "blocks": [block]}
