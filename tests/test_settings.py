"""The settings are read whole: what the file and the environment say, and what holds where they say nothing."""

from dataclasses import FrozenInstanceError
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.models.approval import ApprovalRule
from bot.models.digests import Quiet
from bot.models.selection import EVERYBODY, Conditions, Selection
from bot.rules.filters import Filter
from bot.settings import load
from tests.configured import APP_TOKEN, BOT_TOKEN, MINIMAL, ORGANISATION, TOKENS, folder, load_text

__all__ = ["folder"]

SIGNING_SECRET = "0123456789abcdef-geheim"
PASSWORD = "pass-geheim"
DATABASE_URL = f"postgresql+psycopg://rotation:{PASSWORD}@db.internal/rotation"

THE_DESIGNS_SAMPLE = """
[slack]
channel = "C0SECURITY"            # where the digest and requests go
workspaces = ["T0OURS"]           # whose people may act; default: the bot's own

[scan]
accounts = "organization"         # or a list of account ids; default: the caller's own account
regions = "enabled"               # or a list
audit_role = "KmsRotationAudit"   # assumed in each account; left out for the caller's own
remediation_role = "KmsRotationRemediate"
external_id = "kms-rotation-7f3a"
schedule = "0 */6 * * *"

[policy]
max_rotation_period_days = 365
enable_with_period_days = 365

[digest]
schedule = "0 9 * * mon-fri"
timezone = "Europe/Berlin"
top = 10

[[digest.route]]                  # extra digests: a part of the keys to another channel
match = { team = "payments" }
channel = "C0PAYMENTS"

[approval]
expires_after = "24h"

[[approval.rule]]                 # the first rule that matches an account decides
accounts = ["prod-*", "111111111111"]
approvers = ["S0KEYADMINS", "U0SECLEAD"]
required = 2

[[approval.rule]]
accounts = ["*"]
approvers = ["S0KEYADMINS"]
required = 1
"""


def test_the_sample_of_the_design_loads_as_it_is(folder: Path) -> None:
    settings = load_text(folder, THE_DESIGNS_SAMPLE, {**TOKENS, "SLACK_SIGNING_SECRET": SIGNING_SECRET})

    assert settings.slack is not None
    assert settings.slack.bot_token.get_secret_value() == BOT_TOKEN
    assert settings.slack.app_token.get_secret_value() == APP_TOKEN
    assert settings.slack.signing_secret is not None
    assert settings.slack.signing_secret.get_secret_value() == SIGNING_SECRET
    assert settings.slack.api_url == "https://slack.com/api/"
    assert (settings.slack.channel, settings.slack.workspaces) == ("C0SECURITY", ("T0OURS",))
    assert settings.scan.accounts == "organization"
    assert settings.scan.regions == "enabled"
    assert settings.scan.audit_role == "KmsRotationAudit"
    assert settings.scan.remediation_role == "KmsRotationRemediate"
    assert settings.scan.external_id == "kms-rotation-7f3a"
    assert settings.scan.schedule == "0 */6 * * *"
    assert settings.policy.max_rotation_period_days == 365
    assert settings.policy.enable_with_period_days == 365
    assert (settings.digest.schedule, settings.digest.timezone) == ("0 9 * * mon-fri", "Europe/Berlin")
    assert settings.digest.top == 10
    [route] = settings.digest.routes
    assert (route.match, route.channel) == ({"team": "payments"}, "C0PAYMENTS")
    assert settings.approval.expires_after == timedelta(hours=24)
    assert settings.approval.rules == (
        ApprovalRule("rule 1", ("prod-*", "111111111111"), approvers=("S0KEYADMINS", "U0SECLEAD"), required=2),
        ApprovalRule("rule 2", ("*",), approvers=("S0KEYADMINS",)),
    )
    assert settings.path is not None
    assert settings.path.resolve() == folder / "kms-rotation.toml"


def test_without_a_file_and_without_slack_everything_has_its_default(folder: Path) -> None:
    settings = load({}, with_slack=False)

    assert settings.slack is None
    assert settings.path is None
    assert settings.database_url == f"sqlite:///{folder}/kms-rotation.sqlite3"
    assert (settings.scan.accounts, settings.scan.regions) == (None, "enabled")
    assert (settings.scan.audit_role, settings.scan.remediation_role, settings.scan.external_id) == (None, None, None)
    assert (settings.scan.schedule, settings.scan.quota_share) == ("0 */6 * * *", 0.5)
    assert (settings.policy.max_rotation_period_days, settings.policy.enable_with_period_days) == (365, 365)
    assert (settings.digest.schedule, settings.digest.timezone) == ("0 9 * * mon-fri", "UTC")
    assert (settings.digest.top, settings.digest.routes) == (10, ())
    assert (settings.approval.expires_after, settings.approval.rules) == (timedelta(hours=24), ())


@pytest.mark.parametrize("share", ["0.01", "0.5", "1.0", "1"])
def test_the_share_of_the_quotas_goes_from_a_hundredth_to_all(folder: Path, share: str) -> None:
    assert load_text(folder, f"{MINIMAL}[scan]\nquota_share = {share}\n").scan.quota_share == float(share)


@pytest.mark.parametrize("quiet", Quiet)
def test_a_quiet_day_takes_a_line_unless_set_otherwise(folder: Path, quiet: Quiet) -> None:
    assert load_text(folder, MINIMAL).digest.quiet == Quiet.LINE
    assert load_text(folder, f'{MINIMAL}[digest]\nquiet = "{quiet}"\n').digest.quiet == quiet


def test_the_database_stands_beside_the_file_that_the_environment_names(folder: Path) -> None:
    etc = folder / "etc"
    etc.mkdir()
    (etc / "rotation.toml").write_text("[digest]\ntop = 3\n", encoding="utf-8")

    settings = load({"KMS_ROTATION_CONFIG": "etc/rotation.toml"}, with_slack=False)

    assert settings.digest.top == 3
    assert settings.path == Path("etc/rotation.toml")
    assert settings.database_url == f"sqlite:///{etc}/kms-rotation.sqlite3"


@pytest.mark.parametrize("url", ["sqlite:////srv/rotation.sqlite3", "sqlite://", DATABASE_URL])
def test_a_database_that_is_supported_is_taken_as_it_is(folder: Path, url: str) -> None:
    assert load({"DATABASE_URL": url}, with_slack=False).database_url == url


@pytest.mark.parametrize("url", ["http://127.0.0.1:9001/api", "http://127.0.0.1:9001/api/"])
def test_the_address_of_slack_always_ends_with_a_slash_for_the_client_joins_names_to_it(folder: Path, url: str) -> None:
    settings = load_text(folder, MINIMAL, {**TOKENS, "SLACK_API_URL": url})

    assert settings.slack is not None
    assert settings.slack.api_url == "http://127.0.0.1:9001/api/"


def test_an_empty_variable_counts_as_one_that_is_not_set(folder: Path) -> None:
    empty = dict.fromkeys(("KMS_ROTATION_CONFIG", "DATABASE_URL", "SLACK_API_URL", "SLACK_SIGNING_SECRET"), " ")

    assert load_text(folder, MINIMAL, {**TOKENS, **empty}) == load_text(folder, MINIMAL)


def test_a_token_read_from_a_file_may_end_with_a_line_break(folder: Path) -> None:
    settings = load_text(folder, MINIMAL, {**TOKENS, "SLACK_BOT_TOKEN": f"{BOT_TOKEN}\n"})

    assert settings.slack is not None
    assert settings.slack.bot_token.get_secret_value() == BOT_TOKEN


def test_a_file_written_on_windows_is_read(folder: Path) -> None:
    (folder / "kms-rotation.toml").write_bytes(b"\xef\xbb\xbf[digest]\r\ntop = 3\r\n")

    assert load({}, with_slack=False).digest.top == 3


@pytest.mark.parametrize(
    ("text", "length"),
    [("90m", timedelta(minutes=90)), ("24h", timedelta(days=1)), ("30d", timedelta(days=30))],
)
def test_an_approval_lives_for_minutes_hours_or_days(folder: Path, text: str, length: timedelta) -> None:
    assert load_text(folder, f'{MINIMAL}[approval]\nexpires_after = "{text}"').approval.expires_after == length


def test_accounts_and_regions_may_be_lists(folder: Path) -> None:
    scan = load_text(
        folder,
        f"{MINIMAL}[scan]\n"
        'accounts = ["111111111111"]\naudit_role = "Audit"\n'
        'regions = ["eu-central-1", "us-gov-west-1", "eusc-de-east-1", "ap-southeast-4"]',
    ).scan

    assert scan.accounts == ("111111111111",)
    assert scan.regions == ("eu-central-1", "us-gov-west-1", "eusc-de-east-1", "ap-southeast-4")


def test_a_route_matches_as_the_same_filter_typed_by_a_person_would(folder: Path) -> None:
    [route] = load_text(
        folder, f'{MINIMAL}[[digest.route]]\nmatch = {{ team = "Payments", account = "PROD-*" }}\nchannel = "C0PAY"'
    ).digest.routes

    assert route.scope == Filter.parse("team=Payments account=PROD-*")


def test_more_approvals_than_people_are_fine_where_a_group_may_hold_them(folder: Path) -> None:
    [rule] = load_text(
        folder,
        f'{MINIMAL}[[approval.rule]]\naccounts = ["*"]\napprovers = ["U0A", "S0GROUP"]\nrequired = 3',
    ).approval.rules

    assert rule.required == 3


def test_the_settings_cannot_be_changed(folder: Path) -> None:
    settings = load_text(folder, THE_DESIGNS_SAMPLE)

    with pytest.raises(FrozenInstanceError):
        settings.database_url = "sqlite://"  # type: ignore[misc]  # the point of the test
    with pytest.raises(ValidationError, match="frozen"):
        settings.policy.max_rotation_period_days = 2560
    with pytest.raises(FrozenInstanceError):
        settings.slack.channel = "C0OTHER"  # type: ignore[misc,union-attr]  # the point of the test


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_the_url_of_a_postgresql_is_taken_as_hosts_write_it(scheme: str, tmp_path: Path) -> None:
    path = tmp_path / "kms-rotation.toml"
    path.write_text("", encoding="utf-8")
    given = f"{scheme}://u:p%40ss%2Fword@host:5433/d?sslmode=require"
    settings = load({"KMS_ROTATION_CONFIG": str(path), "DATABASE_URL": given}, with_slack=False)
    assert settings.database_url == "postgresql+psycopg://u:p%40ss%2Fword@host:5433/d?sslmode=require"


def test_what_only_slack_needs_is_not_demanded_without_it(folder: Path) -> None:
    assert load({"SLACK_BOT_TOKEN": "not a token"}, with_slack=False).slack is None


def test_no_secret_shows_when_the_settings_are_printed(folder: Path) -> None:
    settings = load_text(
        folder, MINIMAL, {**TOKENS, "SLACK_SIGNING_SECRET": SIGNING_SECRET, "DATABASE_URL": DATABASE_URL}
    )

    assert settings.database_url == DATABASE_URL
    for printed in (str(settings), repr(settings), f"{settings.slack}", repr(settings.slack)):
        assert "geheim" not in printed


def test_which_accounts_of_the_organisation_are_scanned(folder: Path) -> None:
    settings = load_text(
        folder,
        f"""{MINIMAL}{ORGANISATION}
[scan.include]            # an account is scanned where it matches any of these (left out: all)
accounts = ["prod-*", "111111111111"]
units = ["ou-ab12-prod0000"]        # with everything below them
tags = {{ stage = "prod*", "cost centre" = "*" }}          # every named tag must match
[scan.exclude]            # and none of these
accounts = ["prod-sandbox"]
""",
    )
    assert settings.scan.selection == Selection(
        include=Conditions(
            ("prod-*", "111111111111"), ("ou-ab12-prod0000",), (("cost centre", "*"), ("stage", "prod*"))
        ),
        exclude=Conditions(("prod-sandbox",)),
    )


def test_unless_said_otherwise_every_account_of_the_organisation_is_scanned(folder: Path) -> None:
    assert load_text(folder, f"{MINIMAL}{ORGANISATION}").scan.selection == EVERYBODY
