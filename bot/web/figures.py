"""What the database holds, as metrics, found out when Prometheus asks.

Several processes on one database tell the same: `max` over them, never `sum`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.models.exemptions import ExemptionState
from bot.models.requests import ChangeState, RequestState
from bot.models.shares import Depth
from bot.models.watch import Census

WAITING = (RequestState.PENDING, RequestState.APPROVED)

_PREFIX = "kms_rotation_"


class Figures(Collector):
    """Hands Prometheus the figures of the moment. Where the database does not answer, that is what is told of it."""

    def __init__(
        self,
        census: Callable[[], Census],
        wanted_since: Callable[[datetime], datetime | None],
        is_connected: Callable[[], bool | None],
        clock: Callable[[], datetime],
    ) -> None:
        self._census = census
        self._wanted_since = wanted_since
        self._is_connected = is_connected
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        connected = self._is_connected()
        if connected is not None:
            yield _gauge("slack_connected", "Whether Slack's socket is open.", connected)
        wanted = self._wanted_since(self._clock())
        if wanted is not None:
            yield _gauge(
                "scan_wanted_since_timestamp_seconds",
                "By the schedule, a scan of everything should have ended after this moment.",
                wanted.timestamp(),
            )
        try:
            census = self._census()
        except Exception:  # noqa: BLE001 - told in place of the figures; the readiness says it too, and the log why
            yield _gauge("database_up", "Whether the database answers.", 0)
            return
        yield _gauge("database_up", "Whether the database answers.", 1)
        yield from _of_scans(census)
        yield from _of_requests(census, self._clock())
        yield from _of_messages(census)
        yield _gauge("audit_entries", "Entries of the audit trail.", census.audit_entries)
        yield _gauge("audit_head_intact", "Whether the audit trail ends where its head says.", census.is_chain_whole)
        if census.queue is not None:
            yield from _of_workers(census.queue, census.workers)


def _of_scans(census: Census) -> Iterator[Metric]:
    keys = GaugeMetricFamily(
        f"{_PREFIX}findings",
        "Keys by account and verdict, as the current scan says. Exempt keys keep their verdict.",
        labels=["account", "account_name", "verdict", "exempt"],
    )
    for group, number in census.keys.items():
        is_exempt = str(group.is_exempt).lower()
        keys.add_metric([group.account.id, group.account.name, group.verdict.value, is_exempt], number)
    yield keys
    targets = GaugeMetricFamily(
        f"{_PREFIX}coverage_targets",
        "Accounts × Regions of the current scan, by how much of each was read; the account * is all of them.",
        labels=["account", "account_name", "status"],
    )
    for (account, status), number in census.targets.items():
        targets.add_metric([account.id, account.name, status.value], number)
    yield targets
    yield _gauge("accounts_left_out", "Accounts that the current scan was not meant to read.", census.left_out)
    yield _gauge("scan_running", "Whether a scan runs, in any process.", census.is_scanning)
    if census.last_scan is not None:
        began, ended = census.last_scan.started_at, census.last_scan.finished_at
        yield _gauge(
            "last_scan_timestamp_seconds", "When the last finished scan of everything ended.", ended.timestamp()
        )
        seconds = (ended - began).total_seconds()
        yield _gauge("last_scan_duration_seconds", "How long that scan took, in whichever process.", seconds)


def _of_requests(census: Census, now: datetime) -> Iterator[Metric]:
    requests = {state.value: census.requests.get(state, 0) for state in RequestState}
    yield _gauge("requests", "Requests, by state.", requests, ["state"])
    ages = {
        state.value: (now - census.oldest[state]).total_seconds() if state in census.oldest else 0 for state in WAITING
    }
    yield _gauge("oldest_request_age_seconds", "How long the oldest request of a state waits.", ages, ["state"])
    changes = {state.value: census.changes.get(state, 0) for state in ChangeState}
    yield _gauge("changes", "Changes of keys, by state.", changes, ["state"])
    exemptions = {state.value: census.exemptions.get(state, 0) for state in ExemptionState}
    yield _gauge("exemptions", "Exemptions, by state.", exemptions, ["state"])


def _of_messages(census: Census) -> Iterator[Metric]:
    yield _gauge("messages_owed", "Messages that Slack does not show yet as they should be.", census.owed)
    yield _gauge("messages_lost", "Messages that were given up, because Slack will never take them.", census.lost)
    yield _gauge("channels_refusing", "Channels that take no messages from the bot.", census.refusing)
    newest = {name: at.timestamp() for name, at in census.digests.items()}
    yield _gauge("last_digest_timestamp_seconds", "When the newest digest of a name was made.", newest, ["digest"])


def _of_workers(queue: Depth, workers: int) -> Iterator[Metric]:
    accounts = {"waiting": queue.waiting, "reading": queue.reading}
    yield _gauge("queue_accounts", "Accounts of running scans that were shared out, by state.", accounts, ["state"])
    oldest = "How long the first of those accounts waits for a worker."
    yield _gauge("queue_oldest_age_seconds", oldest, queue.oldest_seconds)
    yield _gauge("workers", "Workers that are alive.", workers)


def _gauge(name: str, text: str, value: float | Mapping[str, float], labels: Iterable[str] = ()) -> GaugeMetricFamily:
    if not isinstance(value, Mapping):
        return GaugeMetricFamily(f"{_PREFIX}{name}", text, value=value)
    family = GaugeMetricFamily(f"{_PREFIX}{name}", text, labels=list(labels))
    for label, number in value.items():
        family.add_metric([label], number)
    return family
