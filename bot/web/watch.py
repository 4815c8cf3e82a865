"""All that is for those who watch the bot: its counters, its pulse, its pages, and what serves them."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.readiness import Pulse, Watchman, WorkerWatchman
from bot.web.figures import Figures
from bot.web.listening import Listening
from bot.web.metrics import Metrics
from bot.web.pages import Pages


@dataclass(slots=True)
class Watch:
    """`listening` serves the pages where no other server does; `watchman` is the one of a bot that Slack reaches."""

    metrics: Metrics
    pulse: Pulse
    pages: Pages
    listening: Listening | None
    watchman: Watchman | None = None
    _counter: "_LogCounter" = field(init=False)

    def __post_init__(self) -> None:
        self._counter = _LogCounter(self.metrics.logged)

    def ask_whether_connected(self, ask: Callable[[], bool]) -> None:
        """Have told whether Slack's socket is open. Where Slack reaches the bot by HTTP, there is none."""
        if self.watchman is not None:
            self.watchman.is_connected = ask

    def start(self) -> None:
        """Begin to count the log's lines and to answer. Raises UserError where nobody can listen."""
        self.pulse.beat()
        if self.listening is not None:
            self.listening.start()
        logging.getLogger().addHandler(self._counter)

    def close(self) -> None:
        logging.getLogger().removeHandler(self._counter)
        if self.listening is not None:
            self.listening.close()


def make_watch(metrics: Metrics, figures: Figures, watchman: Watchman, listen: tuple[str, int] | None) -> Watch:
    """Put the parts of a bot together; nothing listens yet."""
    metrics.registry.register(figures)
    pulse = Pulse()
    pages = Pages(pulse.alive, watchman.readiness, metrics.registry)
    return Watch(metrics, pulse, pages, _listening(pages, listen), watchman)


def make_worker_watch(metrics: Metrics, watchman: WorkerWatchman, listen: tuple[str, int] | None) -> Watch:
    """Put the parts of a worker together, which leaves the figures of the database to the bot; nothing listens yet."""
    pulse = Pulse(who="The worker")
    pages = Pages(pulse.alive, watchman.readiness, metrics.registry)
    return Watch(metrics, pulse, pages, _listening(pages, listen))


def _listening(pages: Pages, listen: tuple[str, int] | None) -> Listening | None:
    return None if listen is None else Listening(pages, *listen)


class _LogCounter(logging.Handler):
    """Counts the lines of the log."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._on_line = on_line

    def emit(self, record: logging.LogRecord) -> None:
        self._on_line(record.levelname)
