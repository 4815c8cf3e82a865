"""A whole set-up that is well, in which tests break one thing at a time: emulated AWS, local Slack, a real database."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.retries.standard import ExponentialBackoff

from bot.doctor.lines import Check, Line, Status
from bot.models.trail import SYSTEM, Act, Entry
from bot.rules.filters import Filter
from bot.store.engine import Database
from bot.store.trail import Trail
from bot.wiring.doctor import SECTIONS, build_doctor
from deploy.sandbox.aws import AwsServer
from deploy.sandbox.aws.world import TOOLING_ACCOUNT
from deploy.sandbox.slack import SlackServer
from tests.scan.audits import point_at
from tests.store.databases import MakeUrl

AUDIT, REMEDIATE = "KmsRotationAudit", "KmsRotationRemediate"
PAYMENTS, FRANKFURT = "111111111111", "eu-central-1"

SETTINGS = """
[slack]
channel = "C0SECURITY"
fallback = "U0MARA"

[scan]
accounts = "organization"
regions = "enabled"
audit_role = "KmsRotationAudit"
remediation_role = "KmsRotationRemediate"
external_id = "sandbox-external-id"

[[digest.route]]
match = { team = "payments" }
channel = "C0PAYMENTS"

[owners.people]
"payments" = "S0ONCALL"

[[approval.rule]]
accounts = ["*"]
approvers = ["S0KEYADMINS", "U0PRIYA"]

[[visibility.rule]]
accounts = ["secret-*"]
visible_to = ["S0ONCALL"]
"""


@dataclass
class Clinic:
    """Everything that a test breaks, and the doctor that looks at it."""

    aws: AwsServer
    slack: SlackServer
    folder: Path
    database_url: str
    monkeypatch: pytest.MonkeyPatch
    environ: dict[str, str] = field(default_factory=dict)
    ahead: timedelta = timedelta()
    text: str = SETTINGS

    def configure(self, text: str = SETTINGS, **variables: str) -> None:
        self.text = text
        path = self.folder / "kms-rotation.toml"
        path.write_text(text, encoding="utf-8")
        self.environ = {
            **self.slack.environment(),
            "SLACK_CONFIG_TOKEN": self.slack.workspace.app.config_token,
            "KMS_ROTATION_CONFIG": str(path),
            "DATABASE_URL": self.database_url,
            **variables,
        }

    def rewrite(self, old: str, new: str) -> None:
        """Change a line of the settings."""
        assert old in self.text
        self.configure(self.text.replace(old, new))

    def set(self, **variables: str) -> None:
        self.environ |= variables

    def scopes(self, *missing: str) -> None:
        """Let the app be installed without these."""
        app = self.slack.state.workspace.app
        self.slack.state.workspace = replace(
            self.slack.state.workspace, app=replace(app, scopes=app.scopes - set(missing))
        )

    def key(self, **more: object) -> str:
        """One more key in the account of payments."""
        fields: Mapping[str, Any] = {"account": PAYMENTS, "alias": "alias/more", **more}
        return self.aws.world.key(**fields)

    def empty(self, group: str) -> None:
        self.slack.state.change_group(group, ())

    def without_group(self, group: str) -> None:
        with self.slack.state.change():
            del self.slack.state.groups[group]

    def trust(self, role: str, actions: tuple[str, ...]) -> None:
        """Let a role's trust policy allow the bot these alone."""
        known = self.aws.world.roles[PAYMENTS, role]
        statement: Mapping[str, object] = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": list(actions)}
        self.aws.world.roles[PAYMENTS, role] = replace(known, trust={"Statement": [statement]})

    def sql(self, *statements: str) -> None:
        database = Database(self.database_url)
        with database.write() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        database.close()

    def look(self, *sections: str, account: str = "", seconds: float = 60) -> list[Line]:
        def clock() -> datetime:
            return datetime.now(UTC) + self.ahead

        return build_doctor(self.environ, sections or SECTIONS, Filter(account=account), clock).examine(seconds)


def of(lines: list[Line], check: Check, status: Status) -> list[Line]:
    return [line for line in lines if (line.check, line.status) == (check, status)]


@pytest.fixture
def clinic(make_url: MakeUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.0)
    with AwsServer(seed=False) as aws, SlackServer() as slack:
        aws.world.account(PAYMENTS, "prod-payments", regions=[FRANKFURT])
        aws.world.enable_regions(TOOLING_ACCOUNT, [FRANKFURT])
        for account in (PAYMENTS, TOOLING_ACCOUNT):
            aws.world.key(account=account, alias="alias/aws/s3")
            aws.world.key(account=account, alias=f"alias/{account}")
        point_at(aws, monkeypatch)
        made = Clinic(aws, slack, tmp_path, make_url("migrated"), monkeypatch)
        made.configure()
        _live(made.database_url)
        yield made


def _live(url: str) -> None:
    """Leave a few entries in the record."""
    database = Database(url)
    for number in range(3):
        Trail(database).record(Entry(datetime(2026, 11, 27, tzinfo=UTC), SYSTEM, Act.BOT_STARTED, f"U{number}"))
    database.close()


Break = Callable[[Clinic], object]

__all__ = ["AUDIT", "FRANKFURT", "PAYMENTS", "REMEDIATE", "Break", "Clinic", "clinic", "of"]
