"""The log: one line a record on standard error, and no secret in it."""

import logging
import re
import time
import traceback
from types import TracebackType

_ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_LIBRARIES = (
    "PIL",
    "alembic",
    "apscheduler",
    "botocore",
    "gunicorn",
    "matplotlib",
    "procrastinate",
    "psycopg",
    "slack_bolt",
    "slack_sdk",
    "sqlalchemy",
    "urllib3",
    "websockets",
)
"""Their warnings are of use. At DEBUG some of them write down whole requests and payloads, and with them sessions' keys
and Slack's tokens: never, also where a library gives one of its loggers a level of its own, as Bolt does."""

_SECRETS = re.compile(
    r"""
    xox[a-z]-[\w-]+ | xapp-[\w-]+                                               # Slack's tokens
    | https?://[^\s"'<>]*/(?:commands|actions|services|workflows|triggers)/[^\s"'<>]+  # response_url and webhooks
    | (?<=ticket=)[^\s&"']+                                                      # the address of a socket
    | (?<=://)[^\s/@:]+:[^\s/@]+(?=@)                                            # who opens a database
    """,
    re.VERBOSE,
)
_HIDDEN = "…"


def set_up_logging(*, debug: bool) -> None:
    """Send the log to standard error: the bot's news and everybody's warnings; with `debug` more, and tracebacks."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(with_tracebacks=debug))
    handler.addFilter(_may_be_read)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.INFO if debug else logging.WARNING)
    # Warns of every role that cannot be assumed; the scan says so itself, once and in its place.
    logging.getLogger("botocore.credentials").setLevel(logging.ERROR)


def _may_be_read(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.INFO or record.name.partition(".")[0] not in _LIBRARIES


def without_secrets(text: str) -> str:
    """Hide what may never be read in a log: the last line of defence, should anybody log it."""
    return _SECRETS.sub(_HIDDEN, text)


class _Formatter(logging.Formatter):
    """`2026-11-24T09:00:00Z INFO bot.scan: …`; an exception is told by its last line and place, or in full."""

    def __init__(self, *, with_tracebacks: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        self.converter = time.gmtime
        self._with_tracebacks = with_tracebacks

    def format(self, record: logging.LogRecord) -> str:
        text = without_secrets(super().format(record))
        return text if self._with_tracebacks else " ".join(text.split("\n"))

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802 - logging's name
        if self._with_tracebacks:
            return super().formatException(ei)
        kind, error, trace = ei
        places = traceback.extract_tb(trace)
        place = f" at {places[-1].filename}:{places[-1].lineno}" if places else ""
        return f"{kind.__name__ if kind else 'Exception'}: {error}{place}"
