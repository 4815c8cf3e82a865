"""The running bot: what starts in which order, what is looked at from time to time, and how it stops.

State is in the database, so stopping loses nothing: what was under way is taken up at the next start.
"""

import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Lock, Thread
from typing import Protocol

from apscheduler.schedulers.background import BackgroundScheduler

from bot.alone import Alone
from bot.deliver import Delivery
from bot.errors import DatabaseAwayError
from bot.inbound.ways import Inbound
from bot.models.requests import Change, Request
from bot.presence import Presence
from bot.readiness import PULSE_SECONDS
from bot.remediate.change import Remediation
from bot.remediate.decide import Deciding
from bot.rules.agreement import BEAT_SECONDS
from bot.schedule import Calendar, start_scheduler
from bot.tokens import TokenWatch
from bot.tracing import about
from bot.web.watch import Watch
from bot.work import Crews, Work

SWEEP_SECONDS = 30.0
CALENDAR_SECONDS = 300.0
DELIVERY = "delivery"
"""The name that whoever delivers holds."""

DELIVERY_SECONDS = 1.0
DRAIN_SECONDS = 12.0
LAST_DELIVERY_SECONDS = 4.0

log = logging.getLogger(__name__)


class Changes(Protocol):
    """Changes that wait to be carried out, and those that a crash left in the middle."""

    def get(self, request_id: str) -> Request | None: ...

    def queued(self) -> list[Change]: ...

    def executing(self) -> list[Change]: ...


class Courier:
    """Delivers what is owed, at once when told and every second otherwise, on a thread of its own.

    Of several processes one delivers at a time, or each would post the same message; see bot/deliver.py.
    """

    def __init__(self, delivery: Delivery, alone: Alone) -> None:
        self._delivery = delivery
        self._alone = alone
        self._news = Event()
        self._dismissed = Event()
        self._is_cut_off = False
        self._thread = Thread(target=self._run, name="courier", daemon=True)

    def tell(self) -> None:
        self._news.set()

    def start(self) -> None:
        self._thread.start()

    def dismiss(self, seconds: float) -> None:
        """Let it deliver once more, and wait so long for it. What Slack does not take by then stays owed."""
        self._dismissed.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        with about(task="delivering"):
            self._deliver_until_dismissed()

    def _deliver_until_dismissed(self) -> None:
        while not self._dismissed.is_set():
            self._news.wait(DELIVERY_SECONDS)
            self._news.clear()
            self._deliver()
        self._deliver()

    def _deliver(self) -> None:
        try:
            with self._alone(DELIVERY) as is_ours:
                if is_ours:
                    self._delivery.deliver_due()
            self._is_cut_off = False
        except DatabaseAwayError as error:
            if not self._is_cut_off:  # it looks every second
                log.warning("Nothing can be delivered; what is owed stays owed. %s", error)
            self._is_cut_off = True
        except Exception:  # the courier goes on: what is owed stays owed
            log.exception("Delivering failed; what is owed stays owed.")


class Changer:
    """Hands changes to threads, each once. A change that is not in anybody's hands is picked up by the sweep.

    Those of another process are in its hands: it holds their names until it is done with them, or gone.
    """

    def __init__(
        self, changes: Changes, remediation: Remediation, work: Work, tell: Callable[[], None], alone: Alone
    ) -> None:
        self._changes = changes
        self._remediation = remediation
        self._work = work
        self._tell = tell
        self._alone = alone
        self._lock = Lock()
        self._in_hand: set[str] = set()

    def carry_out(self, request: Request) -> None:
        """Set the queued changes of an approved request off."""
        for change in self._changes.queued():
            if change.request_id == request.id:
                self._hand_out(change, self._remediation.carry_out)

    def take_up(self) -> None:
        """Take up what a crash, a failed look-up or a database that went away left behind."""
        for change in self._changes.executing():
            self._hand_out(change, self._remediation.recover)
        for change in self._changes.queued():
            self._hand_out(change, self._remediation.carry_out)

    def _hand_out(self, change: Change, act: Callable[[Change], None]) -> None:
        with self._lock:
            if change.id in self._in_hand:
                return
            self._in_hand.add(change.id)

        def task() -> None:
            try:
                with (
                    about(request=change.request_id, change=change.id),
                    self._alone(f"change {change.id}") as is_ours,
                ):
                    if is_ours:
                        act(change)
            finally:
                with self._lock:
                    self._in_hand.discard(change.id)
                self._tell()

        self._work.submit(f"the change of {change.arn}", task)


@dataclass(slots=True)
class Process:
    """Everything that runs. `inbound` is the way by which Slack reaches it.

    `first_scan` runs where nothing was scanned yet; `check_rules` says in the log what the rules name in vain;
    `look_for_undone` finds fixes that did not last; `lapse` ends exemptions whose time is over, and says which;
    `wake` ends snoozes; `presence` tells the other processes of this one.
    """

    inbound: Inbound
    calendar: Calendar
    courier: Courier
    changer: Changer
    deciding: Deciding
    crews: Crews
    stop: Event
    stop_scan: Callable[[], None]
    first_scan: Callable[[], object]
    check_rules: Callable[[], None]
    look_for_undone: Callable[[], object]
    lapse: Callable[[], Sequence[object]]
    wake: Callable[[], object]
    end_lost_scans: Callable[[], None]
    tokens: TokenWatch
    watch: Watch
    presence: Presence
    on_start: Callable[[], None]
    closing: Sequence[Callable[[], None]]
    ended_in_order: bool = field(default=True, init=False)
    """Whether no step of the end failed."""
    _scheduler: BackgroundScheduler | None = field(default=None, init=False)

    def start(self) -> None:
        self.watch.start()
        self.on_start()
        self.presence.beat()
        self.courier.start()
        self.changer.take_up()
        self.inbound.open()
        log.info("Open to Slack.")
        self.crews.looking.submit("the first scan", self.first_scan)
        self.crews.looking.submit("checking the rules", self.check_rules)
        self.crews.looking.submit("catching up with the schedule", self.calendar.catch_up)
        chores = [("sweep", self.sweep, SWEEP_SECONDS), ("calendar", self.calendar.try_again, CALENDAR_SECONDS)]
        chores.append(("presence", self.presence.beat, BEAT_SECONDS))
        chores.append(("pulse", self.watch.pulse.beat, PULSE_SECONDS))
        self._scheduler = start_scheduler(self.calendar, chores)

    def sweep(self) -> None:
        """Expire what nobody approved, remind of what still waits, end exemptions and snoozes, take up what is in
        nobody's hands, and see whether fixes were undone.
        """
        with about(sweep=secrets.token_hex(4)):
            self._sweep()

    def _sweep(self) -> None:
        chores: tuple[tuple[str, Callable[[], object]], ...] = (
            ("Expiring requests", self.deciding.expire_due),
            ("Reminding of requests", self.deciding.remind_due),
            ("Ending exemptions", self.lapse),
            ("Ending snoozes", self.wake),
            ("Ending lost scans", self.end_lost_scans),
            ("Taking up changes", self.changer.take_up),
            ("Looking for undone fixes", self._look_for_undone),
            ("Looking at the tokens", self._look_at_tokens),
        )
        for name, chore in chores:
            try:
                if chore():
                    self.courier.tell()
            except DatabaseAwayError:
                raise
            except Exception:  # one request that cannot be reminded of keeps no exemption from ending
                log.exception("%s failed, and is tried again soon.", name)

    def _look_for_undone(self) -> None:
        self.crews.looking.submit("looking for undone fixes", self.look_for_undone)

    def _look_at_tokens(self) -> None:
        if not (self.inbound.is_open and self.inbound.tells_of_removal):
            self.tokens.look()

    def close(self) -> None:
        """Take nothing new, let what runs come to a point from which it can be taken up, and go.

        A step that fails keeps no other from being tried; `ended_in_order` tells of it.
        """
        with about(task="stopping"):
            log.info("Stopping.")
            self.stop.set()
            for name, step in self._last_steps():
                try:
                    step()
                except Exception:  # what is left would be cut off in the middle
                    self.ended_in_order = False
                    log.exception("%s failed; the bot goes on to end.", name)

    def _last_steps(self) -> Iterator[tuple[str, Callable[[], object]]]:
        if self._scheduler is not None:
            yield "Ending the schedule", partial(self._scheduler.shutdown, wait=False)
        yield "Closing the way in", self.inbound.close
        yield "Stopping the scan", self.stop_scan
        yield "Waiting for what runs", self._drain
        yield "Delivering once more", partial(self.courier.dismiss, LAST_DELIVERY_SECONDS)
        yield "Taking leave of the other processes", self.presence.leave
        for close in self.closing:
            yield "Closing what was open", close
        yield "Closing the pages", self.watch.close

    def _drain(self) -> None:
        if not self.crews.drain(DRAIN_SECONDS):
            log.warning("Some work did not end in time; the next start takes it up.")
