"""From arguments to an exit status: every error becomes a sentence on standard error."""

import logging
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.errors import UserError
from bot.log import TEXT, set_up_logging
from bot.rules.filters import BadFilterError
from bot.settings import Settings, load
from bot.settings.web import Log
from bot.terminal.audit import audit
from bot.terminal.exits import Exit
from bot.terminal.parser import parser
from bot.terminal.scan import scan
from bot.terminal.upkeep import look_after_database

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command. Argument errors leave by SystemExit(2), as argparse does it."""
    asked = parser().parse_args(arguments)
    set_up_logging(debug=asked.debug, form=asked.log_format or TEXT)
    try:
        if asked.command == "doctor":  # which tells what is wrong with the settings in its own way
            return _doctor(environ, asked)
        settings = _logged(load(environ, with_slack=_WITH_SLACK.get(asked.command, False)), asked)
        return _COMMANDS[asked.command](settings, asked)
    except (UserError, BadFilterError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the terminal is the interface
        return Exit.USAGE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:  # who reads has seen enough; https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.INTERRUPTED
    except Exception:  # noqa: BLE001 - nobody is to see a traceback who did not ask for one
        _log.exception("This is a defect of the bot; --debug tells more.")
        return Exit.BUG


def _logged(settings: Settings, asked: Namespace) -> Settings:
    """Write the log as the settings say, unless the command line does; the processes of a scan go by the settings."""
    if asked.log_format is not None:
        return replace(settings, log=Log(format=asked.log_format))
    set_up_logging(debug=asked.debug, form=settings.log.format)
    return settings


def _run(settings: Settings, _asked: Namespace) -> int:
    from bot.run import run  # noqa: PLC0415 - Slack's SDK is for this command alone

    return run(settings)


def _doctor(environ: Mapping[str, str], asked: Namespace) -> int:
    from bot.terminal.doctor import doctor  # noqa: PLC0415 - as above

    return doctor(environ, asked)


def _rules(settings: Settings, asked: Namespace) -> int:
    from bot.terminal.rules import rules  # noqa: PLC0415 - as above

    return rules(settings, asked)


def _worker(settings: Settings, asked: Namespace) -> int:
    from bot.terminal.worker import worker  # noqa: PLC0415 - the queue is for this command, and for shared scans

    return worker(settings, asked)


_WITH_SLACK: Mapping[str, bool | None] = {"run": True, "rules": None}
"""Which commands need Slack; None is for one that looks people up where it may."""

_COMMANDS: Mapping[str, Callable[[Settings, Namespace], int]] = {
    "run": _run,
    "scan": scan,
    "worker": _worker,
    "rules": _rules,
    "audit": audit,
    "db": look_after_database,
}
