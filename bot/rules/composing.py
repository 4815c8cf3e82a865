"""What a digest says, made of its comparison."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from bot.models.digests import Comparison, DigestContent, DigestForm, OpenKey, Quiet, ToldElsewhere
from bot.rules.digest import MOST_PAGES, form_of, in_pages, rows_shown


@dataclass(frozen=True, slots=True)
class Plan:
    """How a digest is to be: so many keys in the message itself, of this part of the keys, its days in this time zone.

    `in_full` is one that somebody asked for; any other keeps quiet on quiet days, as `quiet` says. `mention_owners` has
    its thread mention whose the open keys are. `hidden` are patterns of accounts that are left out of it.
    `elsewhere` are the parts of its keys that other channels hear of as well.
    """

    top: int
    scope: str
    timezone: str
    quiet: Quiet
    in_full: bool
    mention_owners: bool = True
    hidden: tuple[str, ...] = ()
    elsewhere: tuple[ToldElsewhere, ...] = ()


def compose(compared: Comparison, plan: Plan, at: datetime) -> DigestContent:
    """Make the content of a digest; a short one shows no keys."""
    before = compared.before
    zone = ZoneInfo(plan.timezone)
    as_of = compared.scan.finished_at or compared.scan.started_at
    top = tuple(key for key in compared.first[: plan.top] if not key.is_snoozed)
    whole = DigestContent(
        as_of=as_of,
        summary=compared.summary,
        previous_summary=None if before is None else before.content.summary,
        delta=compared.delta,
        top=top,
        open_total=compared.summary.non_compliant,
        coverage_failures=compared.gaps.failures,
        failures_total=compared.gaps.failures_total,
        unread_keys=compared.gaps.unread,
        unread_total=compared.gaps.unread_total,
        scope=plan.scope,
        made_on=at.astimezone(zone).date(),
        before_on=None if before is None else before.created_at.astimezone(zone).date(),
        is_newer=before is None or as_of > before.content.as_of,
        affairs=compared.affairs,
        hidden=plan.hidden,
        hidden_accounts=compared.hidden_accounts,
        timezone=plan.timezone,
        elsewhere=plan.elsewhere,
    )
    form = form_of(whole, None if before is None else before.content, plan.quiet, in_full=plan.in_full)
    if form is not DigestForm.FULL:
        return replace(whole, form=form, top=())
    if plan.mention_owners:
        whole = replace(whole, ownership=compared.ownership)
    return _with_thread(whole, compared.first[len(top) :], plan.top)


def _with_thread(content: DigestContent, others: Sequence[OpenKey], top: int) -> DigestContent:
    pages = _paged(others)
    is_file = rows_shown(top, content.open_total) < content.open_total or len(pages) > MOST_PAGES
    return replace(content, rest=() if is_file else pages, rest_is_file=is_file)


def _paged(keys: Sequence[OpenKey]) -> tuple[tuple[OpenKey, ...], ...]:
    rows = iter(keys)
    return tuple(tuple(islice(rows, count)) for count in in_pages(map(_length, keys)))


def _length(key: OpenKey) -> int:
    """Count the characters of a key's line: what others wrote, and about as many of ours."""
    return sum(map(len, (key.name, key.account_name, key.region, key.message, key.owner or key.team or ""))) + 60
