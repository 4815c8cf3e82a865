"""Digests for the gallery: what every one says, and what a sample changes of it."""

from dataclasses import replace
from datetime import date

from bot.models.affairs import Affairs
from bot.models.anchor import Anchor
from bot.models.digests import Digest, DigestContent, OpenKey
from bot.models.scans import Summary
from bot.rules.digest import MOST_NAMES
from deploy.sandbox.gallery.things import CHANNEL, NOW, SUMMARY, later

ANCHOR = Anchor(1234, "9f86d081884c7d65" * 4)
BEFORE = Summary(compliant=14, non_compliant=24, not_applicable=20, insufficient_data=1)
ALL_WELL = Summary(compliant=38, not_applicable=20)
YESTERDAY = date(2026, 3, 1)
OLD = later(days=-41)


def plain_digest(summary: Summary = SUMMARY, *keys: OpenKey, **changes: object) -> Digest:
    """Make a digest that compares with none, and has no anchor, but for what is changed."""
    plain = DigestContent(
        as_of=later(minutes=-20),
        summary=summary,
        previous_summary=None,
        delta=None,
        top=keys,
        open_total=summary.non_compliant,
        coverage_failures=(),
        unread_keys=(),
        unread_total=0,
    )
    return Digest("d1", "default", CHANNEL, NOW, replace(plain, **changes))  # type: ignore[arg-type]  # any field


def digest_of(summary: Summary = SUMMARY, *keys: OpenKey, **changes: object) -> Digest:
    """Make one as it is posted: with its anchor, and where it compares, with the one of yesterday."""
    made = plain_digest(summary, *keys, **({"anchor": ANCHOR, "made_on": NOW.date()} | changes))
    content = made.content
    if content.delta is not None:
        elsewhere = Affairs(fixed_elsewhere=content.delta.fixed[:MOST_NAMES], oldest=OLD)
        beside = elsewhere if "affairs" not in changes else content.affairs
        content = replace(content, before_on=content.before_on or YESTERDAY, affairs=beside)
    return replace(made, content=content)
