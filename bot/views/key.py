"""One key in full."""

from bot.models.exemptions import Exemption
from bot.models.keys import Finding, KeyMetadata, MultiRegionRole, Reason, Verdict
from bot.models.messages import Block, Rendered
from bot.models.on_demand import Obstacle, ObstacleReason
from bot.models.posture import KeyDetails
from bot.models.requests import Change, ChangeKind, ChangeState, Request
from bot.rules.on_demand import MOST_ON_DEMAND, count_on_demand, find_obstacle
from bot.views.budget import message
from bot.views.excuse import about
from bot.views.moments import DAY, date, moment
from bot.views.names import ROTATE, action_id
from bot.views.parts import Element, actions, button, context, mrkdwn, note
from bot.views.price import BASE_PRICE, MOST_ADDED
from bot.views.rich import Inline, bold, bullets, code, rich
from bot.views.rows import change_of, enable_button, more_menu, request_lines
from bot.views.sentences import fallback
from bot.views.words import counted, cut

VERDICT_MARKS = {
    Verdict.COMPLIANT: "✅ Compliant",
    Verdict.NON_COMPLIANT: "❌ Not compliant",
    Verdict.NOT_APPLICABLE: "➖ Not applicable",
    Verdict.INSUFFICIENT_DATA: "⚠️ Unknown",
}
MOST_TAGS = 10
MOST_ROTATIONS = 5
MOST_EXEMPTIONS = 3


def key_details(details: KeyDetails) -> Rendered:
    finding = details.finding
    blocks: list[Block] = [
        rich(
            bold(cut(finding.name, 200)),
            [f"{cut(finding.account_name, 60)} ({finding.account}) · {finding.region}"],
            code(finding.arn),
        ),
        rich([bold(VERDICT_MARKS[finding.verdict]), f" – {cut(finding.message, 500)}"]),
        *map(_exempt, details.exemptions[:MOST_EXEMPTIONS]),
        bullets(*_facts(details)),
    ]
    request = details.request
    change = None if request is None else change_of(request, finding.arn)
    if request is not None and change is not None:
        blocks.append(context(*_last_asked(request, change, finding)))
    buttons = [] if request is not None and request.is_open else _buttons(details)
    if buttons:
        blocks.append(actions(*buttons))
    act = "Tried to read it" if finding.verdict is Verdict.INSUFFICIENT_DATA else "Read from AWS"
    blocks.append(context(mrkdwn(f"{act} {date(details.read_at)}."), *_unread(details)))
    return message(fallback(f"{cut(finding.name, 200)}: {cut(finding.message, 500)}"), blocks)


def _last_asked(request: Request, change: Change, finding: Finding) -> list[Element]:
    """What became of the last request. That rotation is on is not told of a key whose rotation was undone since."""
    lines = request_lines(request, change)
    was_on = change.kind is ChangeKind.ENABLE_ROTATION and change.state in {
        ChangeState.SUCCEEDED,
        ChangeState.NOT_NEEDED,
    }
    if was_on and finding.verdict is Verdict.NON_COMPLIANT:
        return [lines[0], note("The key does not comply any more.")]
    return lines


def _buttons(details: KeyDetails) -> list[Element]:
    """Enable, rotate now, and a menu of what else there is for an open key that is not exempt."""
    is_open = details.finding.verdict is Verdict.NON_COMPLIANT
    enable = [enable_button(details.handle, details.finding.name)] if is_open else []
    menu = [more_menu(details.handle)] if is_open and not details.exemptions else []
    return [*enable, *_rotate(details), *menu]


def _rotate(details: KeyDetails) -> list[Element]:
    if details.metadata is None or details.status is None or details.rotations is None:
        return []
    if find_obstacle(details.metadata, details.status, details.rotations) is not None:
        return []
    used = count_on_demand(details.rotations)
    rotate = button(
        "Rotate now …",
        action_id(ROTATE, details.handle),
        rotation_value(details.handle, used),
        spoken=f"Rotate {details.finding.name} now",
    )
    return [rotate]


def rotation_value(handle: str, used: int) -> str:
    """What the button carries: which key, and how often it had been rotated on demand when it was shown."""
    return f"{handle} {used}"


def read_rotation_value(value: str) -> tuple[str, int | None]:
    """Read it back. The number is only told to whoever pressed; AWS is asked before anything is done."""
    handle, _, used = value.partition(" ")
    is_number = used.isascii() and used.isdecimal() and int(used) <= MOST_ON_DEMAND
    return handle, int(used) if is_number else None


def _exempt(exemption: Exemption) -> Block:
    name = "" if exemption.scope.is_one_key else f" by “{cut(exemption.name, 200)}”"
    return rich([bold(f"⏸️ Exempt{name}")], *about(exemption))


def _obstacle(details: KeyDetails) -> Obstacle | None:
    """What keeps a key from being rotated now, as far as it was read."""
    if details.metadata is None or details.status is None or details.rotations is None:
        return None
    return find_obstacle(details.metadata, details.status, details.rotations)


def _facts(details: KeyDetails) -> list[Inline | list[Inline]]:
    finding, status = details.finding, details.status
    facts: list[Inline | list[Inline]] = []
    if finding.next_rotation is not None:
        facts.append(["Next rotation ", moment(finding.next_rotation, DAY)])
    if details.metadata is not None:
        facts += _described(details.metadata)
    if len(finding.aliases) > 1:
        names = (alias.removeprefix("alias/") for alias in finding.aliases)
        facts.append(f"Aliases: {cut(', '.join(names), 500)}")
    if details.rotations is not None and (status is not None or details.rotations):
        facts.append(_history(details))
        facts += _on_demand(details)
        if _is_paid_for(details):
            facts.append(_price(len(details.rotations)))
    if finding.owner:
        facts.append(f"Owner: {cut(finding.owner, 200)}")
    if finding.managed_by:
        facts.append(f"Managed by {cut(finding.managed_by, 200)}")
    if details.tags:
        shown = [f"{name}={value}" for name, value in sorted(details.tags.items())]
        more = f" and {len(shown) - MOST_TAGS} more" if len(shown) > MOST_TAGS else ""
        facts.append(f"Tags: {cut(', '.join(shown[:MOST_TAGS]), 1000)}{more}")
    return facts or ["AWS told nothing else."]


def _described(metadata: KeyMetadata) -> list[Inline | list[Inline]]:
    facts: list[Inline | list[Inline]] = [_kind(metadata)]
    if metadata.description:
        facts.append(f"Description: {cut(metadata.description, 300)}")
    if metadata.created_at is not None:
        facts.append(["Created ", moment(metadata.created_at, DAY)])
    if metadata.deletion_date is not None:
        facts.append(["To be deleted ", moment(metadata.deletion_date, DAY)])
    return facts


def _kind(metadata: KeyMetadata) -> str:
    is_single = metadata.multi_region_role == MultiRegionRole.SINGLE
    role = "" if is_single else f" · multi-Region {metadata.multi_region_role.lower()}"
    return f"{metadata.state} · {metadata.spec} · {metadata.usage} · {metadata.origin}{role}"


def _history(details: KeyDetails) -> list[Inline]:
    rotations = details.rotations or ()
    if not rotations:
        return ["Not rotated so far"]
    newest = rotations[::-1][:MOST_ROTATIONS]
    line: list[Inline] = [f"Rotated {counted(len(rotations), 'time')}: "]
    for number, rotation in enumerate(newest):
        line += [", " if number else "", moment(rotation.at, DAY), " (on demand)" if rotation.is_on_demand else ""]
    return [*line, f" and {len(rotations) - len(newest)} before" if len(rotations) > len(newest) else ""]


def _on_demand(details: KeyDetails) -> list[Inline | list[Inline]]:
    """How much is left of what AWS allows, where that says anything."""
    obstacle = _obstacle(details)
    if obstacle is not None and obstacle.reason in {ObstacleReason.LIMIT_REACHED, ObstacleReason.UNDER_WAY}:
        return [obstacle.sentence]
    used = count_on_demand(details.rotations or ())
    return [f"Rotated on demand {used} of the {MOST_ON_DEMAND} times that AWS allows"] if used else []


def _price(rotations: int) -> str:
    now = f"Price: ${BASE_PRICE + min(rotations, MOST_ADDED)} a month"
    if rotations >= MOST_ADDED:
        return f"{now}; further rotations add nothing"
    return f"{now} now, ${BASE_PRICE + MOST_ADDED} once it has rotated twice, and no more than that"


def _is_paid_for(details: KeyDetails) -> bool:
    """AWS managed keys and keys that wait to be deleted cost nothing."""
    return (
        details.metadata is not None
        and details.metadata.manager == "CUSTOMER"
        and details.finding.reason is not Reason.PENDING_DELETION
    )


def _unread(details: KeyDetails) -> list[dict[str, object]]:
    return [note(f"⚠️ {part.what} could not be read: {part.sentence}") for part in details.unread]
