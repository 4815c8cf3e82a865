"""Subcommands that set something off, and the button that stops it. People who may approve something may use them."""

import logging
from threading import Event, Thread
from typing import Any

from bot.errors import ScanEndedError
from bot.models.approval import Refused, Wish
from bot.models.messages import Rendered
from bot.models.people import Actor
from bot.models.scans import Progress, Scan, ScanState
from bot.models.slack import Posted
from bot.rules.filters import BadFilterError, Filter
from bot.scan import ScanRunningError
from bot.tracing import following
from bot.views.names import STOP_SCAN
from bot.views.scan import failed, finished, running, stop_answer, stopped
from handlers.call import Call
from handlers.desk import Desk, Payload, Reply, actor_of, reply_to

PROGRESS_SECONDS = 2.0
"""Between two updates of a scan's message: chat.update is tier 3, 50 a minute."""

log = logging.getLogger(__name__)


def register(app: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt is published without types
    @app.action(STOP_SCAN)  # type: ignore[untyped-decorator]
    def stop(ack: Any, body: Payload, respond: Any) -> None:  # noqa: ANN401 - Bolt's
        ack()
        reply = reply_to(desk, body, respond)
        desk.looking.submit("stopping the scan", lambda: _stop_scan(desk, actor_of(body), reply), reply.say)


def scan(desk: Desk, call: Call) -> None:
    within = call.scope()
    permitted = desk.may_operate(call.actor, Wish.START_SCAN)
    if isinstance(permitted, Refused):
        call.reply.say(permitted.sentence)
        return
    everybodys = desk.visibility.of_everybody()
    is_private = bool(within.account) and not everybodys.shows_any(within.account)
    board = _Board(desk, call, str(within), is_private=is_private)
    shown = within if is_private else within.seen_by(everybodys)
    try:
        made = desk.rounds.scan(within, call.actor.user_id, board.note)
        last = _ended(desk, call, shown, made, board.progress)
    except (ScanRunningError, BadFilterError) as error:
        board.close_if_up(failed(call.actor.user_id, str(within), "Nothing was scanned."))
        call.reply.say(str(error))
        return
    except ScanEndedError as error:
        board.close(failed(call.actor.user_id, str(within), str(error)))
        return
    except Exception:  # raised again, once the message says that it ended
        board.close(failed(call.actor.user_id, str(within), "Something went wrong in the bot; its log says what."))
        raise
    board.close(last)


def _stop_scan(desk: Desk, actor: Actor, reply: Reply) -> None:
    permitted = desk.may_operate(actor, Wish.STOP_SCAN)
    if isinstance(permitted, Refused):
        reply.say(permitted.sentence)
        return
    reply.say(stop_answer(runs=desk.rounds.stop_scan(actor.user_id)))


def _ended(desk: Desk, call: Call, within: Filter, ended: Scan, progress: Progress | None) -> Rendered:
    posture = desk.postures.of(within)
    if ended.state is not ScanState.FINISHED or posture is None:
        return stopped(call.actor.user_id, str(within), progress, ended.stopped_by)
    return finished(call.actor.user_id, str(within), posture)


class _Board:
    """The message that shows a scan's progress. It is put up once the scan has begun, and updated in place.

    Where the bot is not in the channel, or what was typed means no account that everybody may see, it stands in a
    direct message: of one that is hidden nothing else is told than of one that there is not.
    """

    def __init__(self, desk: Desk, call: Call, scope: str, *, is_private: bool) -> None:
        self._desk = desk
        self._channels = (call.actor.user_id,) if is_private else (call.channel, call.actor.user_id)
        self._call = call
        self._scope = scope
        self.progress: Progress | None = None
        self._place: tuple[str, str] | None = None
        self._done = Event()
        self._thread: Thread | None = None

    def note(self, progress: Progress) -> None:
        """Take note of the progress; called on the scan's own thread, so nothing here waits for Slack."""
        self.progress = progress
        if self._thread is None:
            self._thread = Thread(target=following(self._show), name="scan-progress", daemon=True)
            self._thread.start()

    def close_if_up(self, last: Rendered) -> None:
        """Show how it ended, where it was said that it runs: that nothing matches turns out on the way."""
        if self._thread is not None:
            self.close(last)

    def close(self, last: Rendered) -> None:
        """Show how it ended."""
        self._done.set()
        if self._thread is not None:
            self._thread.join()
        self._put(last)

    def _show(self) -> None:
        shown: Progress | None = None
        while not self._done.is_set():
            if self.progress != shown or self._place is None:
                shown = self.progress
                self._put(running(self._call.actor.user_id, self._scope, shown))
            self._done.wait(PROGRESS_SECONDS)

    def _put(self, message: Rendered) -> None:
        if self._place is not None:
            failure = self._desk.writer.update(*self._place, message)
            if failure is not None:
                log.warning("A scan's message could not be updated: %s", failure.code)
            return
        for channel in self._channels:
            posted = self._desk.writer.post(channel, message)
            if isinstance(posted, Posted):
                self._place = (posted.channel, posted.ts)
                return
            log.warning("A scan's message could not be posted into %s: %s", channel, posted.code)
