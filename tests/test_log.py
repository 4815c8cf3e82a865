"""The log: a line a record on standard error, without secrets and without tracebacks."""

import logging
from collections.abc import Iterator

import pytest

from bot.log import set_up_logging, without_secrets


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield logging.getLogger("bot.somewhere")
    root.handlers[:], root.level = handlers, level


def _fail() -> None:
    raise ValueError("with xoxb-1-2 in it")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("token xoxb-1234-abcDEF was refused", "token … was refused"),
        ("xoxp-1-2-3 and xoxe.xoxp-1-2", "… and xoxe.…"),
        ("xapp-1-A01-23-ffee", "…"),
        ("POST https://hooks.slack.com/actions/T1/2/xYz failed", "POST … failed"),
        ("see https://hooks.slack.com/commands/T1/2/xYz.", "see …"),
        ("http://127.0.0.1:8765/actions/T1/2/xYz", "…"),
        (
            "wss://wss-primary.slack.com/link/?ticket=abc-123&app_id=4",
            "wss://wss-primary.slack.com/link/?ticket=…&app_id=4",
        ),
        ("postgresql+psycopg://rotation:geheim@db/x", "postgresql+psycopg://…@db/x"),
        ("https://slack.com/api/chat.postMessage", "https://slack.com/api/chat.postMessage"),
        ("arn:aws:kms:eu-central-1:111111111111:key/1", "arn:aws:kms:eu-central-1:111111111111:key/1"),
    ],
)
def test_secrets_are_hidden_and_nothing_else(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


def test_a_record_is_one_line_on_standard_error(log: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(debug=False)
    log.info("first\nsecond %s", "xoxb-1-2")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("Z INFO bot.somewhere: first second …\n")
    assert err.count("\n") == 1


def test_an_exception_is_told_by_its_last_line_and_place(
    log: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging(debug=False)
    try:
        _fail()
    except ValueError:
        log.exception("It failed.")
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "It failed. ValueError: with … in it at " in err
    assert "test_log.py:" in err


def test_debug_tells_tracebacks_and_more(log: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(debug=True)
    log.debug("more")
    try:
        _fail()
    except ValueError:
        log.exception("It failed.")
    err = capsys.readouterr().err
    assert "DEBUG bot.somewhere: more" in err
    assert "Traceback (most recent call last)" in err
    assert "xoxb" not in err


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("library", ["botocore.endpoint", "botocore.parsers", "slack_sdk.web", "urllib3"])
def test_libraries_that_write_down_whole_requests_are_never_heard_at_debug(
    log: logging.Logger, capsys: pytest.CaptureFixture[str], library: str, debug: bool
) -> None:
    set_up_logging(debug=debug)
    logging.getLogger(library).debug("SecretAccessKey")
    logging.getLogger(library).warning("trouble")
    err = capsys.readouterr().err
    assert "SecretAccessKey" not in err
    assert "trouble" in err


def test_a_library_that_sets_a_level_of_its_own_is_not_heard_at_debug_either(
    log: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging(debug=True)
    bolt = logging.getLogger("slack_bolt.App")
    bolt.setLevel(logging.DEBUG)
    try:
        bolt.debug("on_message invoked: the whole payload")
        bolt.info("Bolt app is running")
    finally:
        bolt.setLevel(logging.NOTSET)
    err = capsys.readouterr().err
    assert "the whole payload" not in err
    assert "Bolt app is running" in err
