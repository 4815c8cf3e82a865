"""An emulated AWS on 127.0.0.1."""

from socket import create_server
from threading import Thread
from types import TracebackType
from typing import Self

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer

from deploy.sandbox.aws.call import Emulation
from deploy.sandbox.aws.calls import Calls
from deploy.sandbox.aws.faults import Faults
from deploy.sandbox.aws.gate import Gate
from deploy.sandbox.aws.identity import Identities, Principal
from deploy.sandbox.aws.roles import bot_policy
from deploy.sandbox.aws.seed import sow
from deploy.sandbox.aws.watchers import Watchers
from deploy.sandbox.aws.world import TOOLING_ACCOUNT, World

HOST = "127.0.0.1"
REGION = "eu-central-1"
STOP_CHECK_SECONDS = 0.05
ADMINISTRATOR = "sandbox"
BOT = "kms-rotation-bot"


class AwsServer:
    """AWS for tests and the demo: `with AwsServer() as aws: boto3.client("kms", **…, endpoint_url=aws.url)`.

    One at a time in a process: moto keeps its state in globals, and a new server begins with nothing of the last.
    `port` 0 takes a free one. Errors: OSError where the port is taken.
    """

    def __init__(self, port: int = 0, *, seed: bool = True) -> None:
        self.calls = Calls()
        self.watchers = Watchers()
        self.world = World()
        identities = Identities()
        self.faults = Faults(self.world, identities)
        for principal in _principals(self.world):
            identities.add(principal)
        if seed:
            sow(self.world)
        gate = Gate(Emulation(self.world, self.faults, identities), self.calls, self.watchers)
        with create_server((HOST, port)) as bound:  # werkzeug would end the process where the port is taken
            self._server = ThreadedWSGIServer(HOST, port, gate, _Handler, fd=bound.fileno())
        self._thread = Thread(target=self._server.serve_forever, args=(STOP_CHECK_SECONDS,), name="aws", daemon=True)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.port}"

    def environment(self, *, least_privilege: bool = False) -> dict[str, str]:
        """What points boto3 and the AWS CLI here: as an administrator of the tooling account, or as the bot, with
        only what `deploy/aws/bot.yml` allows.
        """
        name = BOT if least_privilege else ADMINISTRATOR
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": name,
            "AWS_SECRET_ACCESS_KEY": name,
            "AWS_SESSION_TOKEN": "",  # one that is left over in a shell would make these keys worthless
            "AWS_DEFAULT_REGION": REGION,
        }

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.faults.clear()  # what they hold up would be answered out of the next server's world
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _principals(world: World) -> tuple[Principal, ...]:
    arn = f"arn:aws:iam::{TOOLING_ACCOUNT}:user"
    return (
        Principal(TOOLING_ACCOUNT, f"{arn}/{ADMINISTRATOR}", ADMINISTRATOR, ADMINISTRATOR),
        Principal(TOOLING_ACCOUNT, f"{arn}/{BOT}", BOT, BOT, (bot_policy(TOOLING_ACCOUNT, world.organization.id),)),
    )


class _Handler(MotoRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The calls are recorded; a line a request on standard error helps nobody."""
