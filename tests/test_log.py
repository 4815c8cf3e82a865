"""The log: a line a record on standard error, without secrets and without tracebacks."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.log import JSON, RUN, set_up_logging, without_secrets
from bot.tracing import AWS_REQUEST_ID, about
from bot.work import Work


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
        ("postgresql+psycopg://bot@db/x?password=geheim&a=1", "postgresql+psycopg://bot@db/x?password=…&a=1"),
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


def test_a_line_of_text_ends_with_the_ids_of_what_it_is_about(
    log: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging(debug=False)
    with about(task="approve", slack_envelope="e1", request="r1"):
        with about(change="c1", scan="s1", account="111111111111", digest="d1", message_id="m1"):
            log.info("It was changed.", extra={AWS_REQUEST_ID: "aws-1"})
        log.warning("Request r1 waits.")
        try:
            _refuse()
        except ClientError:
            log.exception("It failed.")
    log.info("nothing in hand")
    named, by_itself, failed, nothing = (line.split(": ", 1)[1] for line in capsys.readouterr().err.splitlines())
    ids = "request=r1 change=c1 scan=s1 account=111111111111 digest=d1 message_id=m1 aws_request_id=aws-1"
    assert named == f"It was changed. [{ids}]"
    assert by_itself == "Request r1 waits."
    assert failed.startswith("It failed. [request=r1 aws_request_id=aws-2] ClientError: ")
    assert nothing == "nothing in hand"


def _refuse() -> None:
    raise ClientError({"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"RequestId": "aws-2"}}, "DescribeKey")  # type: ignore[typeddict-item]  # as much as there is of it


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


def _fail_around(error: Exception) -> None:
    raise RuntimeError("around it") from error


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    out, err = capsys.readouterr()
    assert out == ""
    return [json.loads(line) for line in err.splitlines()]


def test_json_is_an_object_a_line_with_what_it_is_about(
    log: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging(debug=False, form=JSON)
    with about(request="r1"):
        with about(change="c1"):
            log.info("first\nsecond %s", "“ü”", extra={AWS_REQUEST_ID: "aws-1"})
        log.warning("other")
    log.info("nothing in hand")
    first, second, third = lines(capsys)
    assert (first.pop("time")[-1], first.pop("thread")) == ("Z", "MainThread")
    assert first == {
        "level": "INFO",
        "logger": "bot.somewhere",
        "message": "first\nsecond “ü”",
        "run": RUN,
        "request": "r1",
        "change": "c1",
        "aws_request_id": "aws-1",
    }
    assert (second["request"], "change" in second) == ("r1", False)
    assert not {"request", "change"} & set(third)


def test_json_hides_secrets_in_every_field(log: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(debug=True, form=JSON)
    try:
        _fail()
    except ValueError:
        with about(request="xoxb-5-6"):
            log.exception("about %s", "xapp-3-4")
    [line] = lines(capsys)
    assert "xoxb" not in str(line)
    assert "xapp" not in str(line)
    assert "Traceback (most recent call last)" in line["error"]
    assert "with … in it" in line["error"]


def test_json_names_the_requests_of_aws_and_slack_behind_an_error(
    log: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging(debug=False, form=JSON)
    aws = ClientError({"Error": {"Code": "Oops"}, "ResponseMetadata": {"RequestId": "aws-7"}}, "DescribeKey")  # type: ignore[typeddict-item]  # as much as is read
    answer = SlackResponse(
        client=None,
        http_verb="POST",
        api_url="",
        req_args={},
        data={},
        headers={"X-Slack-Req-Id": "slack-7"},
        status_code=500,
    )
    slack = SlackApiError("It failed.", answer)  # type: ignore[no-untyped-call]  # the SDK's own
    for error in (aws, slack):
        try:
            _fail_around(error)
        except RuntimeError:
            log.exception("It failed.")
    first, second = lines(capsys)
    assert first["aws_request_id"] == "aws-7"
    assert second["slack_request_id"] == "slack-7"


def test_work_that_is_handed_on_goes_on_with_what_it_is_about(
    log: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging(debug=False, form=JSON)
    crew = Work("crew", 1)
    for name in ("r1", "r2"):
        with about(request=name):
            crew.submit("a task", lambda: log.info("done"))
    crew.submit("a task", lambda: log.info("done"))
    assert crew.wait(20)
    assert [line.get("request") for line in lines(capsys)] == ["r1", "r2", None]
