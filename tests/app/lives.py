"""One life of the bot after another on one database, and what must be true at the end, wherever the first one ended."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import active_children, get_context
from pathlib import Path
from signal import SIGKILL
from uuid import UUID

import pytest
import sqlalchemy as sa

from bot.models.messages import Message as Owed
from bot.models.messages import MessageKind
from bot.models.requests import Request, RequestState
from bot.store.engine import Database
from bot.store.messages import MessageStore
from bot.store.tables import metadata
from bot.views.names import APPROVE
from deploy.sandbox.aws import AwsServer
from deploy.sandbox.slack import SlackServer
from deploy.sandbox.slack.things import Message
from tests.app.house import CHANNEL, PATIENCE_SECONDS, PAYMENTS, House, eventually
from tests.app.mortal import Doom, live

KILLED = -SIGKILL
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["__main__", "tests.app.mortal"])
"""A new process takes a quarter of a second so, with everything imported; it shares nothing with this one."""


class Life:
    """A process of the bot."""

    def __init__(self, house: House, doom: Doom | None = None) -> None:
        self._house = house
        self._log = house.folder / "log.txt"
        environ = {**house.aws.environment(least_privilege=True), **house.environ}
        self._process = PROCESSES.Process(target=live, args=(environ, self._log, doom), daemon=True)
        self._process.start()

    @property
    def is_over(self) -> bool:
        return not self._process.is_alive()

    def until(self, sign: Callable[[], object], what: str) -> bool:
        """Wait for a sign, or for death; True where the sign came."""
        seen = eventually(lambda: "sign" if sign() else "death" * self.is_over, what)
        return seen == "sign"

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def kill(self) -> None:
        self._process.kill()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def end(self) -> None:
        """Kill it where it is not dead yet."""
        self.kill()
        self.died()

    def died(self) -> int | None:
        """Wait until it is gone, also for Slack; answer how it ended."""
        self._process.join(PATIENCE_SECONDS)
        self._house.slack.wait_for(lambda: not self._house.slack.connections, what="the end of its connection")
        return self._process.exitcode


def end_all_lives() -> None:
    """None outlives a test that fails, and meddles with the next one on its database."""
    left = active_children()
    for process in left:
        process.kill()
    for process in left:
        process.join()


@dataclass(frozen=True)
class Morning:
    """What every life starts from: a scan, a digest in Slack, and where they were asked for, keys."""

    database: Path
    keys: int
    seen: Sequence[Message]


def make_morning(folder: Path, keys: int, asking: Callable[[House], None] | None = None) -> Morning:
    with pytest.MonkeyPatch.context() as patched, servers(folder, keys, f"sqlite:///{folder / 'bot.sqlite3'}") as house:
        for name, value in house.aws.environment(least_privilege=True).items():
            patched.setenv(name, value)
        with house.running():
            house.jonas.slash("/kms-rotation digest", channel=CHANNEL)
            house.slack.wait_for(lambda: house.channel.roots, what="the digest")
            if asking is not None:
                asking(house)
            eventually(lambda: not owed(house), "everything to be shown")
    return Morning(folder / "bot.sqlite3", keys, house.channel.messages)


def ask_for_all(house: House) -> None:
    house.mara.slash("/kms-rotation list", channel=CHANNEL)
    house.slack.wait_for(lambda: house.mara.ephemerals, what="the list")
    house.open_form(house.mara, lambda: house.mara.click(house.mara.ephemerals[-1], text="Enable several …"))
    house.mara.submit(house.mara.modal, {"all": {"ticked": ["all"]}})
    house.slack.wait_for(house.request_messages, what="the request's message")


@contextmanager
def servers(folder: Path, keys: int, url: str) -> Iterator[House]:
    """AWS and Slack with nobody between them yet."""
    with AwsServer(seed=False) as aws, SlackServer() as slack:
        slack.give_time(PATIENCE_SECONDS)
        aws.world.account(PAYMENTS, "prod-payments")
        house = House(aws, slack, folder, url)
        for number in range(keys):
            house.key(f"batch/key-{number}", uuid=UUID(int=number + 1))
        house.configure()
        try:
            yield house
        finally:
            end_all_lives()
            house.database.close()


def copy_rows(source: str, target: str) -> None:
    """Make a database of this schema equal to another one, of whichever kind."""
    old, new = Database(source), Database(target)
    with old.read() as read, new.write() as write:
        for table in reversed(metadata.sorted_tables):
            write.execute(table.delete())
        for table in metadata.sorted_tables:
            rows = [dict(row._mapping) for row in read.execute(sa.select(table))]
            if rows:
                write.execute(table.insert(), rows)
    old.close()
    new.close()


@contextmanager
def day(morning: Morning, folder: Path, url: str = "") -> Iterator[House]:
    """Everything as it was in the morning; on SQLite where no other database is named."""
    if url:
        copy_rows(f"sqlite:///{morning.database}", url)
    else:
        shutil.copyfile(morning.database, folder / "bot.sqlite3")
        url = f"sqlite:///{folder / 'bot.sqlite3'}"
    with servers(folder, morning.keys, url) as house:
        for message in morning.seen:
            house.slack.state.put_message(message)
        yield house


def owed(house: House) -> list[Owed]:
    return MessageStore(house.database).due(datetime.now(UTC) + timedelta(days=1))


def all_requests(house: House) -> list[Request]:
    return house.requests.in_state(*RequestState)


def ask(house: House, life: Life) -> None:
    """Mara asks for the digest's one key, and waits until the form says that it is on its way."""
    mara = house.mara
    if mara.modals:
        mara.close(mara.modal, all_of_them=True, wait=False)
    mara.click(house.channel.roots[0], text="Enable rotation", wait=False)
    if life.until(lambda: mara.modals, "the form"):
        mara.submit(mara.modal, wait=False)
        life.until(lambda: mara.modals and "on its way" in mara.modal.visible_text, "the form's answer")


def press(house: House, life: Life, button: str) -> None:
    """Jonas presses a button of the request's message, and waits until it is settled."""
    (request,) = all_requests(house)
    before = house.trail.verify().entries
    house.jonas.click(message_of(house, request), action_id=button, wait=False)
    life.until(lambda: house.trail.verify().entries > before and is_quiet(house), f"what comes of {button}")


def message_of(house: House, request: Request) -> Message:
    found = MessageStore(house.database).find(MessageKind.REQUEST, request.id)
    assert found is not None
    assert found.ts is not None
    return house.channel.message(found.ts)


def is_quiet(house: House) -> bool:
    """Say whether nothing is under way and nothing is owed: in this order, for an end and what it owes are one."""
    return all(each.state is not RequestState.APPROVED for each in all_requests(house)) and not owed(house)


def go_on(house: House, life: Life) -> bool:
    """Do what people would do whose act is still wanted, or was lost; True where the bot lived to see the end."""
    if not life.until(lambda: house.slack.connections and is_quiet(house), "what was under way"):
        return False
    if not all_requests(house):
        ask(house, life)
        if not life.until(lambda: all_requests(house) and is_quiet(house), "the request"):
            return False
    if house.request().state is RequestState.PENDING:
        press(house, life, APPROVE)
    return not life.is_over
