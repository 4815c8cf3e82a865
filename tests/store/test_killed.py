"""A process that is killed in the middle of a transaction leaves a database that opens, and a chain that holds."""

import signal
import subprocess
import sys

import pytest

from bot.models.scans import Summary
from bot.store.engine import Database
from bot.store.scans import ScanStore
from bot.store.schema import upgrade
from bot.store.trail import Trail
from tests.store.databases import MakeUrl
from tests.store.samples import at, covered, finding, run

HALF_WAY = """
import sys, time
from dataclasses import replace
from bot.store.engine import Database
from bot.store.scan_rows import finding_values
from bot.store.scans import ScanStore
from bot.store.tables import findings
from bot.store.trail import append
from bot.models.trail import Act, Entry
from tests.store.samples import at, finding, scan

database = Database(sys.argv[1])
store = ScanStore(database)
started = replace(scan(), id="half-way")
store.begin(started)
for batch in range(3):
    store.add(started.id, [finding(f"{batch}-{number}") for number in range(500)])
with database.write() as connection:
    rows = [finding_values(started.id, finding(f"half-{number}")) for number in range(20_000)]
    connection.execute(findings.insert(), rows)
    append(connection, Entry(at(1), "U0LENA", Act.SCAN_FINISHED, started.id))
    print(started.id, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def url(make_url: MakeUrl) -> str:
    return make_url("migrated")


def test_a_process_killed_in_the_middle_of_a_transaction_leaves_what_it_had_committed(url: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", HALF_WAY, url], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    scan_id = child.stdout.readline().strip()
    assert scan_id
    child.send_signal(signal.SIGKILL)
    assert child.wait(timeout=60) == -signal.SIGKILL
    child.stdout.close()

    database = Database(url)
    upgrade(database)
    store, trail = ScanStore(database), Trail(database)
    assert [each.id for each in store.running()] == [scan_id]
    assert len(list(store.findings(scan_id))) == 1500
    found = trail.verify()
    assert (found.entries, found.fault) == (1, None)

    store.interrupt(scan_id, at(5), [])
    assert run(store, [finding("a")], [covered()], minutes=6).summary == Summary(non_compliant=1)
    assert trail.verify().entries == 4
    database.close()
