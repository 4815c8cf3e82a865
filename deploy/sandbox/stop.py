"""Being told to stop."""

import signal
from collections.abc import Callable
from types import FrameType


class StopSignals:
    """Notes Ctrl-C, SIGTERM and a closed terminal. Nothing is interrupted: whoever waits is woken, and looks at `came`.

    The first one counts; further ones are ignored while everything comes to its end.
    """

    def __init__(self) -> None:
        self.came = False
        self._waiting: list[Callable[[], object]] = []
        self._signals = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup stays nohup
            self._signals.append(signal.SIGHUP)

    def wake(self, waiting: Callable[[], object]) -> None:
        """Call this when told to stop."""
        self._waiting.append(waiting)

    def listen(self) -> None:
        for each in self._signals:
            signal.signal(each, self._note)

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        for each in self._signals:
            signal.signal(each, signal.SIG_IGN)
        self.came = True
        for wake in self._waiting:
            wake()
