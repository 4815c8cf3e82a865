"""The database: reachable, of our schema, writable, its record whole at the end; and the channels in trouble."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC

from bot.doctor.examination import Step
from bot.doctor.gateways import DatabaseToExamine, Processes, Troubles
from bot.doctor.lines import Check, Line, Status, not_tested, ok
from bot.doctor.workers import WorkerChecks
from bot.errors import UserError
from bot.models.examined import Schema, SchemaAge
from bot.models.troubles import Trouble
from bot.rules.agreement import differences, in_words
from bot.views.trouble import remedy


@dataclass(frozen=True, slots=True)
class DatabaseChecks:
    """What is looked at in the database: of what it holds only where its schema is ours.

    `workers` is None where scans are not shared out.
    """

    database: DatabaseToExamine
    processes: Processes
    troubles: Troubles
    workers: WorkerChecks | None = None

    def steps(self) -> list[Step]:
        return [Step(Check.DATABASE, self.database.name, self._look)]

    def _look(self) -> Iterator[Line]:
        name = self.database.name
        try:
            schema = self.database.schema()
        except UserError as error:
            yield Line(Check.DATABASE, name, Status.FAILED, str(error), "Until it is there the bot does not start.")
            return
        if schema.age is SchemaAge.ABSENT:
            yield _absent(name, is_there=self.database.is_there)
            return
        yield ok(Check.DATABASE, name, "It can be reached.")
        yield _schema(name, schema)
        if schema.age is not SchemaAge.CURRENT:
            yield not_tested(Check.RECORD, name, "The record was not read: its schema is not the one of this version.")
            return
        yield self._writing(name)
        yield self._record(name)
        yield from self._sharing(name)
        if self.workers is not None:
            yield from self.workers.lines(name)
        yield from map(_in_trouble, self.troubles.lasting())

    def _writing(self, name: str) -> Line:
        try:
            self.database.write()
        except UserError as error:
            what = "Let the bot's user write, and name no read-only replica in DATABASE_URL."
            return Line(Check.DATABASE, name, Status.FAILED, f"The bot cannot write. {error}", what)
        return ok(Check.DATABASE, name, "The bot may write.")

    def _record(self, name: str) -> Line:
        entries, fault = self.database.end_of_record()
        if fault is None:
            newest = "it is empty" if not entries else f"its newest {entries:,} entries hold"
            return ok(Check.RECORD, name, f"The record is whole at its end: {newest}.")
        told = "Run audit verify, which proves all of it, and find out who can write to the database."
        return Line(Check.RECORD, name, Status.FAILED, fault, told)

    def _sharing(self, name: str) -> Iterator[Line]:
        running = self.processes.running()
        found = differences(running)
        for each in found:
            seen = f"Processes that share this database have different settings: {in_words(each)}."
            what = "Give all of them the same file, and start again those that have an old one."
            yield Line(Check.PROCESSES, f"[{each.section}]", Status.WARNING, seen, what)
        if not found:
            alike = f"{len(running)} run on it, with the same settings." if len(running) > 1 else "One runs on it."
            yield ok(Check.PROCESSES, name, alike if running else "None runs on it now.")


def _absent(name: str, *, is_there: bool) -> Line:
    seen = "It is empty: no bot has ever used it." if is_there else "There is no such file."
    return Line(
        Check.SCHEMA,
        name,
        Status.WARNING,
        seen,
        "Before the very first start that is right; otherwise name the bot's own in DATABASE_URL.",
    )


def _schema(name: str, schema: Schema) -> Line:
    match schema.age:
        case SchemaAge.OLDER:
            seen = f"It is at schema {schema.found}, and this version's is {schema.ours}."
            return Line(Check.SCHEMA, name, Status.FAILED, seen, "Run db upgrade; the next start does it as well.")
        case SchemaAge.NEWER:
            seen = f"It is at schema {schema.found}, which this version ({schema.ours}) does not know."
            what = "Run a newer version of the bot, or restore the backup from before the upgrade."
            return Line(Check.SCHEMA, name, Status.FAILED, seen, what)
        case SchemaAge.UNTOLD:
            seen = "It has tables of the bot and does not say of which schema: it is a part of another database."
            what = "Restore a whole backup into an empty database, or name another one in DATABASE_URL."
            return Line(Check.SCHEMA, name, Status.FAILED, seen, what)
        case _:
            return ok(Check.SCHEMA, name, f"It is at schema {schema.found}, this version's.")


def _in_trouble(trouble: Trouble) -> Line:
    waiting = sum(trouble.waiting.values())
    since = trouble.since.astimezone(UTC)
    waits = "nothing waits" if not waiting else f"{waiting} messages wait" if waiting > 1 else "1 message waits"
    seen = f"It has taken none of the bot's messages since {since:%Y-%m-%d %H:%M} UTC ({trouble.code}); {waits}."
    more = {"since": f"{since:%Y-%m-%dT%H:%M:%SZ}", "error": trouble.code, "waiting": waiting}
    return Line(Check.CHANNEL, trouble.channel, Status.FAILED, seen, remedy(trouble).replace("`", ""), more)
