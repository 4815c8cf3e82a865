"""Whether there is anybody to read scans that are shared out, and whether they read for this bot."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.doctor.gateways import Workers
from bot.doctor.lines import Check, Line, Status, ok
from bot.models.shares import ScanWorker


@dataclass(frozen=True, slots=True)
class WorkerChecks:
    """What is looked at where scans are shared out. `me` is what this process would be as a worker."""

    workers: Workers
    me: ScanWorker

    def lines(self, database: str) -> Iterator[Line]:
        """Look who was heard of lately, by the database's own clock."""
        alive = self.workers.alive()
        ours = [each.name for each in alive if each.reads_like(self.me)]
        strangers = [each.name for each in alive if not each.reads_like(self.me)]
        if ours:
            yield ok(Check.WORKERS, database, f"Alive, with this version and these settings: {', '.join(ours)}.")
        if strangers:
            seen = f"Alive, but of another version or with other settings: {', '.join(strangers)}."
            what = "Start them again with the same version and file; nothing is read there for this bot."
            yield Line(Check.WORKERS, database, Status.WARNING, seen, what)
        if not alive:
            seen = "No worker is alive, so the bot reads every account by itself."
            yield Line(Check.WORKERS, database, Status.WARNING, seen, _START)


_START = 'Start “python -m bot worker”, or write scan.spread = "processes".'
