"""The settings are read whole, and whatever is wrong with them is told at once, with its place and its remedy."""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.errors import ConfigurationError, UserError
from bot.models.approval import ApprovalRule
from bot.models.digests import Quiet
from bot.models.selection import EVERYBODY, Conditions, Selection
from bot.rules.filters import Filter
from bot.settings import Settings, load

BOT_TOKEN = "xoxb-1-bot-geheim"
APP_TOKEN = "xapp-1-app-geheim"
SIGNING_SECRET = "0123456789abcdef-geheim"
PASSWORD = "pass-geheim"
DATABASE_URL = f"postgresql+psycopg://rotation:{PASSWORD}@db.internal/rotation"
TOKENS = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN}

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

MINIMAL = '[slack]\nchannel = "C0SECURITY"\n'
ROUTE = '[[digest.route]]\nmatch.team = "x"\nchannel = "C0PAY"\n'
RULE = '[[approval.rule]]\naccounts = ["*"]\napprovers = ["U0A"]\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with no file in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load_text(folder: Path, text: str, environ: Mapping[str, str] = TOKENS, *, with_slack: bool = True) -> Settings:
    (folder / "kms-rotation.toml").write_text(text, encoding="utf-8")
    return load(environ, with_slack=with_slack)


def complaints(folder: Path, text: str, environ: Mapping[str, str] = TOKENS) -> tuple[str, ...]:
    """The lines of the error; the file is read as for Slack."""
    with pytest.raises(ConfigurationError) as caught:
        load_text(folder, text, environ)
    assert str(caught.value).splitlines() == [str(problem) for problem in caught.value.problems]
    for problem in caught.value.problems:
        assert problem.what.endswith("."), problem
        assert problem.remedy.endswith((".", "?")), problem
    return tuple(str(problem) for problem in caught.value.problems)


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


ORGANISATION = '[scan]\naudit_role = "A"\naccounts = "organization"'

IN_THE_FILE = [
    # the text, its place, what is wrong with it, the remedy
    ('[slack]\nchannel = "#security"', ":2: slack.channel", "“#security” is the name of a channel", "Write its id"),
    ('[slack]\nchannel = "security"', ":2: slack.channel", "is not the id of a channel", "Write its id"),
    (f'{MINIMAL}fallback = "#alarm"', ":3: slack.fallback", "“#alarm” is not the id of a channel or a person", "U…"),
    (f'{MINIMAL}fallback = "S0KEYADMINS"', ":3: slack.fallback", "is not the id of a channel or a person", "C…"),
    (f'{MINIMAL}fallback = "C0SECURITY"', ":3: slack.fallback", "It is slack.channel itself", "another channel"),
    ("[slack]\nchannel = 7", ":2: slack.channel", "a number, not text", "in quotes"),
    ('[slack]\nworkspaces = ["T0OURS"]', ": slack.channel", "is missing", "Write the id"),
    (f'{MINIMAL}workspaces = ["ours"]', ":3: slack.workspaces[1]", "not the id of a workspace", "T… or E…"),
    (f'{MINIMAL}workspaces = "T0OURS"', ":3: slack.workspaces", "It is text, not a list", "Write a list"),
    (f'{MINIMAL}workspaces = ["T0A", "T0B", "T0A"]', ":3: slack.workspaces[3]", "“T0A” is in this list twice", "once"),
    (f'{MINIMAL}chanel = "C0A"', ":3: slack.chanel", "no such setting", "Did you mean channel?"),
    (f'{MINIMAL}app_token = "{APP_TOKEN}"', ":3: slack.app_token", "no such setting", "set SLACK_APP_TOKEN"),
    (f"{MINIMAL}[polcy]\nx = 1", ":3: polcy", "no such setting", "Did you mean policy?"),
    (f"{MINIMAL}[zzz]", ":3: zzz", "no such setting", "Known here: slack, scan, policy, digest, approval,"),
    (f"policy = 3\n{MINIMAL}", ":1: policy", "a number, not a table", "as a table"),
    # the table scan
    (
        f'{MINIMAL}[scan]\naudit_role = "A"\naccounts = ["11111111111"]',
        ":5: scan.accounts[1]",
        "“11111111111” has 11 digits",
        "12 digits",
    ),
    (
        f'{MINIMAL}[scan]\naudit_role = "A"\naccounts = ["111111111111", "prod"]',
        ":5: scan.accounts[2]",
        "“prod” is not an account id",
        "12 digits",
    ),
    (
        f'{MINIMAL}[scan]\naudit_role = "A"\naccounts = [111111111111]',
        ":5: scan.accounts[1]",
        "a number, not text",
        "in quotes",
    ),
    (f"{MINIMAL}[scan]\naccounts = []", ":4: scan.accounts", "No account would be scanned", "Leave it out"),
    (f"{MINIMAL}[scan]\naccounts = 5", ":4: scan.accounts", "a number, not a list", "Write a list"),
    (
        f'{MINIMAL}[scan]\naccounts = "111111111111"',
        ":4: scan.accounts",
        "“111111111111” is not known here",
        "'organization' or a list",
    ),
    (f'{MINIMAL}[scan]\naccounts = "organization"', ":3: scan.audit_role", "no role to read them", "role to assume"),
    (f'{MINIMAL}[scan]\naccounts = ["111111111111"]', ":3: scan.audit_role", "no role to read them", "role to assume"),
    (f'{MINIMAL}[scan]\nregions = "all"', ":4: scan.regions", "“all” is not known", "'enabled' or a list"),
    (f"{MINIMAL}[scan]\nregions = []", ":4: scan.regions", "No Region would be scanned", "enabled"),
    (f'{MINIMAL}[scan]\nregions = ["Frankfurt"]', ":4: scan.regions[1]", "not the name of a Region", "eu-central-1"),
    (f'{MINIMAL}[scan]\nregions = ["eu-{"west" * 7}-1"]', ":4: scan.regions[1]", "not the name of a Region", "as AWS"),
    (f'{MINIMAL}[scan]\nregions = ["eu-west-1a"]', ":4: scan.regions[1]", "an availability zone", "eu-west-1."),
    # the tables scan.include and scan.exclude
    *(
        (f"{MINIMAL}{head}\n[scan.{name}]\n{text}", f":{line}: scan.{name}{place}", what, remedy)
        for name in ("include", "exclude")
        for head, line, text, place, what, remedy in (
            (ORGANISATION, 6, "", "", "It names no account", "Write accounts, units or tags"),
            (ORGANISATION, 6, "accounts = []", "", "It names no account", "Write accounts, units or tags"),
            (ORGANISATION, 7, 'accounts = ["prod-*", "1111"]', ".accounts[2]", "“1111” has 4 digits", "12 digits"),
            (ORGANISATION, 7, 'accounts = [" "]', ".accounts[1]", "pattern is empty", "or a pattern"),
            (ORGANISATION, 7, 'accounts = "prod-*"', ".accounts", "It is text, not a list", "Write a list"),
            (ORGANISATION, 7, 'units = ["Production"]', ".units[1]", "not the id of an organisational unit", "ou-…"),
            (ORGANISATION, 7, 'tags = ["stage"]', ".tags", "not a table of tags", "{ team ="),
            (ORGANISATION, 7, 'tags = { stage = "" }', ".tags", "no name or no value", '"*" stands for any'),
            (
                ORGANISATION,
                7,
                'organizational_units = ["ou-ab12-prod0000"]',
                ".organizational_units",
                "no such",
                "Known",
            ),
            (ORGANISATION, 7, 'unit = ["ou-ab12-prod0000"]', ".unit", "no such setting", "Did you mean units?"),
            ("[scan]", 4, 'accounts = ["prod-*"]', "", "those are not scanned", 'Write accounts = "organization"'),
            (
                '[scan]\naudit_role = "A"\naccounts = ["111111111111"]',
                6,
                'accounts = ["prod-*"]',
                "",
                "those are not scanned",
                'Write accounts = "organization"',
            ),
        )
    ),
    (f"{MINIMAL}{ORGANISATION}\n[scan.inclde]", ":6: scan.inclde", "no such setting", "Did you mean include?"),
    (
        f'{MINIMAL}[scan]\naudit_role = "arn:aws:iam::111111111111:role/Audit"',
        ":4: scan.audit_role",
        "is an ARN, not a role name",
        "the role's name alone",
    ),
    (f'{MINIMAL}[scan]\nremediation_role = "a/b"', ":4: scan.remediation_role", "not a role name", "64 letters"),
    (f'{MINIMAL}[scan]\nexternal_id = "x"', ":4: scan.external_id", "has 1 characters", "2 to 1224"),
    (f'{MINIMAL}[scan]\nexternal_id = "two words"', ":4: scan.external_id", "has signs that AWS", "2 to 1224"),
    (f'{MINIMAL}[scan]\nexternal_id = "{"x" * 1225}"', ":4: scan.external_id", "has 1225 characters", "2 to 1224"),
    (f'{MINIMAL}[scan]\nschedule = "0 25 * * *"', ":4: scan.schedule", "hour field 25", "crontab line"),
    (f'{MINIMAL}[scan]\nschedule = "@daily"', ":4: scan.schedule", "five fields", "crontab line"),
    *(
        (f"{MINIMAL}[scan]\nquota_share = {share}", ":4: scan.quota_share", f"share of {told} of AWS", "0.01 to 1.0")
        for share, told in {
            "0": "0",
            "0.009": "0.009",
            "1.01": "1.01",
            "-0.5": "-0.5",
            "50": "50",
            "nan": "nan",
        }.items()
    ),
    (f'{MINIMAL}[scan]\nquota_share = "0.5"', ":4: scan.quota_share", "text, not a number", "without quotes"),
    (f"{MINIMAL}[scan]\nquota_share = true", ":4: scan.quota_share", "true or false, not a number", "without quotes"),
    # the table policy
    (
        f"{MINIMAL}[policy]\nmax_rotation_period_days = 2561",
        ":4: policy.max_rotation_period_days",
        "2561 is out of range",
        "from 90 to 2560 days",
    ),
    (
        f"{MINIMAL}[policy]\nenable_with_period_days = 89",
        ":4: policy.enable_with_period_days",
        "89 is out of range",
        "from 90 to 2560 days",
    ),
    (
        f"{MINIMAL}[policy]\nenable_with_period_days = 366",
        ":4: policy.enable_with_period_days",
        "366 days would break the policy of at most 365",
        "365 or less",
    ),
    (
        f"{MINIMAL}[policy]\nmax_rotation_period_days = 180",
        ":3: policy.enable_with_period_days",
        "365 days would break the policy of at most 180",
        "180 or less",
    ),
    (
        f"{MINIMAL}[policy]\nmax_rotation_period_days = true",
        ":4: policy.max_rotation_period_days",
        "true or false, not a whole number",
        "whole number",
    ),
    # the table digest
    (f'{MINIMAL}[digest]\nschedule = "0 9 * * 8"', ":4: digest.schedule", "day of week field 8", "crontab line"),
    (f'{MINIMAL}[digest]\ntimezone = "Europe/Berlim"', ":4: digest.timezone", "not a time zone", "Europe/Berlin?"),
    (f'{MINIMAL}[digest]\ntimezone = "Europe"', ":4: digest.timezone", "not a time zone", "?"),
    (f'{MINIMAL}[digest]\ntimezone = "/etc/passwd"', ":4: digest.timezone", "not a time zone", "Europe/Berlin."),
    (f"{MINIMAL}[digest]\ntop = 0", ":4: digest.top", "0 is out of range", "from 1 to 15"),
    (f'{MINIMAL}[digest]\nquiet = "never"', ":4: digest.quiet", "“never” says nothing about quiet days", '"once"'),
    (f"{MINIMAL}[digest]\nquiet = true", ":4: digest.quiet", "true or false, not text", "in quotes"),
    (f"{MINIMAL}[digest]\ntop = 16", ":4: digest.top", "16 is out of range", "from 1 to 15"),
    (f'{MINIMAL}[digest]\ntop = "10"', ":4: digest.top", "text, not a whole number", "without quotes"),
    (
        f'{MINIMAL}[[digest.route]]\nmatch = {{ teem = "x" }}\nchannel = "C0PAY"',
        ":4: digest.route[1].match.teem",
        "no such setting",
        "Did you mean team?",
    ),
    (f'{MINIMAL}[[digest.route]]\nchannel = "C0PAY"', ":3: digest.route[1].match", "matches nothing", "any of account"),
    (f'{MINIMAL}[[digest.route]]\nmatch.team = "x"', ":3: digest.route[1].channel", "is missing", "Add channel"),
    (
        f'{MINIMAL}{ROUTE}[[digest.route]]\nmatch.team = "y"\nchannel = "#pay"',
        ":8: digest.route[2].channel",
        "is the name of a channel",
        "Write its id",
    ),
    (f'{MINIMAL}[[digest.routes]]\nchannel = "C0PAY"', ":3: digest.routes", "no such setting", "Did you mean route?"),
    # the table approval
    (f'{MINIMAL}[approval]\nexpires_after = "0h"', ":4: approval.expires_after", "no time at all", "at most"),
    (f'{MINIMAL}[approval]\nexpires_after = "31d"', ":4: approval.expires_after", "longer than 30 days", "at most"),
    (f'{MINIMAL}[approval]\nexpires_after = "soon"', ":4: approval.expires_after", "not a length of time", '"24h"'),
    (f"{MINIMAL}[approval]\nexpires_after = 24", ":4: approval.expires_after", "not a length of time", '"24h"'),
    (
        f'{MINIMAL}{RULE.replace("*", "dev-*")}[[approval.rule]]\naccounts = ["*"]',
        ":6: approval.rule[2].approvers",
        "names nobody",
        "user ids (U…)",
    ),
    (
        f'{MINIMAL}[[approval.rule]]\naccounts = ["*"]\napprovers = []',
        ":5: approval.rule[1].approvers",
        "names nobody",
        "user ids (U…)",
    ),
    (
        f'{MINIMAL}[[approval.rule]]\napprovers = ["U0A"]',
        ":3: approval.rule[1].accounts",
        "for no account",
        '["*"] is every account',
    ),
    (
        f'{MINIMAL}[[approval.rule]]\napprovers = ["U0A"]\naccounts = ["11111111111"]',
        ":5: approval.rule[1].accounts[1]",
        "has 11 digits",
        "12 digits",
    ),
    (
        f'{MINIMAL}[[approval.rule]]\napprovers = ["U0A"]\naccounts = ["*", ""]',
        ":5: approval.rule[1].accounts[2]",
        "is empty",
        "prod-*",
    ),
    (
        f'{MINIMAL}[[approval.rule]]\naccounts = ["*"]\napprovers = [\n  "U0A",\n  "@bob",\n]',
        ":5: approval.rule[1].approvers[2]",
        "“@bob” is a name",
        "Write the person's id",
    ),
    (
        f'{MINIMAL}[[approval.rule]]\naccounts = ["*"]\napprovers = ["bob@example.com"]',
        ":5: approval.rule[1].approvers[1]",
        "is an e-mail address",
        "Write the person's id",
    ),
    (
        f'{MINIMAL}[[approval.rule]]\naccounts = ["*"]\napprovers = ["admins"]',
        ":5: approval.rule[1].approvers[1]",
        "is not the id of a Slack user or group",
        "the user group's (S…)",
    ),
    (f"{MINIMAL}{RULE}required = 0", ":6: approval.rule[1].required", "let everything through", "Add daily_cap"),
    (f"{MINIMAL}{RULE}required = 2", ":6: approval.rule[1].required", "2 approvals are required of 1", "or require"),
    (f'{MINIMAL}{RULE}aprovers = ["U0B"]', ":6: approval.rule[1].aprovers", "no such setting", "approvers?"),
    (f'{MINIMAL}[approval]\nrule = ["x"]', ":4: approval.rule[1]", "text, not a table", "as a table"),
    # TOML itself
    (f"{MINIMAL}top = \n", ": ", "(at line 3, column 7)", "Correct the TOML"),
]


@pytest.mark.parametrize(("text", "place", "what", "remedy"), IN_THE_FILE, ids=[case[0][-40:] for case in IN_THE_FILE])
def test_one_mistake_in_the_file_is_told_once_with_place_and_remedy(
    folder: Path, text: str, place: str, what: str, remedy: str
) -> None:
    [line] = complaints(folder, text)

    assert line.startswith(f"kms-rotation.toml{place}")
    assert what in line.removeprefix(f"kms-rotation.toml{place}")
    assert line.rindex(remedy) > line.index(what)


IN_THE_ENVIRONMENT = [
    # the variable, its value, what is wrong with it, the remedy
    ("SLACK_BOT_TOKEN", "", "is not set", "xoxb-…"),
    ("SLACK_BOT_TOKEN", "geheim", "does not hold a bot token", "xoxb-…"),
    ("SLACK_BOT_TOKEN", "xoxb-geheim geheim", "does not hold a bot token", "xoxb-…"),
    ("SLACK_BOT_TOKEN", "xapp-1-geheim", "holds an app-level token, not a bot token", "xoxb-…"),
    ("SLACK_APP_TOKEN", "", "is not set", "xapp-…"),
    ("SLACK_APP_TOKEN", "geheim", "does not hold an app-level token", "xapp-…"),
    ("SLACK_APP_TOKEN", "xoxb-1-geheim", "holds a bot token, not an app-level token", "xapp-…"),
    ("SLACK_SIGNING_SECRET", "xoxb-1-geheim", "holds a bot token, not the signing secret", "Basic Information"),
    ("SLACK_API_URL", "slack.com/geheim", "not a web address", "https://slack.com/api/"),
    ("SLACK_API_URL", "http://127.0.0.1:geheim/", "not a web address", "https://slack.com/api/"),
    ("DATABASE_URL", "geheim", "not the URL of a database", "postgresql+psycopg://"),
    ("DATABASE_URL", "postgresql+psycopg://u:geheim@host:port/x", "not the URL of a database", "sqlite:///"),
    ("DATABASE_URL", "postgresql+asyncpg://u:geheim@host/x", "asyncpg:// is not supported", "postgresql+psycopg://"),
    ("DATABASE_URL", "mysql://u:geheim@host/x", "mysql:// is not supported", "sqlite:///"),
    ("KMS_ROTATION_CONFIG", "absent.toml", "There is no file absent.toml", "path of the file"),
]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_the_url_of_a_postgresql_is_taken_as_hosts_write_it(scheme: str, tmp_path: Path) -> None:
    path = tmp_path / "kms-rotation.toml"
    path.write_text("", encoding="utf-8")
    given = f"{scheme}://u:p%40ss%2Fword@host:5433/d?sslmode=require"
    settings = load({"KMS_ROTATION_CONFIG": str(path), "DATABASE_URL": given}, with_slack=False)
    assert settings.database_url == "postgresql+psycopg://u:p%40ss%2Fword@host:5433/d?sslmode=require"


@pytest.mark.parametrize(("variable", "value", "what", "remedy"), IN_THE_ENVIRONMENT)
def test_one_mistake_in_the_environment_is_told_once_and_no_value_with_it(
    folder: Path, variable: str, value: str, what: str, remedy: str
) -> None:
    [line] = complaints(folder, MINIMAL, {**TOKENS, variable: value})

    assert line.startswith(f"environment: {variable}: ")
    assert what in line
    assert line.rindex(remedy) > line.index(what)
    assert "geheim" not in line


def test_a_file_that_is_a_folder_or_not_text_is_told(folder: Path) -> None:
    (folder / "binary.toml").write_bytes(b"x = '\xff'")
    for name, what in ((".", "cannot be read"), ("binary.toml", "not UTF-8")):
        with pytest.raises(ConfigurationError, match=what):
            load({"KMS_ROTATION_CONFIG": name}, with_slack=False)


def test_many_mistakes_are_told_at_once_in_the_order_of_the_file(folder: Path) -> None:
    lines = complaints(
        folder,
        """
[slack]
channel = "#security"
[scan]
accounts = ["11111111111", "222222222222", "222222222222"]
schedule = "0 0 31 2 *"
[policy]
max_rotation_period_days = 180
[digest]
timezone = "Berlin"
text = '''
[approval]
expires_after = "not a setting"
'''
[approval]
expires_after = "soon"
[[approval.rule]]
approvers = []
required = 0
[aproval]
""",
        {"SLACK_APP_TOKEN": BOT_TOKEN, "DATABASE_URL": "mysql://u:p@h/d"},
    )

    assert [line.split(": ")[1] if "kms-" not in line else line.split(": ", 2)[:2] for line in lines] == [
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "DATABASE_URL",
        ["kms-rotation.toml:3", "slack.channel"],
        ["kms-rotation.toml:5", "scan.accounts[1]"],
        ["kms-rotation.toml:6", "scan.schedule"],
        ["kms-rotation.toml:7", "policy.enable_with_period_days"],
        ["kms-rotation.toml:10", "digest.timezone"],
        ["kms-rotation.toml:11", "digest.text"],
        ["kms-rotation.toml:16", "approval.expires_after"],
        ["kms-rotation.toml:17", "approval.rule[1].accounts"],
        ["kms-rotation.toml:18", "approval.rule[1].approvers"],
        ["kms-rotation.toml:19", "approval.rule[1].required"],
        ["kms-rotation.toml:20", "aproval"],
    ]


def test_the_environment_is_judged_even_where_the_file_cannot_be_read(folder: Path) -> None:
    lines = complaints(folder, "[slack", {})

    assert len(lines) == 3
    assert lines[0].startswith("environment: SLACK_BOT_TOKEN")
    assert lines[1].startswith("environment: SLACK_APP_TOKEN")
    assert lines[2].startswith("kms-rotation.toml: ")


def test_what_only_slack_needs_is_not_demanded_without_it(folder: Path) -> None:
    assert load({"SLACK_BOT_TOKEN": "not a token"}, with_slack=False).slack is None


def test_the_error_is_one_that_a_person_can_mend() -> None:
    assert issubclass(ConfigurationError, UserError)


def test_no_secret_shows_when_the_settings_are_printed(folder: Path) -> None:
    settings = load_text(
        folder, MINIMAL, {**TOKENS, "SLACK_SIGNING_SECRET": SIGNING_SECRET, "DATABASE_URL": DATABASE_URL}
    )

    assert settings.database_url == DATABASE_URL
    for printed in (str(settings), repr(settings), f"{settings.slack}", repr(settings.slack)):
        assert "geheim" not in printed


def test_no_secret_shows_in_an_error_or_its_causes_even_where_one_stands_in_the_file(folder: Path) -> None:
    text = f'[slack]\nchannel = "{BOT_TOKEN}"\n[digest]\ntop = "{BOT_TOKEN}"\n[scan]\naccounts = ["{APP_TOKEN}"]'
    with pytest.raises(ConfigurationError) as caught:
        load_text(folder, text)

    assert "a Slack token (not shown)" in str(caught.value)
    cause: BaseException | None = caught.value
    while cause is not None:
        assert "geheim" not in f"{cause!s}{cause!r}"
        cause = cause.__cause__ or cause.__context__


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


NAMED_TWICE = [
    ('regions = ["eu-west-1", "us-east-1", "eu-west-1"]', ":5: scan.regions[3]", "eu-west-1", "scan.regions[1]"),
    ('accounts = ["111111111111", "111111111111"]', ":5: scan.accounts[2]", "111111111111", "scan.accounts[1]"),
    *(
        (
            f'accounts = "organization"\n[scan.{table}]\n{name} = ["{entry}", "{other}", "{other}"]',
            f":7: scan.{table}.{name}[3]",
            other,
            f"scan.{table}.{name}[2]",
        )
        for table in ("include", "exclude")
        for name, entry, other in (
            ("accounts", "prod-*", "111111111111"),
            ("units", "ou-ab12-prod0000", "ou-ab12-prod1111"),
        )
    ),
]


@pytest.mark.parametrize("case", NAMED_TWICE)
def test_what_is_to_be_scanned_may_be_named_twice_and_that_is_a_warning(
    folder: Path, caplog: pytest.LogCaptureFixture, case: tuple[str, str, str, str]
) -> None:
    text, second, entry, first = case
    load_text(folder, f'{MINIMAL}[scan]\naudit_role = "A"\n{text}')
    told = f"kms-rotation.toml{second}: “{entry}” is in this list twice, first as {first}. It counts once."
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [("WARNING", told)]
