"""Whether a digest's keys are better or worse than in the digest before, what to do first, and a quiet day's line."""

from collections.abc import Collection, Mapping
from datetime import date

from bot.models.digests import Delta, DeltaKind, Digest, DigestContent, OpenKey
from bot.models.keys import Reason
from bot.models.requests import Request, RequestState
from bot.rules.digest import Standing, first_to_do, standing
from bot.views.age import age, how_long
from bot.views.posture import headline, is_by_team
from bot.views.rich import Inline, bold
from bot.views.words import counted, cut

_BEFORE = "the digest before"
_GOOD_FIRST = (DeltaKind.FIXED, DeltaKind.NEW, DeltaKind.REGRESSED, DeltaKind.LAPSED)
_BAD_FIRST = (DeltaKind.NEW, DeltaKind.REGRESSED, DeltaKind.FIXED, DeltaKind.LAPSED)
_WORDS = {
    DeltaKind.NEW: "new",
    DeltaKind.REGRESSED: "open again",
    DeltaKind.FIXED: "fixed",
    DeltaKind.LAPSED: "no longer counted",
}


def title(content: DigestContent) -> str:
    """Say in one line how things stand; where there is nothing to compare with, how many keys are open."""
    stands, delta = standing(content), content.delta
    if stands in {Standing.FIRST, Standing.INCOMPARABLE} or delta is None:
        return headline(content.summary, bool(content.gaps.failures_total), content.scope)
    than, since = _than(content), _since(content)
    match stands:
        case Standing.BETTER:
            return f"Better than {than}: {_told(delta, _GOOD_FIRST)}"
        case Standing.WORSE:
            how_far = "" if content.is_newer and not content.gaps else ", as far as could be read"
            return f"Worse than {than}{how_far}: {_told(delta, _BAD_FIRST)}"
        case Standing.EVEN:
            return f"Neither better nor worse than {than}: {_told(delta, _BAD_FIRST)}"
        case Standing.SAME:
            return f"Nothing new since {since}"
    told = _told(delta, _GOOD_FIRST)
    if not content.is_newer:
        return f"No full scan has finished since {since}" + (f"; known since then: {told}" if told else "")
    return f"Not everything could be read; since {since}: {told or 'nothing else is new'}"


def first_thing(message: Digest, requests: Mapping[str, Request], excused: Collection[str] = ()) -> list[Inline]:
    """Say what to do first: the first key for which nothing is under way, or else what waits, or what is unread.

    `excused` are those that are exempt by now.
    """
    content = message.content
    key = first_to_do([each for each in content.top if each.arn not in excused], requests)
    if key is not None:
        shorten = key.reason is Reason.PERIOD_TOO_LONG
        act = "shorten the rotation period of " if shorten else "enable rotation of "
        return [act, bold(cut(key.name, 200)), f"{_aside(key, message)}."]
    if any(is_undecided(each.request_id, requests) for each in content.affairs.waiting):
        return ["decide on what waits for approval."]
    return ["look at what could not be read."] if content.gaps else []


def is_undecided(request_id: str, requests: Mapping[str, Request]) -> bool:
    """Say that a request still waits, as far as the requests tell that rows are shown with."""
    known = next((each for each in requests.values() if each.id == request_id), None)
    return known is None or known.state is RequestState.PENDING


def quiet_line(message: Digest) -> str:
    """Say all that there is to say on a quiet day."""
    content = message.content
    told = f"Nothing new since {_since(content)}: {_open_keys(message)}{_percent(content)}."
    return f"{told} As before, not everything could be read." if content.gaps else told


def _open_keys(message: Digest) -> str:
    content = message.content
    if not content.open_total:
        return "no open key was found" if content.gaps else "no key is open"
    told = f"{counted(content.open_total, 'key')} {'is' if content.open_total == 1 else 'are'} open"
    oldest = content.affairs.oldest
    if oldest is None:
        return told
    which = "" if content.open_total == 1 else " the oldest"
    return f"{told},{which} for {how_long(oldest, message.created_at)}"


def _percent(content: DigestContent) -> str:
    summary = content.summary
    return "" if is_by_team(content.scope) or not summary.judged else f"; {summary.percent_compliant:g}% compliant"


def _aside(key: OpenKey, message: Digest) -> str:
    at = None if message.content.delta is None else message.created_at
    managed = f"managed by {cut(key.managed_by, 120)}" if key.managed_by else ""
    told = ", ".join(filter(None, ("production" if key.is_production else "", age(key, at), managed)))
    return f" ({told})" if told else ""


def _told(delta: Delta, kinds: tuple[DeltaKind, ...]) -> str:
    return ", ".join(f"{total:,} {_WORDS[kind]}" for kind in kinds if (total := delta.total(kind)))


def _than(content: DigestContent) -> str:
    told = _since(content)
    return f"on {told}" if told[:1].isdigit() else told


def _since(content: DigestContent) -> str:
    """Name the day of the digest before, as people in the digest's time zone say it."""
    now, before = content.made_on, content.before_on
    if now is None or before is None or before > now:
        return _BEFORE
    match (now - before).days:
        case 0:
            return "earlier today"
        case 1:
            return "yesterday"
    return _day(before, with_year=before.year != now.year)


def _day(day: date, *, with_year: bool) -> str:
    return f"{day.day} {day:%B %Y}" if with_year else f"{day.day} {day:%B}"
