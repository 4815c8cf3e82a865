"""Whose the open keys are: in a digest's thread, where those who are meant are mentioned."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.models.digests import Digest
from bot.models.messages import Rendered
from bot.models.owned import OwnedKeys
from bot.models.owners import Owner
from bot.views.budget import message as within_budget
from bot.views.parts import context, mrkdwn
from bot.views.rich import Inline, bold, bullets, code, group, rich, user
from bot.views.sentences import fallback
from bot.views.words import counted, cut, some

ALL_SNOOZED = "Nobody is mentioned: the owners that are known have snoozed their keys."

_MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class _Told:
    """What one person, group or name is told: how many keys, and the first of them."""

    owner: Owner
    total: int
    names: tuple[str, ...]


def digest_owners(message: Digest, owners: Sequence[Owner], tags: Sequence[str]) -> Rendered:
    """The owners of a digest's open keys, and who they are in Slack. `tags` are those that tell an owner."""
    ownership = message.content.ownership
    told = list(_told(ownership.owners, {each.text: each for each in owners}))
    lines = [_line(each) for each in told]
    if ownership.other_owners:
        theirs = counted(ownership.other_keys, "key")
        lines.append([f"{counted(ownership.other_owners, 'more owner')}, of {theirs} in all"])
    if ownership.ownerless:
        lines.append(_ownerless(ownership.ownerless, ownership.ownerless_names, tags))
    if ownership.unknown:
        whose = counted(ownership.unknown, "key")
        lines.append([bold("Owner unknown"), f": {whose}, whose tags could not be read"])
    if not told and not ownership.other_owners and not ownership.ownerless:
        lines.insert(0, [ALL_SNOOZED])
    title = "Whose the open keys are"
    blocks = [rich(bold(title)), bullets(*lines)]
    if any(each.owner.slack_id is None for each in told):
        blocks.append(context(mrkdwn("`[owners.people]` in the configuration says who a name is in Slack.")))
    return within_budget(fallback(_sentence(ownership.ownerless, len(told) + ownership.other_owners)), blocks)


def _told(owners: Sequence[OwnedKeys], people: Mapping[str, Owner]) -> Iterator[_Told]:
    """Put together what is meant for one person or group, however they are written; who has the most comes first."""
    found: dict[str, _Told] = {}
    for each in owners:
        owner = people.get(each.owner.strip(), Owner(each.owner))
        total, names = each.total, each.names
        for left in each.left:
            if left.person == owner.slack_id:
                total, names = left.total, left.names
        key = owner.slack_id or f"“{owner.text}”"
        before = found.get(key, _Told(owner, 0, ()))
        found[key] = _Told(owner, before.total + total, (*before.names, *names)[:_MOST_NAMES])
    yield from sorted((each for each in found.values() if each.total), key=lambda each: -each.total)


def _line(told: _Told) -> list[Inline]:
    keys = f": {counted(told.total, 'key')} – {some(told.names, _MOST_NAMES, told.total)}"
    if told.owner.slack_id is None:
        why = f" ({told.owner.why_not})" if told.owner.why_not else ""
        return [bold(cut(told.owner.text, 80)), why, keys]
    mention = group if told.owner.is_group else user
    return [mention(told.owner.slack_id), keys]


def _ownerless(total: int, names: Sequence[str], tags: Sequence[str]) -> list[Inline]:
    line: list[Inline] = [bold("No owner"), f": {counted(total, 'key')} – {some(names, _MOST_NAMES, total)}"]
    if tags:
        line.append(f". Tag {'it' if total == 1 else 'them'} with ")
        for number, tag in enumerate(tags):
            line += [" or " if number else "", code(cut(tag, 60))]
    return line


def _sentence(ownerless: int, owners: int) -> str:
    if not owners and not ownerless:
        return ALL_SNOOZED
    without = f"{counted(ownerless, 'open key')} {'has' if ownerless == 1 else 'have'} no owner"
    if not owners:
        return f"{without}."
    theirs = f"The open keys have {counted(owners, 'owner')}"
    return f"{theirs}, and {without}." if ownerless else f"{theirs}."
