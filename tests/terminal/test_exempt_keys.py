"""`python -m bot scan` where the settings exempt keys: what it prints, and its exit status."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.store.engine import Database
from bot.store.exemptions import ExemptionStore
from deploy.sandbox.aws import AwsServer
from tests.scan.audits import MEMBER
from tests.terminal.conftest import SETTINGS
from tests.terminal.shell import Shell

DAY = datetime.now(UTC).date() + timedelta(days=30)
DECLARED = f"""
[[exemption.declared]]
account = "prod-*"
tag = {{ stage = "legacy" }}
until = {DAY}
reason = "Switched off in summer."
"""


@pytest.mark.parametrize("options", [(), ("--no-store",)])
def test_a_declared_exemption_counts_with_and_without_the_database(
    aws: AwsServer, terminal: Shell, options: tuple[str, ...]
) -> None:
    arn = aws.world.key(account=MEMBER, alias="alias/old", tags={"stage": "legacy"})
    terminal.configure(SETTINGS + DECLARED)
    done = terminal.run("scan", "--format", "json", *options)
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["summary"] == {
        "compliant": 0,
        "non_compliant": 0,
        "not_applicable": 0,
        "insufficient_data": 0,
        "exempt": 1,
        "percent_compliant": 100.0,
    }
    [found] = document["findings"]
    assert (found["arn"], found["verdict"]) == (arn, "NON_COMPLIANT")
    assert found["exempt_until"] == f"{DAY}T23:59:59Z"
    assert bool(terminal.tables) is not bool(options)


def test_one_that_was_taken_out_of_the_file_counts_no_more(aws: AwsServer, terminal: Shell) -> None:
    aws.world.key(account=MEMBER, alias="alias/old", tags={"stage": "legacy"})
    aws.world.key(account=MEMBER, alias="alias/new")
    terminal.configure(SETTINGS + DECLARED)
    done = terminal.run("scan")
    assert done.returncode == 1
    assert f"Automatic rotation is off. Exempt until {DAY} 23:59 UTC." in done.stdout
    assert "0 of 1 keys rotate; 1 exempt" in done.stdout
    terminal.configure(SETTINGS)
    done = terminal.run("scan")
    assert done.returncode == 1
    assert "0 of 2 keys rotate; 0 exempt" in done.stdout
    database = Database(terminal.database_url)
    assert ExemptionStore(database).active() == []
    database.close()
