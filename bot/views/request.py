"""A request's message: the question with Approve and Deny, later what came of it."""

from datetime import datetime

from bot.models.asking import Waiting
from bot.models.exempting import Reach
from bot.models.exemptions import Exemption
from bot.models.messages import Block, Rendered
from bot.models.requests import Change, Request, RequestState
from bot.views.budget import message
from bot.views.excuse import reach, terms
from bot.views.keys_of_request import in_order
from bot.views.kinds import WORDS, term
from bot.views.names import SHOW_KEYS
from bot.views.naming import keys_in_words, names, whereabouts
from bot.views.outcome import MOST_CHANGES, headline, in_short, outcome
from bot.views.parts import button, plain, section
from bot.views.rich import Inline, bold, code, quote, rich, user
from bot.views.sentences import fallback
from bot.views.waiting import question
from bot.views.words import counted, cut


def request(
    asked: Request,
    waiting: Waiting,
    now: datetime,
    covers: Reach | None = None,
    exemption: Exemption | None = None,
) -> Rendered:
    """The request's message in the channel.

    Once it is decided, what came of it stands above the question. `covers` is what a pattern of keys that are to be
    exempt covers as of the last scan, `exemption` the one that it led to.
    """
    blocks: list[Block] = [] if asked.state is RequestState.PENDING else [rich(bold(headline(asked, exemption)))]
    blocks += [rich([user(asked.requester), WORDS[asked.kind].asks.format(keys_in_words(asked))])]
    blocks += [_key(change) for change in in_order(asked)[:MOST_CHANGES]]
    if len(asked.changes) > MOST_CHANGES:
        more = plain(f"… and {counted(len(asked.changes) - MOST_CHANGES, 'more key')}.")
        blocks.append(section(more, button(f"Show all {len(asked.changes)}", SHOW_KEYS, asked.id)))
    if asked.reason:
        blocks.append(quote(asked.reason))
    if covers is not None and asked.is_open:
        blocks.append(rich(reach(covers)))
    if asked.state is RequestState.PENDING:
        blocks += question(asked, waiting)
    else:
        blocks += outcome(asked, now)
    is_over = exemption is not None and not exemption.is_active
    told = f"{headline(asked, exemption).partition(' ')[2].lower()}." if is_over else in_short(asked)
    return message(fallback(WORDS[asked.kind].fallback.format(names(asked))) + told, blocks)


def _key(change: Change) -> Block:
    first, *rest = term(change)
    how: list[Inline] = [str(first).capitalize(), *rest]
    if change.is_one_key:
        how += [" · ", code(change.arn)]
    more = [] if change.exemption is None else terms(change.exemption)
    return rich([bold(cut(change.key_name, 200)), f" – {whereabouts(change)}"], how, *more)
