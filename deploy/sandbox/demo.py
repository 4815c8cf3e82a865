"""Two servers and the bot, from the first to the last."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from deploy.sandbox import words
from deploy.sandbox.aws import AwsServer
from deploy.sandbox.bot_process import BotProcess
from deploy.sandbox.errors import CannotStartError
from deploy.sandbox.panel import SandboxPanel
from deploy.sandbox.shell import clean
from deploy.sandbox.slack import SlackServer
from deploy.sandbox.slack.things import Message
from deploy.sandbox.state import State, state
from deploy.sandbox.stop import StopSignals

CHANNEL, SECURITY_LEAD = "C0SECURITY", "U0JONAS"
CONNECT_SECONDS = 60.0
DIGEST_SECONDS = 180.0
FOR_EVER = 365 * 24 * 3600.0

Server = TypeVar("Server", AwsServer, SlackServer)


@dataclass(frozen=True, slots=True)
class Options:
    port: int
    aws_port: int
    data: Path | None
    with_bot: bool


def run(options: Options, bot: Sequence[str]) -> int:
    """Run until told to stop (0), or until the bot ends by itself (1). `bot` is the command that starts it.

    Errors: CannotStartError for a taken port, or a folder that cannot be written to.
    """
    clean()
    stop = StopSignals()
    stop.listen()
    with ExitStack() as stack:
        kept = stack.enter_context(state(options.data))
        slack = _started(stack, lambda: SlackServer(port=options.port), options.port, "--port")
        aws = _started(stack, lambda: AwsServer(options.aws_port), options.aws_port, "--aws-port")
        slack.beside = SandboxPanel(aws, slack)
        stop.wake(slack.look_again)
        if not options.with_bot:
            environment = {**slack.environment(), **aws.environment(), **kept.environment()}
            _say(words.servers_only(environment, slack.url, aws.world))
            slack.look_for(lambda: stop.came, FOR_EVER)
            return 0
        return Demo(slack, aws, kept, stop).run(bot)


class Demo:
    def __init__(self, slack: SlackServer, aws: AwsServer, kept: State, stop: StopSignals) -> None:
        self._slack = slack
        self._aws = aws
        self._kept = kept
        self._stop = stop

    def run(self, command: Sequence[str]) -> int:
        pointers = {
            **self._slack.environment(), **self._aws.environment(least_privilege=True), **self._kept.environment()
        }  # fmt: skip
        environment = {**os.environ, **pointers, "PYTHONUNBUFFERED": "1"}
        _say(f"Starting the bot on an AWS organisation of {len(self._aws.world.accounts)} accounts on this machine …")
        bot = BotProcess(command, environment, self._kept.log, on_end=self._slack.look_again)
        try:
            self._show(bot)
        finally:
            bot.stop()
        return 0 if self._stop.came else 1

    def _show(self, bot: BotProcess) -> None:
        def over() -> bool:
            return self._stop.came or bot.exit_status is not None

        if not self._await(lambda: over() or self._slack.connections, CONNECT_SECONDS):
            _say(words.slow(f"The bot has not connected in {CONNECT_SECONDS:g} s.", str(self._kept.log)))
        if not over() and self._slack.connections:
            _say("It is connected. Jonas asks for a digest; the first scan goes before …")
            self._slack.person(SECURITY_LEAD).slash("/kms-rotation digest", channel=CHANNEL, wait=False)
            if not self._await(lambda: over() or self._digest(), DIGEST_SECONDS):
                _say(words.slow(f"No digest has come in {DIGEST_SECONDS:g} s.", str(self._kept.log)))
        if not over():
            _say(words.welcome(self._slack.url, self._aws.environment(), self._kept.environment(), self._aws.world))
            self._await(over, FOR_EVER)
        status = bot.exit_status
        if self._stop.came:
            _say("\nStopping …")
        elif status is not None:
            print(words.ended_by_itself(status, bot.last_lines()), file=sys.stderr)

    def _await(self, predicate: Callable[[], object], seconds: float) -> bool:
        return self._slack.look_for(predicate, seconds)

    def _digest(self) -> Message | None:
        app = self._slack.workspace.app.bot_user
        return next((m for m in self._slack.channel(CHANNEL).roots if m.user == app and m.blocks), None)


def _started(stack: ExitStack, make: Callable[[], Server], port: int, option: str) -> Server:
    try:
        return stack.enter_context(make())
    except OSError as error:
        why = os.strerror(error.errno).lower() if error.errno else str(error)
        remedy = f"Choose another with {option}, or let 0 find one: {option} 0"
        raise CannotStartError(f"Port {port} cannot be used: {why}. {remedy}") from error


def _say(text: str) -> None:
    """Print, unless nobody reads any more: a closed pipe or terminal ends nothing in the browser."""
    try:
        print(text, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
