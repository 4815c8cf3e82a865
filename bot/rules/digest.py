"""What a digest makes of its comparison: whether things are better or worse, what to do first, how much it shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from bot.models.digests import Delta, DeltaKind, DigestContent, DigestForm, OpenKey, Quiet
from bot.models.gaps import Gaps
from bot.models.requests import ChangeKind, ChangeState, Request, RequestState
from bot.models.scans import CoverageStatus
from bot.rules.filters import Filter

MOST_NAMES = 5
"""So many keys of each kind of change are named; the others are counted."""

PAGE_ROWS = 60
PAGE_CHARACTERS = 9000
"""Slack refuses messages of about 13,200 characters; a page keeps well below."""

MOST_PAGES = 15
"""Past that a thread helps nobody: the keys come as a file."""


MOST_AFFAIRS = 5
"""So many requests that wait, and so many exemptions that end, are named; the others are counted."""

LAPSING_WITHIN = timedelta(days=7)
"""An exemption that ends within this time is told of beforehand."""

_BAD = (DeltaKind.NEW, DeltaKind.REGRESSED)
_NEWS = (*_BAD, DeltaKind.FIXED, DeltaKind.LAPSED)


def scope_of(content: DigestContent) -> Filter:
    """The part of the keys that a digest is about, those left out that its channel is not shown."""
    return replace(Filter.parse(content.scope), hidden=content.hidden)


class Standing(StrEnum):
    """How today's keys stand beside those of the digest before."""

    FIRST = "first"
    """There was none before."""
    INCOMPARABLE = "incomparable"
    """The one before knew no key that can rotate."""
    BETTER = "better"
    WORSE = "worse"
    EVEN = "even"
    """Something has changed, and neither to the better nor to the worse."""
    SAME = "same"
    UNSURE = "unsure"
    """What could not be read, or was not, may hide something worse."""


def verdict(delta: Delta | None, *, is_first: bool, is_read: bool) -> Standing:
    """Say whether things are better or worse than in the digest before.

    More keys fixed than new and open again is better, fewer is worse. `is_read` says that all was read, and since the
    digest before: what was not may hide keys that are worse, so nothing is called better, or the same, without it.
    """
    if is_first:
        return Standing.FIRST
    if delta is None:
        return Standing.INCOMPARABLE
    balance = delta.total(DeltaKind.FIXED) - sum(map(delta.total, _BAD))
    if balance < 0:
        return Standing.WORSE
    if not is_read:
        return Standing.UNSURE
    if balance > 0:
        return Standing.BETTER
    return Standing.EVEN if any(map(delta.total, _NEWS)) else Standing.SAME


def is_all_read(content: DigestContent) -> bool:
    """Say that nothing is hidden: every target and key was read, in a scan since the digest before."""
    lost = 0 if content.delta is None else content.delta.total(DeltaKind.UNREAD)
    return content.is_newer and not content.gaps and not lost


def standing(content: DigestContent) -> Standing:
    return verdict(content.delta, is_first=content.previous_summary is None, is_read=is_all_read(content))


def form_of(content: DigestContent, before: DigestContent | None, quiet: Quiet, *, in_full: bool) -> DigestForm:
    """Say how much of a digest is posted. `in_full` is for one that somebody asked for: they want to see it."""
    if in_full or quiet is Quiet.FULL or before is None or not is_quiet(content, before):
        return DigestForm.FULL
    if quiet is Quiet.LINE:
        return DigestForm.LINE
    is_said = before.form in {DigestForm.LAST_LINE, DigestForm.SILENT}
    return DigestForm.SILENT if is_said else DigestForm.LAST_LINE


def is_quiet(content: DigestContent, before: DigestContent) -> bool:
    """Say that nothing is to be told: no news, nothing unread that was read before, nothing that waits or ends.

    Where no scan has ended since, that is news: nobody knows what has changed.
    """
    delta = content.delta
    if delta is None or not content.is_newer or content.affairs.are_pending or any(map(delta.total, _NEWS)):
        return False
    lost_before = 0 if before.delta is None else before.delta.total(DeltaKind.UNREAD)
    return delta.total(DeltaKind.UNREAD) == lost_before and _places(content.gaps) == _places(before.gaps)


def first_to_do(keys: Sequence[OpenKey], requests: Mapping[str, Request]) -> OpenKey | None:
    """Choose the first key of a digest for which nothing is under way; `requests` are the newest of each, by ARN."""
    return next((key for key in keys if not _is_taken_care_of(key, requests.get(key.arn))), None)


def rows_shown(top: int, total: int) -> int:
    """Say how many of the open keys a digest shows at most, in its message and on the pages of its thread."""
    return total if total <= top + MOST_PAGES * PAGE_ROWS else top


def in_pages(lengths: Iterable[int]) -> list[int]:
    """Say how many rows each page holds, given the characters that each row takes."""
    pages: list[int] = []
    room = 0
    for length in lengths:
        if not pages or length > room or pages[-1] == PAGE_ROWS:
            pages.append(0)
            room = PAGE_CHARACTERS
        pages[-1] += 1
        room -= length
    return pages


def _is_taken_care_of(key: OpenKey, request: Request | None) -> bool:
    """Say that a key waits for approval, is being changed, or was mended since the digest was made."""
    change = None if request is None else next((each for each in request.changes if each.arn == key.arn), None)
    if request is None or change is None:
        return False
    if request.is_open:
        return True
    is_mended = change.state in {ChangeState.SUCCEEDED, ChangeState.NOT_NEEDED}
    return request.state is RequestState.DONE and is_mended and change.kind is not ChangeKind.ROTATE_ON_DEMAND


def _places(gaps: Gaps) -> tuple[frozenset[tuple[str, str, CoverageStatus]], int, frozenset[str], int]:
    failures = frozenset((each.account, each.region, each.status) for each in gaps.failures)
    return failures, gaps.failures_total, frozenset(each.arn for each in gaps.unread), gaps.unread_total
