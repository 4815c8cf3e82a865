"""Serve a world until standard input ends.

    python -m tests.benchmarks.fake_aws --world tests.benchmarks.fake_aws.even:make \
        --arguments '{"keys_a_place": 2000}' --levers '{"latency": 0.02}'

It prints its port, and at the end what it was asked, as JSON.
"""

import argparse
import asyncio
import gc
import json
import sys
import time
from importlib import import_module

from tests.benchmarks.fake_aws.aws import Aws
from tests.benchmarks.fake_aws.connection import Connection
from tests.benchmarks.fake_aws.levers import Levers
from tests.benchmarks.fake_aws.world import World


async def _serve(aws: Aws, latency: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(aws, latency), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - how the parent learns the port
    before = time.process_time()
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    counts = aws.counts()
    counts.cpu = time.process_time() - before
    print(json.dumps(counts.as_dict()), flush=True)  # noqa: T201 - how the parent learns the counts


def _world(maker: str, arguments: str) -> World:
    module, _, function = maker.partition(":")
    made: World = getattr(import_module(module), function)(**json.loads(arguments))
    return made


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--world", required=True, help="module:function that makes it")
    parser.add_argument("--arguments", default="{}", help="the function's arguments, as JSON")
    parser.add_argument("--levers", default="{}", help="Levers, as JSON")
    asked = parser.parse_args()
    levers = Levers(**json.loads(asked.levers))
    aws = Aws(_world(asked.world, asked.arguments), levers)
    gc.freeze()  # a large world is not looked through again and again while it is served
    asyncio.run(_serve(aws, levers.latency))


if __name__ == "__main__":
    main()
