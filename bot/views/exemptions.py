"""What is exempt, and until when: the answer to `exemptions`, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.models.exemptions import Exemption
from bot.models.keys import KeyArn
from bot.models.messages import Block, Rendered
from bot.views.budget import message
from bot.views.excuse import about
from bot.views.names import (
    COMMAND,
    EXEMPTIONS_PAGE,
    RENEW_EXEMPTION,
    WITHDRAW_EXEMPTION,
    action_id,
)
from bot.views.pages import Page, headed, turns
from bot.views.parts import Element, actions, button, confirm, context, note
from bot.views.rich import Inline, bold, rich
from bot.views.sentences import fallback
from bot.views.words import counted, cut

PAGE_EXEMPTIONS = 8


@dataclass(frozen=True, slots=True)
class ExemptionsPage:
    """One page of the exemptions that hold, counted from 1; `waiting` counts the requests for others.

    `places` are the name and the account's name of each key, by its ARN, as far as the last scan knows it.
    """

    scope: str
    shown: Sequence[Exemption]
    page: int
    pages: int
    total: int
    waiting: int = 0
    places: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        found: Sequence[Exemption],
        scope: str,
        number: int,
        waiting: int = 0,
        places: Mapping[str, tuple[str, str]] | None = None,
    ) -> "ExemptionsPage":
        """Cut out a page; the nearest one where the number is out of range."""
        page = Page.of(found, number, PAGE_EXEMPTIONS)
        return cls(scope, page.shown, page.number, page.pages, page.total, waiting, places or {})


def exemptions(page: ExemptionsPage) -> Rendered:
    """Each with what it covers, why, by whom, and what can be done about it; the one that ends first comes first."""
    title = _title(page)
    blocks: list[Block] = [headed(title, page.page, page.pages)]
    for each in page.shown:
        blocks += _row(each, page.places)
    blocks += turns(EXEMPTIONS_PAGE, page.scope, page.page, page.pages)
    if page.waiting:
        wait = f"{counted(page.waiting, 'request waits', 'requests wait')} for approval: {COMMAND} requests."
        blocks.append(context(note(wait)))
    return message(fallback(f"{title}."), blocks)


def _title(page: ExemptionsPage) -> str:
    if not page.total:
        return f"No exemption matches {cut(page.scope, 200)}" if page.scope else "No key is exempt"
    matching = f" matching {cut(page.scope, 200)}" if page.scope else ""
    return f"{counted(page.total, 'exemption')}{matching}{', the next to end first' if page.total > 1 else ''}"


def _row(exemption: Exemption, places: Mapping[str, tuple[str, str]]) -> list[Block]:
    name = places.get(exemption.scope.arn, ("", ""))[0] or exemption.name
    head: list[Inline] = [bold(cut(name, 200)), _where(exemption, places)]
    return [rich(head, *about(exemption)), *_acts(exemption)]


def _where(exemption: Exemption, places: Mapping[str, tuple[str, str]]) -> str:
    if not exemption.scope.is_one_key:
        return ""
    key = KeyArn.parse(exemption.scope.arn)
    _, account = places.get(exemption.scope.arn, ("", key.account))
    return f" – {cut(account, 60)} · {key.region}"


def _acts(exemption: Exemption) -> list[Block]:
    """What is declared is changed where it is declared."""
    if exemption.is_declared:
        return []
    name = cut(exemption.name, 100)
    sure = confirm(
        "Withdraw this exemption?",
        f"Keys that it covers and that still do not comply are open again at once. It is the exemption of {name}.",
        "Withdraw",
        "Not now",
    )
    renew: Element = button(
        "Renew …", action_id(RENEW_EXEMPTION, exemption.id), exemption.id, spoken=f"Renew the exemption of {name}"
    )
    withdraw = button(
        "Withdraw",
        action_id(WITHDRAW_EXEMPTION, exemption.id),
        exemption.id,
        confirm=sure,
        spoken=f"Withdraw the exemption of {name}",
    )
    return [actions(renew, withdraw)]
