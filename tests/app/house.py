"""The whole bot on this machine: emulated AWS, local Slack, and the real process between them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any, TypeVar

import pytest

from bot.inbound.http import HttpMode
from bot.models.requests import Request, RequestState
from bot.present import Presenter
from bot.process import Process
from bot.settings import load
from bot.slack.client import web_client
from bot.slack.introduction import Introduction
from bot.store.engine import Database
from bot.store.requests import RequestStore
from bot.store.scans import ScanStore
from bot.store.trail import Trail
from bot.web.listening import Listening
from bot.wiring.assembly import build_process
from bot.wiring.parts import Parts, Timing, Ways
from deploy.sandbox.aws import AwsServer
from deploy.sandbox.aws.calls import RecordedCall
from deploy.sandbox.slack import SlackServer
from deploy.sandbox.slack.driver import Actor, Room
from deploy.sandbox.slack.things import Message
from handlers import promptly
from tests.store.databases import MakeUrl

Found = TypeVar("Found")

CHANNEL = "C0SECURITY"
PAYMENTS = "111111111111"
PATIENCE_SECONDS = 60.0
"""For whatever takes a moment where nothing else runs."""
HANGS = 600.0
"""A call of AWS that takes so long is one that is answered when the test says so."""

CONFIGURATION = """
[slack]
channel = "C0SECURITY"

[scan]
accounts = "organization"
regions = ["eu-central-1"]
audit_role = "KmsRotationAudit"
remediation_role = "KmsRotationRemediate"
external_id = "sandbox-external-id"
schedule = "0 0 1 1 *"

[digest]
schedule = "0 0 1 1 *"

[[approval.rule]]
accounts = ["two-*"]
approvers = ["S0KEYADMINS"]
required = 2

[[approval.rule]]
accounts = ["*"]
approvers = ["S0KEYADMINS"]
"""


class Clock:
    """The time, and as much later as a test wants."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class House:
    """Everything that a test acts on and looks at."""

    aws: AwsServer
    slack: SlackServer
    folder: Path
    database_url: str = ""
    environ: dict[str, str] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    read_back_waits: Sequence[float] = (0.0, 0.05, 0.05, 0.05, 0.05)

    def __post_init__(self) -> None:
        self.database_url = self.database_url or f"sqlite:///{self.folder / 'bot.sqlite3'}"

    @property
    def mara(self) -> Actor:
        """She asks."""
        return self.slack.person("U0MARA")

    @property
    def jonas(self) -> Actor:
        """He may approve, and so may Aiko."""
        return self.slack.person("U0JONAS")

    @property
    def aiko(self) -> Actor:
        return self.slack.person("U0AIKO")

    @property
    def channel(self) -> Room:
        return self.slack.channel(CHANNEL)

    def configure(self, text: str = CONFIGURATION, **variables: str) -> None:
        path = self.folder / "kms-rotation.toml"
        path.write_text(text, encoding="utf-8")
        self.environ = {
            **self.slack.environment(),
            "KMS_ROTATION_CONFIG": str(path),
            "DATABASE_URL": self.database_url,
            **variables,
        }

    @contextmanager
    def running(self, *, scanned: bool = True) -> Iterator[Process]:
        """The bot from its start to its stop; unless said otherwise, after its first scan."""
        timing = Timing(self.clock, self.read_back_waits)
        process = build_process(load(self.environ, with_slack=True), Event(), timing)
        with closing(process), self._reached(process):
            if scanned:
                eventually(self.scans.current, "the first scan")
                # Or a fault that a test sets would hit the check of the rules.
                process.crews.looking.wait(PATIENCE_SECONDS)
            yield process
        assert process.ended_in_order

    @contextmanager
    def _reached(self, process: Process) -> Iterator[None]:
        """Start it, and let Slack's payloads come to it: over its socket, or as requests where the settings say so."""
        process.start()
        if not isinstance(process.inbound, HttpMode):
            self.slack.wait_for_bot()
            yield
            return
        server = Listening(process.inbound, "127.0.0.1", 0)
        server.start()
        self.slack.requests.url = f"http://127.0.0.1:{server.port}/slack/events"
        try:
            yield
        finally:
            server.close()

    @cached_property
    def database(self) -> Database:
        return Database(self.environ["DATABASE_URL"])

    @cached_property
    def presenter(self) -> Presenter:
        """What the bot renders with, on the same database and settings; nothing of it runs, and no socket is made."""
        settings = load(self.environ, with_slack=True)
        assert settings.slack is not None
        client = web_client(settings.slack.bot_token, settings.slack.api_url)
        workspace = self.slack.workspace
        us = Introduction(workspace.team_id, workspace.app.bot_user, workspace.app.bot_id)
        ways = Ways(settings.slack, client, client, client, us)
        return Parts(ways, settings, self.database, Event(), Timing(self.clock)).presenter

    @property
    def scans(self) -> ScanStore:
        return ScanStore(self.database)

    @property
    def requests(self) -> RequestStore:
        return RequestStore(self.database)

    @property
    def trail(self) -> Trail:
        return Trail(self.database)

    def command(self, who: Actor, text: str, channel: str = CHANNEL) -> str:
        """Type a command, and read what only that person is answered."""
        before = len(who.ephemerals)
        who.slash(f"/kms-rotation {text}".strip(), channel=channel)
        self.slack.wait_for(lambda: len(who.ephemerals) > before, what=f"an answer to {text}")
        return shown(who.ephemerals[-1])

    def ask(self, who: Actor, name: str, values: Mapping[str, Mapping[str, Any]] | None = None) -> Message:
        """Ask for a key's rotation from the list, and wait for the request's message."""
        before = len(self.request_messages())
        self.press_enable(who, name)
        who.submit(who.modal, values or {})
        self.slack.wait_for(lambda: len(self.request_messages()) > before, what="the request's message")
        return self.request_messages()[-1]

    def press_enable(self, who: Actor, name: str) -> None:
        before = len(who.ephemerals)
        who.slash(f"/kms-rotation list alias={name}", channel=CHANNEL)
        self.slack.wait_for(lambda: len(who.ephemerals) > before, what="the list")
        self.open_form(who, lambda: who.click(who.ephemerals[-1], text="Enable rotation"))

    def open_form(self, who: Actor, act: Callable[[], object]) -> None:
        """Do what opens a form, and wait for it: one that was sent before may still be open."""
        before = {form.id for form in who.modals}
        act()
        self.slack.wait_for(lambda: {form.id for form in who.modals} - before, what="the form")

    def request_messages(self) -> list[Message]:
        return [each for each in self.channel.roots if "asks to enable automatic rotation" in shown(each)]

    def now(self, message: Message) -> Message:
        return self.channel.message(message.ts)

    def press(self, who: Actor, message: Message, text: str) -> None:
        who.click(self.now(message), text=text)

    def whisper(self, who: Actor, act: Any) -> str:  # noqa: ANN401 - a callable
        """Do something, and read what only that person is told of it."""
        before = len(who.ephemerals)
        act()
        self.slack.wait_for(lambda: len(who.ephemerals) > before, what="a whisper")
        return shown(who.ephemerals[-1]).strip()

    def key(self, name: str = "payments/card-vault", rotation: int | None = None, **more: Any) -> str:  # noqa: ANN401 - World.key's
        return self.aws.world.key(**{"account": PAYMENTS, "alias": f"alias/{name}", "rotation": rotation} | more)

    def rotates(self, arn: str) -> bool:
        return self.aws.world.rotation(self.aws.world.find(arn)).enabled

    @property
    def enable_calls(self) -> list[RecordedCall]:
        return self.aws.calls.named("EnableKeyRotation")

    def settled(self) -> Request:
        """The one request, once nothing is under way for it any more."""
        return eventually(lambda: None if self.request().is_open else self.request(), "the end of the request")

    def request(self) -> Request:
        """The one request that there is."""
        (found,) = self.requests.in_state(*RequestState)
        return found

    def until_shown(self, message: Message, words: str) -> str:
        """Wait until a message says something."""
        self.slack.wait_for(lambda: words in shown(self.now(message)), what=f"“{words}” in the message")
        return shown(self.now(message))

    def in_time(self, predicate: Callable[[], Found | None], what: str) -> Found:
        """Wait for what the bot does later, and let its time go by: by a few hours, in which no request expires."""

        def found() -> Found | None:
            if not (is_there := predicate()):
                self.clock.ahead += timedelta(minutes=1)
            return is_there

        return eventually(found, what, every=0.1)


def eventually(
    predicate: Callable[[], Found | None], what: str, seconds: float = PATIENCE_SECONDS, every: float = 0.02
) -> Found:
    """The predicate's first true answer, for what no server wakes us about: rows in the database, calls to AWS."""
    deadline = monotonic() + seconds
    while not (found := predicate()):
        if monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for {what}")
        sleep(every)
    return found


def shown(message: Message) -> str:
    """Everything that a message shows, mentions and dates among it, a line a block."""
    return "\n".join("".join(_pieces(block)) for block in message.blocks) or message.text


def _pieces(thing: object) -> Iterator[str]:
    match thing:
        case {"type": "user", "user_id": str(user)}:
            yield f"<@{user}>"
        case {"type": "date", "fallback": str(text)}:
            yield text
        case {"type": "link", "url": str(url), **more}:
            yield str(more.get("text", url))
        case {"type": "rich_text_section", "elements": list(elements)}:
            yield from _pieces(elements)
            yield "\n"
        case {"type": "text", "text": str(text)}:
            yield text
        case {"text": str(text)}:
            yield text + "\n"
        case dict() | list():
            for inner in thing.values() if isinstance(thing, dict) else thing:
                yield from _pieces(inner)


@pytest.fixture
def house(tmp_path: Path, make_url: MakeUrl, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Everything above, on each kind of database."""
    with AwsServer(seed=False) as aws, SlackServer() as slack:
        slack.give_time(PATIENCE_SECONDS)
        monkeypatch.setattr(promptly, "PROMPT_SECONDS", PATIENCE_SECONDS)
        aws.world.account(PAYMENTS, "prod-payments")
        for name, value in aws.environment(least_privilege=True).items():
            monkeypatch.setenv(name, value)
        made = House(aws, slack, tmp_path, make_url("migrated"))
        made.configure()
        yield made
        made.database.close()
