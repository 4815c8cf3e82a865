"""What is told in a request's thread when it is done."""

from collections.abc import Sequence

from bot.models.code import Managed
from bot.models.messages import Rendered
from bot.models.requests import ChangeState, Request
from bot.views.budget import message
from bot.views.code import reminder as code_reminder
from bot.views.keys_of_request import in_order
from bot.views.kinds import WORDS
from bot.views.moments import DAY, moment
from bot.views.naming import names
from bot.views.outcome import MOST_CHANGES, ended, tally
from bot.views.parts import context, mrkdwn
from bot.views.rich import Inline, code, rich
from bot.views.sentences import fallback
from bot.views.words import people

MOST_CONCERNED = 40


def result(done: Request, managed: Sequence[Managed] = ()) -> Rendered:
    """What is told in the request's thread when its last change is final. It mentions those whom it concerns.

    Of keys whose rotation was enabled and that code manages, it tells what to write there.
    """
    broke = () if done.glass is None else (done.glass.user_id,)
    concerned = people(dict.fromkeys((done.requester, *done.approvers, *broke)), MOST_CONCERNED)
    lines: list[Inline | list[Inline]] = []
    for change in in_order(done)[:MOST_CHANGES]:
        lines.append(ended(change))
        if change.exemption is not None and change.state is ChangeState.SUCCEEDED:
            lines.append(["Until ", moment(change.exemption.until), "."])
        if change.next_rotation is not None:
            lines.append(["Next rotation ", moment(change.next_rotation, DAY), "."])
        if change.aws_request_id:
            lines.append(["AWS request id ", code(change.aws_request_id), "."])
    if len(done.changes) > MOST_CHANGES:
        lines.append(tally(done))
    reminded = [code_reminder(managed, done.changes[0].period_days)] if managed else []
    blocks = [rich(*lines), *reminded, context(mrkdwn(f"For {concerned}."))]
    return message(fallback(f"{WORDS[done.kind].noun} of {names(done)}: {tally(done)}"), blocks)
