"""The log: one line a record on standard error, and no secret in it."""

import json
import logging
import re
import secrets
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType

from bot.tracing import AWS_REQUEST_ID, subjects

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
    | (?<=password=)[^\s&"']+                                                   # the same, in its query
    """,
    re.VERBOSE,
)
_HIDDEN = "…"

TEXT, JSON = "text", "json"

SLACK_REQUEST_ID = "slack_request_id"
IN_TEXT = ("request", "change", "scan", "account", "digest", "message_id", AWS_REQUEST_ID, SLACK_REQUEST_ID)
"""What a person looks for by its id. The rest is for JSON, the process as well: journals and containers tell it."""

RUN = secrets.token_hex(4)
"""Names this process, and those of its scans, in the log: several write into one place."""


def set_up_logging(*, debug: bool, form: str = TEXT, run: str = RUN) -> None:
    """Send the log to standard error: the bot's news and everybody's warnings; with `debug` more, and tracebacks.

    `form` is text, or JSON: an object a line, with what the line is about. A process that another one began for its
    own work is handed that one's `run`.
    """
    handler = logging.StreamHandler()
    plain = _Formatter(with_tracebacks=debug)
    handler.setFormatter(_JsonFormatter(with_tracebacks=debug, run=run) if form == JSON else plain)
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
    """`2026-11-24T09:00:00Z INFO bot.rounds: … [scan=1f3a…]`.

    An exception is told by its last line and place, or in full.
    """

    def __init__(self, *, with_tracebacks: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        self.converter = time.gmtime
        self._with_tracebacks = with_tracebacks

    def format(self, record: logging.LogRecord) -> str:
        text = without_secrets(super().format(record))
        return text if self._with_tracebacks else " ".join(text.split("\n"))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Put after what is said the ids of what it is about, but for those that it names itself."""
        told = {**subjects(), **dict(_request_ids(record))}
        ids = [f"{name}={told[name]}" for name in IN_TEXT if name in told and told[name] not in record.message]
        text = super().formatMessage(record)
        return f"{text} [{' '.join(ids)}]" if ids else text

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802 - logging's name
        if self._with_tracebacks:
            return super().formatException(ei)
        kind, error, trace = ei
        places = traceback.extract_tb(trace)
        place = f" at {places[-1].filename}:{places[-1].lineno}" if places else ""
        return f"{kind.__name__ if kind else 'Exception'}: {error}{place}"


class _JsonFormatter(_Formatter):
    """One object a line. What it is about has names of its own, so that a request or a scan is found by its id."""

    def __init__(self, *, with_tracebacks: bool, run: str) -> None:
        super().__init__(with_tracebacks=with_tracebacks)
        self._run = run

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line: dict[str, str] = {
            "time": moment,
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "run": self._run,
            "thread": record.threadName or "",
            **subjects(),
            **dict(_request_ids(record)),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps({name: without_secrets(value) for name, value in line.items()}, ensure_ascii=False)


def _request_ids(record: logging.LogRecord) -> Iterator[tuple[str, str]]:
    """Find the ids by which AWS and Slack know the call that a line tells of: of its outcome, or of what it raised."""
    told = getattr(record, AWS_REQUEST_ID, None)
    if told:
        yield AWS_REQUEST_ID, str(told)
    error: BaseException | None = record.exc_info[1] if record.exc_info else None
    while error is not None:
        response = getattr(error, "response", None)
        if isinstance(response, dict) and "RequestId" in response.get("ResponseMetadata", {}):
            yield AWS_REQUEST_ID, str(response["ResponseMetadata"]["RequestId"])
        slack = {name.lower(): value for name, value in (getattr(response, "headers", None) or {}).items()}
        if "x-slack-req-id" in slack:
            yield SLACK_REQUEST_ID, str(slack["x-slack-req-id"])
        error = error.__cause__
