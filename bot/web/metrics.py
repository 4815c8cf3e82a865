"""What this process counts, for Prometheus. Nothing of it names a key, a person or a message.

Names: https://prometheus.io/docs/practices/naming/
"""

from collections.abc import Mapping, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

from bot.models.scans import Scan, ScanState
from bot.models.watch import AwsAnswer
from bot.version import VERSION

SCAN_BUCKETS = (1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)
CALL_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
ACK_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3)
"""Past three seconds Slack has given up: https://docs.slack.dev/interactivity/handling-user-interaction"""

LEVELS = ("INFO", "WARNING", "ERROR")

KINDS = ("command", "click", "form", "event", "other")
"""Of what Slack sends."""

ENDS = (ScanState.FINISHED, ScanState.INTERRUPTED)

_TOLD = {True: "true", False: "false"}


class Metrics:
    """The counters of a process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        Gauge("kms_rotation_build_info", "The bot's version.", ["version"], registry=registry).labels(VERSION).set(1)
        self._slack = Counter(
            "kms_rotation_slack_calls",
            "Answers to calls of Slack's Web API, retries included; code is ok or Slack's error code.",
            ["method", "code"],
            registry=registry,
        )
        self._aws = Counter(
            "kms_rotation_aws_calls",
            "Answers to calls of AWS, retries included; code is ok or AWS's error code.",
            ["service", "operation", "code"],
            registry=registry,
        )
        self._throttled = Counter(
            "kms_rotation_aws_throttles",
            "Calls that AWS refused for being one too many.",
            ["service", "operation"],
            registry=registry,
        )
        self._replaced = Counter(
            "kms_rotation_slack_socket_replacements",
            "Sockets to Slack that were replaced, by why.",
            ["reason"],
            registry=registry,
        )
        self._scans = Histogram(
            "kms_rotation_scan_duration_seconds",
            "How long the scans of this process took, narrowed ones included; INTERRUPTED were stopped or broke off.",
            ["state"],
            buckets=SCAN_BUCKETS,
            registry=registry,
        )
        self._slack_seconds = Histogram(
            "kms_rotation_slack_call_duration_seconds",
            "How long calls of Slack's Web API took, all attempts and the waits between them, by method.",
            ["method"],
            buckets=CALL_BUCKETS,
            registry=registry,
        )
        self._aws_seconds = Histogram(
            "kms_rotation_aws_call_duration_seconds",
            "How long AWS took to answer, each attempt by itself.",
            ["service", "operation"],
            buckets=CALL_BUCKETS,
            registry=registry,
        )
        self._acks = Histogram(
            "kms_rotation_slack_ack_duration_seconds",
            "From a payload's arrival to the answer to it, by what it is of; acked is false where there was no ack.",
            ["kind", "acked"],
            buckets=ACK_BUCKETS,
            registry=registry,
        )
        self._logged = Counter("kms_rotation_log_records", "Lines of the log, by level.", ["level"], registry=registry)
        for level in LEVELS:
            self._logged.labels(level)

    def slack_answered(self, method: str, code: str) -> None:
        self._slack.labels(method, code).inc()

    def expect_all(self) -> None:
        """Tell of payloads and scans from now on, also while there were none.

        A bot does so from the start: an alert sees no increase where a counter begins at one.
        """
        for state in ENDS:
            self._scans.labels(state.value)
        for kind in KINDS:
            for acked in _TOLD.values():
                self._acks.labels(kind, acked)

    def slack_called(self, method: str, seconds: float) -> None:
        self._slack_seconds.labels(method).observe(seconds)

    def slack_waited(self, kind: str, seconds: float, is_acked: bool) -> None:  # noqa: FBT001 - it is what is told
        self._acks.labels(kind, _TOLD[is_acked]).observe(seconds)

    def aws_answered(self, answer: AwsAnswer, seconds: float) -> None:
        self._aws.labels(answer.service, answer.operation, answer.code).inc()
        if answer.is_throttled:
            self._throttled.labels(answer.service, answer.operation).inc()
        self._aws_seconds.labels(answer.service, answer.operation).observe(seconds)

    def aws_tallied(self, tally: Mapping[AwsAnswer, Sequence[float]]) -> None:
        """Count what a process of a scan counted."""
        for answer, took in tally.items():
            for seconds in took:
                self.aws_answered(answer, seconds)

    def socket_replaced(self, reason: str) -> None:
        self._replaced.labels(reason).inc()

    def scan_ended(self, scan: Scan) -> None:
        if scan.finished_at is not None:
            self._scans.labels(scan.state.value).observe((scan.finished_at - scan.started_at).total_seconds())

    def logged(self, level: str) -> None:
        self._logged.labels(level if level in LEVELS else "ERROR").inc()
