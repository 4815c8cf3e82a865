"""Whatever is wrong with the settings is told at once, with its place and its remedy, and no secret with it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.errors import ConfigurationError, UserError
from bot.settings import load
from tests.configured import APP_TOKEN, BOT_TOKEN, MINIMAL, ORGANISATION, ROUTE, TOKENS, folder, load_text

__all__ = ["folder"]

RULE = '[[approval.rule]]\naccounts = ["*"]\napprovers = ["U0A"]\n'


def complaints(folder: Path, text: str, environ: Mapping[str, str] = TOKENS) -> tuple[str, ...]:
    """The lines of the error; the file is read as for Slack."""
    with pytest.raises(ConfigurationError) as caught:
        load_text(folder, text, environ)
    assert str(caught.value).splitlines() == [str(problem) for problem in caught.value.problems]
    for problem in caught.value.problems:
        assert problem.what.endswith("."), problem
        assert problem.remedy.endswith((".", "?")), problem
    return tuple(str(problem) for problem in caught.value.problems)


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


def test_the_error_is_one_that_a_person_can_mend() -> None:
    assert issubclass(ConfigurationError, UserError)


def test_no_secret_shows_in_an_error_or_its_causes_even_where_one_stands_in_the_file(folder: Path) -> None:
    text = f'[slack]\nchannel = "{BOT_TOKEN}"\n[digest]\ntop = "{BOT_TOKEN}"\n[scan]\naccounts = ["{APP_TOKEN}"]'
    with pytest.raises(ConfigurationError) as caught:
        load_text(folder, text)

    assert "a Slack token (not shown)" in str(caught.value)
    cause: BaseException | None = caught.value
    while cause is not None:
        assert "geheim" not in f"{cause!s}{cause!r}"
        cause = cause.__cause__ or cause.__context__


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
