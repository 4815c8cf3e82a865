"""What waits for approval, and what is being carried out."""

from collections.abc import Mapping, Sequence

from bot.models.messages import Block, Rendered
from bot.models.requests import Request, RequestState
from bot.views.budget import message
from bot.views.moments import date
from bot.views.naming import whereabouts
from bot.views.parts import context, mrkdwn, note
from bot.views.rich import bold, rich
from bot.views.rows import fate
from bot.views.sentences import fallback
from bot.views.words import counted, cut

MOST_REQUESTS = 12


def requests(open_requests: Sequence[Request], links: Mapping[str, str]) -> Rendered:
    """The oldest come first. `links` are the addresses of the requests' messages, by request id."""
    if not open_requests:
        sentence = "No request is waiting, and none is being carried out."
        return message(sentence, [rich(sentence)])
    title = f"{counted(len(open_requests), 'open request')}"
    blocks: list[Block] = [rich(bold(title))]
    for request in open_requests[:MOST_REQUESTS]:
        first = request.changes[0]
        more = f" and {counted(len(request.changes) - 1, 'more key')}" if len(request.changes) > 1 else ""
        name = f"{cut(first.key_name, 200)}{more} – {whereabouts(first)}"
        link = f" <{links[request.id]}|Go to the request>" if request.id in links else ""
        blocks.append(rich(bold(name)))
        expires = f" Expires {date(request.expires_at)}." if request.state is RequestState.PENDING else ""
        blocks.append(context(mrkdwn(f"{fate(request, first)}{expires}{link}")))
    if len(open_requests) > MOST_REQUESTS:
        later = len(open_requests) - MOST_REQUESTS
        blocks.append(context(note(f"… and {later:,} more, asked for later. They come up as these are decided.")))
    return message(fallback(f"{title}."), blocks)
