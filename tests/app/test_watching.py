"""What is seen of the running bot from outside, while people work with it and while things go wrong."""

import logging
import socket
from collections import Counter
from contextlib import closing
from datetime import timedelta
from functools import partial
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from bot.aws.kms import KmsReader
from bot.errors import UserError
from bot.process import Process
from bot.scan import Branching
from bot.wiring import watching
from tests.app.house import CHANNEL, CONFIGURATION, PAYMENTS, House, eventually, house
from tests.app.lives import owed
from tests.app.served import free_port
from tests.app.test_trouble import without
from tests.scan.audits import AT_ONCE
from tests.web.asking import Answer, ask, sample

__all__ = ["house"]

KEY = "payments/card-vault"
LINES = "kms_rotation_log_records_total"
ACKS = "kms_rotation_slack_ack_duration_seconds"
ACCOUNT = {"account": PAYMENTS, "account_name": "prod-payments"}
HELD = {**ACCOUNT, "exempt": "false"}


@pytest.fixture(autouse=True)
def _nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is of this moment."""
    monkeypatch.setattr(watching, "CENSUS_SECONDS", 0.0)
    monkeypatch.setattr(watching, "PROBE_SECONDS", 0.0)


def look(process: Process, path: str = "/metrics") -> Answer:
    return ask(process.watch.pages, path)


def parts(process: Process) -> dict[str, bool]:
    """Which parts are ready."""
    return {name: part["ok"] for name, part in look(process, "/readyz").json["parts"].items()}


def test_the_figures_tell_of_keys_requests_messages_and_the_record(house: House) -> None:
    house.key(KEY)
    house.key("payments/rotating", rotation=365)
    with house.running() as process:
        message = house.ask(house.mara, KEY)
        page = look(process)
        assert sample(page, "kms_rotation_findings", verdict="NON_COMPLIANT", **HELD) == 1
        assert sample(page, "kms_rotation_findings", verdict="COMPLIANT", **HELD) == 1
        assert sample(page, "kms_rotation_coverage_targets", status="SCANNED", **ACCOUNT) == 1
        assert sample(page, "kms_rotation_requests", state="PENDING") == 1
        assert 0 < (sample(page, "kms_rotation_oldest_request_age_seconds", state="PENDING") or 0) < 60
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "Rotation is on")
        eventually(lambda: not owed(house), "everything to be shown")
        page = look(process)
    assert sample(page, "kms_rotation_findings", verdict="COMPLIANT", **HELD) == 2
    assert sample(page, "kms_rotation_findings", verdict="NON_COMPLIANT", **HELD) is None
    assert sample(page, "kms_rotation_requests", state="PENDING") == 0
    assert sample(page, "kms_rotation_oldest_request_age_seconds", state="PENDING") == 0
    assert sample(page, "kms_rotation_requests", state="DONE") == 1
    assert sample(page, "kms_rotation_changes", state="SUCCEEDED") == 1
    assert sample(page, "kms_rotation_messages_owed") == 0
    assert sample(page, "kms_rotation_audit_entries") == house.trail.newest(1)[0].sequence
    assert sample(page, "kms_rotation_audit_head_intact") == 1
    assert sample(page, "kms_rotation_database_up") == 1
    assert sample(page, "kms_rotation_slack_connected") == 1
    assert sample(page, "kms_rotation_scan_running") == 0
    assert sample(page, "kms_rotation_scan_duration_seconds_count", state="FINISHED") == 1


def test_scans_that_were_stopped_or_broke_off_are_timed_too_and_apart(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(state: str) -> float | None:
        return sample(look(process), "kms_rotation_scan_duration_seconds_count", state=state)

    house.key(KEY)
    with house.running() as process:
        assert (ended("FINISHED"), ended("INTERRUPTED")) == (1, 0)
        monkeypatch.setattr(KmsReader, "describe", _fail)
        house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
        eventually(lambda: ended("INTERRUPTED") == 1, "a scan that broke off to be timed")
        assert ended("FINISHED") == 1


def _fail(*_: object) -> None:
    raise RuntimeError("a defect")


def test_no_page_names_a_key_a_person_or_what_people_wrote(house: House) -> None:
    arn = house.key(KEY)
    with house.running() as process:
        house.ask(house.mara, KEY, {"reason": {"text": "the auditors are coming"}})
        text = "".join(look(process, path).body.decode() for path in ("/metrics", "/readyz", "/healthz"))
    for word in (KEY, arn.rpartition("/")[2], "U0MARA", "U0JONAS", "auditors", "xoxb-", "xapp-", "bot.sqlite3"):
        assert word not in text


def counted(page: Answer, metric: str, label: str) -> Counter[tuple[str, str]]:
    """What a counter has counted, by one of its labels and the code."""
    counts = Counter[tuple[str, str]]()
    for (name, labels), value in page.samples.items():
        if name == metric:
            told = dict(labels)
            counts[told[label], told["code"]] += int(value)
    return counts


def _told_slack(page: Answer) -> Counter[tuple[str, str]]:
    return counted(page, "kms_rotation_slack_calls_total", "method")


def timed(page: Answer, metric: str, label: str) -> Counter[str]:
    """How many were timed of each, by one of the labels."""
    counts = Counter[str]()
    for (name, labels), value in page.samples.items():
        if name == f"{metric}_count":
            counts[dict(labels)[label]] += int(value)
    return +counts


def test_every_call_of_aws_and_slack_is_counted_once(house: House) -> None:
    house.key(KEY)
    with house.running() as process:
        message = house.ask(house.mara, KEY)
        house.slack.faults.fail_next("chat.update", times=1)
        house.slack.faults.rate_limit_next("users.info", times=1)
        house.aws.faults.throttle(action="kms:EnableKeyRotation", times=1)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "Rotation is on")
        eventually(lambda: not owed(house), "everything to be shown")
        eventually(
            lambda: _told_slack(look(process)).total() == len(house.slack.calls), "the last answer to be counted"
        )
        page = look(process)
        asked = Counter((call.action, call.error or "ok") for call in house.aws.calls)
        told = Counter(call.method for call in house.slack.calls)
    assert counted(page, "kms_rotation_aws_calls_total", "operation") == asked
    assert asked["EnableKeyRotation", "ThrottlingException"] == 1
    throttles = {"service": "kms", "operation": "EnableKeyRotation"}
    assert sample(page, "kms_rotation_aws_throttles_total", **throttles) == 1
    slack = _told_slack(page)
    assert slack.total() == told.total()
    assert {method for method, _ in slack} == set(told)
    assert (slack["chat.update", "http_500"], slack["users.info", "ratelimited"]) == (1, 1)
    assert timed(page, "kms_rotation_aws_call_duration_seconds", "operation") == Counter(
        action for action, _ in asked.elements()
    )
    whole = told - Counter({"users.info": 1, "chat.update": 1})  # those were tried again
    assert timed(page, "kms_rotation_slack_call_duration_seconds", "method") == whole


def test_the_calls_of_a_scan_in_several_processes_are_counted_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10, 16):
        house.aws.world.account(f"1{number:011}", f"team-{number}")
        house.aws.world.key(account=f"1{number:011}", region="eu-central-1", rotation=365)
    monkeypatch.setattr("bot.app.Branching", partial(Branching, middling=AT_ONCE, long=AT_ONCE))
    house.configure(CONFIGURATION.replace("[scan]", "[scan]\nprocesses = 2"))
    with house.running() as process:
        page = look(process)
        asked = Counter((call.action, call.error or "ok") for call in house.aws.calls)
    assert len({call.session_name for call in house.aws.calls.named("DescribeKey")}) == 1
    assert counted(page, "kms_rotation_aws_calls_total", "operation") == asked
    assert timed(page, "kms_rotation_aws_call_duration_seconds", "operation") == Counter(
        name for name, _ in asked.elements()
    )


def test_how_long_slack_waits_is_measured_for_all_that_a_person_does(house: House) -> None:
    house.key(KEY)
    with house.running() as process:
        before = timed(look(process), ACKS, "kind")
        assert before == Counter(), "and what there was none of yet is told, or an alert would miss the first"
        assert sample(look(process), f"{ACKS}_count", kind="form", acked="false") == 0
        house.ask(house.mara, KEY)
        page = look(process)
    acked = {kind: sample(page, f"{ACKS}_count", kind=kind, acked="true") for kind in ("command", "click", "form")}
    assert acked == {"command": 1, "click": 1, "form": 1}
    assert sum(timed(page, ACKS, "kind").values()) == 3
    for kind in acked:
        assert 0 < (sample(page, f"{ACKS}_sum", kind=kind, acked="true") or 0) < 30


def test_the_bot_is_ready_where_everything_is_well(house: House) -> None:
    house.key(KEY)
    with house.running() as process:
        answer = look(process, "/readyz")
        assert (answer.status, answer.json["ready"]) == (200, True)
        assert look(process, "/healthz").status == 200


def test_before_the_first_scan_the_bot_takes_clicks_and_is_not_whole_yet(house: House) -> None:
    house.aws.world.key(account=PAYMENTS)
    house.aws.faults.deny(action="organizations:*")
    with house.running(scanned=False) as process:
        assert parts(process)["scan"] is False
        assert look(process, "/readyz").status == 503
        assert look(process, "/readyz?exclude=scan").status == 200


def test_a_socket_that_was_lost_is_told(house: House) -> None:
    house.key(KEY)
    with house.running() as process:
        house.slack.faults.down()
        eventually(lambda: not parts(process)["slack"], "the loss of the socket to be told")
        assert look(process, "/readyz?exclude=scan").status == 503
        assert sample(look(process), "kms_rotation_slack_connected") == 0
        assert look(process, "/healthz").status == 200
        house.slack.faults.down(False)


def test_a_scan_that_is_overdue_by_its_schedule_is_told_with_both_moments(house: House) -> None:
    house.key(KEY)
    house.configure(CONFIGURATION.replace('schedule = "0 0 1 1 *"', 'schedule = "0 */6 * * *"', 1))
    with house.running() as process:
        assert parts(process)["scan"] is True
        house.clock.ahead = timedelta(hours=12)
        assert parts(process)["scan"] is False
        page = look(process)
    wanted = sample(page, "kms_rotation_scan_wanted_since_timestamp_seconds")
    assert (sample(page, "kms_rotation_last_scan_timestamp_seconds") or 0) < (wanted or 0)


def test_a_database_that_does_not_answer_is_told_and_the_counters_of_the_process_go_on(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.wiring.watching")
    house.key(KEY)
    with house.running() as process:
        with without(house, "scans"):
            told = [parts(process) for _ in range(3)]
            page = look(process)
            assert look(process, "/healthz").status == 200
        assert parts(process) == dict.fromkeys(told[0], True)
    assert told == [{"process": True, "database": False, "scan": False, "slack": True}] * 3
    assert sample(page, "kms_rotation_database_up") == 0
    assert sample(page, "kms_rotation_requests", state="PENDING") is None
    assert sample(page, "kms_rotation_aws_calls_total", service="kms", operation="DescribeKey", code="ok") == 1
    lines = [each.getMessage() for each in caplog.records if "the time of the last scan" in each.getMessage()]
    assert [line.partition(":")[0] for line in lines] == [
        "For those who watch, the time of the last scan cannot be read",
        "For those who watch, the time of the last scan can be read again.",
    ]


def test_a_bot_that_is_stopping_is_alive_and_not_ready_until_its_end(house: House) -> None:
    house.key(KEY)
    with house.running() as process:
        process.stop.set()
        assert parts(process)["process"] is False
        assert look(process, "/healthz").status == 200


def test_the_lines_of_the_log_are_counted_while_the_bot_runs_and_not_after(house: House) -> None:
    house.key(KEY)
    log = logging.getLogger("bot.somewhere")
    with house.running() as process:
        before = sample(look(process), LINES, level="ERROR") or 0
        log.error("It failed.")
        log.critical("It failed for good.")
        log.debug("Nobody counts this.")
        page = look(process)
    log.error("It failed afterwards.")
    assert (sample(page, LINES, level="ERROR") or 0) - before == 2
    assert sample(look(process), LINES, level="ERROR") == sample(page, LINES, level="ERROR")


def test_the_real_process_serves_the_pages_where_the_file_says_and_nowhere_unless_it_does(house: House) -> None:
    house.key(KEY)
    port = free_port()
    house.configure(f'{CONFIGURATION}\n[web]\nlisten = "127.0.0.1:{port}"\n')
    with house.running(), urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        assert answer.status == 200
        assert b"kms_rotation_build_info" in answer.read()
    with pytest.raises(URLError):
        urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20)


def test_an_address_that_is_taken_keeps_the_bot_from_starting_with_a_sentence(house: House) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        house.configure(f'{CONFIGURATION}\n[web]\nlisten = "127.0.0.1:{taken.getsockname()[1]}"\n')
        with pytest.raises(UserError, match=r"web\.listen: Nobody can listen at 127\.0\.0\.1"), house.running():
            pytest.fail("it started")
    assert not house.slack.connections
