"""The bot in a process of its own that is killed at one of its effects, and the next one that nobody kills.

An effect is what outlives the process: a transaction that writes, a call of STS, KMS or Slack. Dying before an effect
is dying after the one before it, with one difference: before a commit a transaction is left open. Dying after a call
means that it was answered and that the bot never saw it.

So that every mortal life is the same, effects of other threads wait for each other in it, and for the courier, which
shows what a transaction owes before anything else happens.
"""

import os
import signal
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Lock, RLock, current_thread, local, main_thread
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from botocore.awsrequest import AWSPreparedRequest
from botocore.httpsession import URLLib3Session
from sqlalchemy.engine.default import DefaultDialect

import bot.process
import bot.run
from bot.store.engine import Database
from bot.store.messages import MessageStore
from bot.terminal import main
from bot.wiring.assembly import build_process
from bot.wiring.parts import Timing
from bot.work import Work
from tests.store.databases import without_waiting_for_the_disk

READ_BACK_WAITS = (0.0, 0.05, 0.05)
UNCOUNTED = frozenset({"Slack apps.connections.open", "Slack auth.test", "Slack views.update with a hash"})
"""Opening the socket, asking whether a token is good, and the looks whether an ack has arrived: as many as it takes."""

LEFT_OUT = "checking the rules"
"""What the start looks at, and tells the log alone: nobody could tell its calls from those of a request."""

CATCH_UP_SECONDS, LOOK_SECONDS = 30.0, 0.002
OFTEN_SECONDS = 0.3
"""Between two looks of one of several processes at what another may have left behind."""


@dataclass(frozen=True, slots=True)
class Doom:
    """Before or after which effect a process dies, counted from 0; with None it lives. `report` is what it leaves.

    Of several processes that share a doom by the name of an effect, the first to come to it dies, and no other.
    """

    report: Path
    when: str = "after"
    number: int | None = None
    name: str | None = None

    @property
    def victim(self) -> Path:
        """Where the one that dies of a shared doom leaves its process id."""
        return self.report.with_suffix(".victim")

    @property
    def lived_through(self) -> list[str]:
        return self.report.read_text().splitlines() if self.report.exists() else []


class Fate:
    """Counts the effects that a request has, notes them, and kills the process at one of them.

    Those of the main thread are the start's, whatever was asked for.
    """

    def __init__(self, doom: Doom) -> None:
        self._doom = doom
        self._report = os.open(doom.report, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._lock = Lock()
        self._seen = 0

    def through(self, name: str, effect: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the effect answers
        if name in UNCOUNTED or current_thread() is main_thread():
            return effect()
        with self._lock:
            self._strike("before", name)
            try:
                return effect()
            finally:
                os.write(self._report, f"{name}\n".encode())
                self._strike("after", name)
                self._seen += 1

    def _strike(self, when: str, name: str) -> None:
        is_it = (when, self._seen) == (self._doom.when, self._doom.number)
        if is_it or ((when, name) == (self._doom.when, self._doom.name) and self._is_first()):
            os.kill(os.getpid(), signal.SIGKILL)

    def _is_first(self) -> bool:
        try:
            victim = os.open(self._doom.victim, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            return False
        os.write(victim, str(os.getpid()).encode())
        return True


class Turns:
    """Lets one thread at a time have an effect, all but the courier, for whom everybody waits."""

    def __init__(self) -> None:
        self._turn = RLock()

    @contextmanager
    def one(self) -> Iterator[None]:
        if current_thread().name == "courier":
            yield
            return
        with self._turn:
            yield

    def let_the_courier_catch_up(self, database: Database) -> None:
        if current_thread().name == "courier":
            return
        owed, until = MessageStore(database), time.monotonic() + CATCH_UP_SECONDS
        while owed.due(datetime.now(UTC)):
            if time.monotonic() > until:
                raise TimeoutError("the courier did not catch up")
            time.sleep(LOOK_SECONDS)


class Writing(local):
    """What the transaction of this thread has written: acts of the record where there are some, else tables."""

    tables: list[str] | None = None
    acts: list[str] | None = None

    @property
    def name(self) -> str:
        return " ".join(["commit", *(self.acts or dict.fromkeys(self.tables or ()))])


def watch_transactions(fate: Fate, turns: Turns) -> None:
    """Let every commit of a writing transaction go through a fate."""
    writing, write, do_commit = Writing(), Database.write, DefaultDialect.do_commit

    @contextmanager
    def watched(database: Database) -> Iterator[sa.Connection]:
        with turns.one():
            writing.tables, writing.acts = [], []
            try:
                with write(database) as connection:
                    yield connection
                owes = "messages" in writing.tables
            finally:
                writing.tables = writing.acts = None
            if owes:
                turns.let_the_courier_catch_up(database)

    def committed(dialect: DefaultDialect, connection: Any) -> None:  # noqa: ANN401 - a driver's
        commit = partial(do_commit, dialect, connection)
        if writing.tables:
            fate.through(writing.name, commit)
        else:
            commit()

    def note(_connection: Any, cursor: Any, _statement: Any, _parameters: Any, context: Any, _many: Any) -> None:  # noqa: ANN401 - SQLAlchemy's event
        if (
            writing.tables is None
            or writing.acts is None
            or not (context.isinsert or context.isupdate or context.isdelete)
        ):
            return
        table = context.compiled.statement.table.name
        writing.tables += _firings(cursor, context) if table == "firings" else [table]
        if table == "audit_entries":
            writing.acts += [each["act"] for each in context.compiled_parameters]

    patch.object(Database, "write", watched).start()
    patch.object(DefaultDialect, "do_commit", committed).start()
    sa.event.listen(sa.Engine, "after_cursor_execute", note)


def _firings(cursor: Any, context: Any) -> list[str]:  # noqa: ANN401 - SQLAlchemy's
    """Say which firing came to be what; where somebody else had claimed it, none did."""
    told = context.compiled_parameters[0]
    return [f"{told.get('job') or told['job_1']} {told['state']}"] if cursor.rowcount else []


def leave_out() -> None:
    submit = Work.submit

    def chosen(work: Work, name: str, *more: Any) -> None:  # noqa: ANN401 - passed on
        if name != LEFT_OUT:
            submit(work, name, *more)

    patch.object(Work, "submit", chosen).start()


def watch_calls(fate: Fate, turns: Turns) -> None:
    """Let every call of AWS and Slack go through a fate."""
    send, open_url = URLLib3Session.send, urllib.request.OpenerDirector.open

    def sent(session: URLLib3Session, request: AWSPreparedRequest) -> Any:  # noqa: ANN401 - botocore's
        with turns.one():
            return fate.through(name_of_aws(request), partial(send, session, request))

    def opened(opener: Any, request: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - urllib's
        with turns.one():
            return fate.through(name_of_slack(request), partial(open_url, opener, request, *args, **kwargs))

    patch.object(URLLib3Session, "send", sent).start()
    patch.object(urllib.request.OpenerDirector, "open", opened).start()


def name_of_aws(request: AWSPreparedRequest) -> str:
    target: Any = request.headers.get("X-Amz-Target")
    if target is None:
        return f"STS {parse_qs(str(request.body))['Action'][0]}"
    return f"KMS {target.decode().rpartition('.')[2]}"


def name_of_slack(request: urllib.request.Request) -> str:
    _, first, *rest = urlsplit(request.full_url).path.split("/")
    name = f"Slack {rest[0] if first == 'api' else 'upload' if first == 'upload' else 'response_url'}"
    has_hash = isinstance(request.data, bytes) and b'"hash"' in request.data
    return f"{name} with a hash" if has_hash else name


def live(environ: Mapping[str, str], log: Path, doom: Doom | None) -> None:
    """Be `python -m bot run` with this environment; with a doom, until that is met."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(output, stream.fileno())
    os.environ.clear()
    os.environ.update(environ)
    build = partial(build_process, timing=Timing(read_back_waits=READ_BACK_WAITS))
    patch.object(bot.run, "build_process", build).start()
    if doom is not None:
        fate, turns = Fate(doom), Turns()
        patch.object(bot.process, "DELIVERY_SECONDS", LOOK_SECONDS).start()
        if doom.name is not None:
            patch.object(bot.process, "SWEEP_SECONDS", OFTEN_SECONDS).start()
            patch.object(bot.process, "CALENDAR_SECONDS", OFTEN_SECONDS).start()
        leave_out()
        watch_transactions(fate, turns)
        watch_calls(fate, turns)
    with without_waiting_for_the_disk():
        sys.exit(main(["run"], os.environ))
