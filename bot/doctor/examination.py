"""Looking at everything at once: slow steps side by side, none of them in the way of another, all bounded in time."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event, Timer
from typing import Union

from bot.doctor.lines import Check, Line, Status
from bot.rules.filters import BadFilterError
from bot.scan.crew import Crew, StoppedError

WORKERS = 16

OnProgress = Callable[[int, int], None]
"""Told how many steps are done, of how many that are known by now."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """A part of the examination. `look` yields lines, and further steps that what it found makes possible."""

    check: Check
    subject: str
    look: Callable[[], Iterable[Union[Line, "Step"]]]


@dataclass(frozen=True, slots=True)
class _Done:
    """A step that has ended, the lines and the steps that came of it."""

    step: Step
    lines: Sequence[Line]
    further: Sequence[Step]


def examine(steps: Sequence[Step], *, seconds: float, on_progress: OnProgress, stop: Event) -> list[Line]:
    """Take every step and return what was found. Steps that have not ended after so many seconds are told as such.

    Raises BadFilterError from a step that finds nothing to look at.
    """
    crew: Crew[_Done] = Crew(WORKERS, stop)
    begun, done, lines = list(steps), set[Step](), list[Line]()
    timer = Timer(seconds, stop.set)
    timer.daemon = True
    timer.start()
    crew.add(partial(_take, crew, step) for step in steps)
    try:
        for ended in crew.results():
            done.add(ended.step)
            begun += ended.further
            lines += ended.lines
            on_progress(len(done), len(begun))
    except StoppedError:
        lines += [_late(step, seconds) for step in begun if step not in done]
    finally:
        timer.cancel()
    return lines


def _take(crew: Crew[_Done], step: Step) -> None:
    lines, further = list[Line](), list[Step]()
    try:
        for found in step.look():
            if isinstance(found, Step):
                further.append(found)
            else:
                lines.append(found)
    except (BadFilterError, StoppedError):
        raise
    except Exception:  # the others go on, and this one is told
        log.exception("Looking at the %s did not work. This is a defect of the bot.", step.check)
        lines.append(Line(step.check, step.subject, Status.UNKNOWN, "The bot failed at it.", "The log says how."))
    crew.add(partial(_take, crew, each) for each in further)
    crew.emit(_Done(step, lines, further))


def _late(step: Step, seconds: float) -> Line:
    seen = f"No answer came within {seconds:g} seconds."
    return Line(step.check, step.subject, Status.UNKNOWN, seen, "Try again, with a longer --timeout.")
