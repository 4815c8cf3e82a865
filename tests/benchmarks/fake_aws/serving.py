"""Starts a fake AWS in a process of its own."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib import import_module
from types import MappingProxyType

from tests.benchmarks.fake_aws.counts import Counts
from tests.benchmarks.fake_aws.levers import Levers
from tests.benchmarks.fake_aws.world import World

EVEN = "tests.benchmarks.fake_aws.even:make"
EVERYTHING_ELSE = MappingProxyType({"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null"})


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a world is made, in whatever process: a function, named `module:function`, and its arguments."""

    arguments: Mapping[str, object]
    levers: Levers = field(default_factory=Levers)
    maker: str = EVEN

    def world(self) -> World:
        module, _, function = self.maker.partition(":")
        made: World = getattr(import_module(module), function)(**self.arguments)
        return made


class Server:
    """A fake AWS that runs. `counts` is there once it has stopped."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the fake AWS has no pipes")
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self.port = int(self._stdout.readline())
        self.counts = Counts()

    def environment(self) -> dict[str, str]:
        """Return the variables that point boto3 at this AWS."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": "eu-central-1",
            **EVERYTHING_ELSE,
        }

    def stop(self) -> None:
        self._stdin.close()
        told = json.loads(self._stdout.readline())
        counters = {name: Counter(told[name]) for name in ("calls", "throttled", "refused", "unknown")}
        self.counts = Counts(**counters, busiest=told["busiest"], cpu=told["cpu"])
        self._process.wait()


@contextmanager
def serving(recipe: Recipe) -> Iterator[Server]:
    """Serve a world until the block ends."""
    command = [
        *(sys.executable, "-m", "tests.benchmarks.fake_aws"),
        *("--world", recipe.maker),
        *("--arguments", json.dumps(dict(recipe.arguments))),
        *("--levers", json.dumps(asdict(recipe.levers))),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        server = Server(process)
        try:
            yield server
        finally:
            server.stop()
