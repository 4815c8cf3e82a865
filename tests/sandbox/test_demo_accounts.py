"""The demo's configuration on the demo's organisation: who is scanned, who is left out, and why."""

import pytest

from bot.app import build_scans, connect_aws
from bot.models.scans import EVERYWHERE, LeftOut
from bot.rules.filters import Filter
from bot.settings import load
from bot.store.scans import ScanStore
from bot.store.temporary import temporary_database
from deploy.sandbox.aws import AwsServer
from deploy.sandbox.state import CONFIG
from tests.scan.audits import point_at


def test_the_demo_leaves_the_closed_account_and_the_playground_out_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = load({"KMS_ROTATION_CONFIG": str(CONFIG)}, with_slack=False)
    with AwsServer() as aws, temporary_database() as database:
        point_at(aws, monkeypatch)
        store = ScanStore(database)
        made = build_scans(settings, connect_aws(settings), store).run(Filter(), "U0JONAS")
        assert store.left_out(made.id) == [
            LeftOut("666666666666", "closed-experiment", "It is suspended by AWS (SUSPENDED)."),
            LeftOut("777777777777", "playground", "It is excluded by scan.exclude.tags, stage=“play*”."),
        ]
        covered = store.coverage(made.id)
        unread = {(each.account, each.region) for each in covered if each.error}
        assert {each.account for each in covered} == aws.world.accounts.keys() - {"666666666666", "777777777777"}
        assert ("555555555555", EVERYWHERE) in unread
        assert [call for call in aws.calls if call.account in {"666666666666", "777777777777"}] == []
