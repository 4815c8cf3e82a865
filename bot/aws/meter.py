"""How fast the calls of one operation may follow each other in one account and Region. Time is given, never asked."""

import math
from dataclasses import dataclass

REST_SECONDS = 1.0
"""After so long a rest, a second's worth of calls may go out at once; whatever follows waits until it is earned."""

WINDOW_SECONDS = 0.5
"""Throttled answers are weighed against all answers of so long a time. The way to any Region and back is shorter, so
that a pace is not judged by the calls that went out at the one before.
"""

DOUBLING_SECONDS = 12.0
"""Without throttling, a slowed pace has doubled after so long, and is sixteen times as fast after twice as long: the
timid beginning keeps throttled answers few where others go on, and is soon over where they have stopped.
"""

SLOWEST = 1 / 16
"""However much is throttled, this part of the full pace stays."""

RECOVERY_SECONDS = DOUBLING_SECONDS * math.sqrt(-math.log2(SLOWEST))
"""After so long without throttling every pace is full again."""


def end_of_window(now: float) -> float:
    """Say when the window that holds `now` ends: for all meters at once, so that nothing depends on a meter's age."""
    return (now // WINDOW_SECONDS + 1) * WINDOW_SECONDS


@dataclass(slots=True)
class Meter:
    """Hands out the times at which calls may go, `spacing` seconds apart at full pace.

    In no second more calls go out than one at full pace has room for: what a rest has saved is spent in place of what
    comes after it, not on top. https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm

    In each window the pace falls by half of the share of throttled answers, as a sender's does by
    https://www.rfc-editor.org/rfc/rfc8257#section-3.3 (by half where all were throttled); without any, it recovers.
    """

    spacing: float
    window_ends: float
    next_turn: float = -math.inf
    saved: int = 0
    pace: float = 1.0
    slowed_to: float = 1.0
    clean_windows: int = 0
    answered: int = 0
    throttled: int = 0

    def turn(self, now: float) -> float:
        """Say when one more call may go: `now`, or later."""
        if now >= self.window_ends:
            self._close_window(now)
        if self._is_rested(now):
            self.saved = int(REST_SECONDS / self.spacing)
        turn = max(now, self.next_turn)
        self.next_turn = turn + self.spacing / self.pace
        if self.saved:
            self.saved -= 1
            return now
        return turn

    def note_answer(self, now: float, *, throttled: bool) -> None:
        """Take note of an answer, and whether AWS refused the call for being one too many."""
        if now >= self.window_ends:
            self._close_window(now)
        self.answered += 1
        if throttled:
            self.throttled += 1
            self.saved = 0

    def respace(self, spacing: float, after: float) -> float:
        """Set another full pace, and return the next turn, which comes after a time. What was saved is forgone."""
        self.spacing = spacing
        self.saved = 0
        self.next_turn = max(self.next_turn, after)
        return self.next_turn

    def says_nothing(self, now: float) -> bool:
        """Whether a new meter would hand out the same times from now on."""
        if now >= self.window_ends:
            self._close_window(now)
        return self._is_rested(now) and not self.answered

    def _is_rested(self, now: float) -> bool:
        return self.pace == 1.0 and now - self.next_turn >= REST_SECONDS

    def _close_window(self, now: float) -> None:
        ends = end_of_window(now)
        windows = round((ends - self.window_ends) / WINDOW_SECONDS)
        self.window_ends = ends
        if self.throttled:
            self.slowed_to = max(SLOWEST, self.pace * (1 - self.throttled / self.answered / 2))
            self.clean_windows = windows - 1
        else:
            self.clean_windows += windows
        self.answered = self.throttled = 0
        if self.slowed_to < 1.0:
            clean_seconds = min(self.clean_windows * WINDOW_SECONDS, RECOVERY_SECONDS)
            self.pace = min(1.0, self.slowed_to * math.exp2((clean_seconds / DOUBLING_SECONDS) ** 2))
            if self.pace == 1.0:
                self.slowed_to = 1.0
