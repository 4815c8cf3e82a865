"""What waits for approval, and what is being carried out: the answer to `requests`, a page at a time."""

from collections.abc import Iterator, Mapping, Sequence

from bot.models.messages import Block, Rendered
from bot.models.requests import Request, RequestState
from bot.views.budget import message
from bot.views.moments import date
from bot.views.names import REQUESTS_PAGE
from bot.views.naming import whereabouts
from bot.views.pages import Page, headed, turns
from bot.views.parts import context, mrkdwn
from bot.views.rich import bold, rich
from bot.views.rows import fate
from bot.views.sentences import fallback
from bot.views.words import counted, cut

PAGE_REQUESTS = 12


def page_of(open_requests: Sequence[Request], number: int = 1) -> Page[Request]:
    """Cut out a page of the requests; the nearest one where the number is out of range."""
    return Page.of(open_requests, number, PAGE_REQUESTS)


def requests(page: Page[Request], links: Mapping[str, str]) -> Rendered:
    """The oldest come first. `links` are the addresses of the requests' messages, by request id."""
    if not page.total:
        sentence = "No request is waiting, and none is being carried out."
        return message(sentence, [rich(sentence)])
    title = counted(page.total, "open request")
    blocks: list[Block] = [headed(title, page.number, page.pages)]
    for request in page.shown:
        blocks += _row(request, links)
    blocks += turns(REQUESTS_PAGE, "", page.number, page.pages)
    return message(fallback(f"{title}."), blocks)


def _row(request: Request, links: Mapping[str, str]) -> Iterator[Block]:
    first = request.changes[0]
    more = f" and {counted(len(request.changes) - 1, 'more key')}" if len(request.changes) > 1 else ""
    yield rich(bold(f"{cut(first.key_name, 200)}{more} – {whereabouts(first)}"))
    link = f" <{links[request.id]}|Go to the request>" if request.id in links else ""
    expires = f" Expires {date(request.expires_at)}." if request.state is RequestState.PENDING else ""
    yield context(mrkdwn(f"{fate(request, first)}{expires}{link}"))
