"""What those hear in a direct message who asked for a fix or approved it, and it did not last."""

from collections.abc import Mapping, Sequence

from bot.models.code import Managed
from bot.models.keys import Verdict
from bot.models.messages import Block, Rendered
from bot.models.undone import UndoneFix
from bot.rules.code_lines import managed
from bot.views.budget import message
from bot.views.code import suspicion
from bot.views.moments import date
from bot.views.parts import Element, actions, context, mrkdwn, note
from bot.views.rich import bold, code, rich
from bot.views.rows import enable_button
from bot.views.sentences import fallback
from bot.views.words import counted, cut, people

MOST_SHOWN = 10
THE_BOT_DOES_NOT = "The bot itself never switches rotation off. /kms-rotation history shows what it did."


def undone(fixes: Sequence[UndoneFix]) -> Rendered:
    """Of each key when it was fixed, on whose word, and what it is like now; with a button to ask again."""
    first = cut(fixes[0].change.key_name, 100)
    title = f"The fix of {first} was undone"
    if len(fixes) > 1:
        title = f"The fixes of {first} and {counted(len(fixes) - 1, 'more key')} were undone"
    blocks: list[Block] = [rich(["⚠️ ", bold(title)])]
    for fix in fixes[:MOST_SHOWN]:
        blocks += _fix(fix)
    if len(fixes) > MOST_SHOWN:
        left = counted(len(fixes) - MOST_SHOWN, "more key")
        blocks.append(context(note(f"… and {left}: /kms-rotation list shows what is open.")))
    blocks += [suspicion(keys, period_days) for period_days, keys in _by_period(fixes).items()]
    blocks.append(context(note(THE_BOT_DOES_NOT)))
    told = f"{title}: rotation had been enabled on a request, and is not as it was asked for any more."
    return message(fallback(told), blocks)


def _fix(fix: UndoneFix) -> list[Block]:
    change = fix.change
    head = rich(
        bold(cut(change.key_name, 200)),
        [f"{cut(change.account_name, 60)} · {change.region}"],
        code(change.arn),
    )
    told: list[Element] = [mrkdwn(f"{_enabled(fix)} Found undone {date(fix.found_at)}.")]
    if fix.finding is not None:
        told.append(note(f"As last read: {cut(fix.finding.message, 300)}"))
    is_open = fix.finding is not None and fix.finding.verdict is Verdict.NON_COMPLIANT and not fix.finding.exempt_until
    button = [actions(enable_button(fix.handle, change.key_name))] if is_open else []
    return [head, context(*told), *button]


def _enabled(fix: UndoneFix) -> str:
    request, at = fix.request, fix.change.finished_at
    when = f" {date(at)}" if at is not None else ""
    if request.glass is not None:
        word = f"<@{request.glass.user_id}> broke the glass"
    elif request.approvers:
        word = f"approved by {people(request.approvers)}"
    else:
        word = "approved beforehand by a rule"
    return f"Enabled{when}, every {fix.change.period_days} days: asked for by <@{request.requester}>, {word}."


def _by_period(fixes: Sequence[UndoneFix]) -> Mapping[int, Sequence[Managed]]:
    """Name the keys that code manages by the days between rotations that each was enabled with."""
    found: dict[int, list[Managed]] = {}
    for fix in fixes:
        if (key := _managed(fix)) is not None:
            found.setdefault(fix.change.period_days, []).append(key)
    return found


def _managed(fix: UndoneFix) -> Managed | None:
    return None if fix.finding is None else managed(fix.change.key_name, fix.finding.managed_by, fix.finding.tags)
