"""Each thing broken in turn: its line says so with its remedy, and everything else is told as before."""

from collections import Counter
from datetime import timedelta
from typing import NamedTuple

import pytest
from botocore.utils import ContainerMetadataFetcher

from bot.doctor.lines import Check, Line, Status
from tests.doctor.clinic import AUDIT, PAYMENTS, REMEDIATE, Break, Clinic, clinic, of

__all__ = ["clinic"]

FAILED, WARNING, UNKNOWN = Status.FAILED, Status.WARNING, Status.UNKNOWN

IN_SLACK = frozenset(
    {Check.CHANNEL, Check.SCOPE, Check.WORKSPACE, Check.APP, Check.APPROVERS, Check.VISIBILITY, Check.OWNERS}
)
PEOPLE = frozenset({Check.APPROVERS, Check.VISIBILITY, Check.OWNERS})
IN_ACCOUNTS = frozenset({Check.AUDIT_ROLE, Check.PERMISSION, Check.REMEDIATION_ROLE})
IN_DATABASE = frozenset({Check.DATABASE, Check.SCHEMA, Check.RECORD, Check.PROCESSES})
ROLES = frozenset({Check.PERMISSION})
IN_AWS = IN_ACCOUNTS | {Check.ORGANIZATION, Check.CLOCK}
NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": ""}


class Case(NamedTuple):
    """What is broken, and which section is looked at then.

    Then, which check says so, with what words and what remedy; `takes` are others that rest on the same.
    """

    section: str
    break_it: Break
    check: Check
    status: Status
    seen: str
    remedy: str
    takes: frozenset[Check] = frozenset()


def channel(name: str = "C0PAYMENTS", **fields: object) -> Break:
    return lambda clinic: clinic.slack.state.change_channel(name, **fields)


def person(name: str, **fields: object) -> Break:
    return lambda clinic: clinic.slack.state.change_person(name, **fields)


def settings(old: str, new: str) -> Break:
    return lambda clinic: clinic.rewrite(old, new)


def variable(**values: str) -> Break:
    return lambda clinic: clinic.set(**values)


def surroundings(**values: str) -> Break:
    """Set what boto3 reads of the environment by itself."""

    def set_all(clinic: Clinic) -> None:
        for name, value in values.items():
            clinic.monkeypatch.setenv(name, value)

    return set_all


def clock(**ahead: float) -> Break:
    return lambda clinic: setattr(clinic, "ahead", timedelta(**ahead))


def sql(*statements: str) -> Break:
    return lambda clinic: clinic.sql(*statements)


def scope(name: str) -> Break:
    return lambda clinic: clinic.scopes(name)


def app(part: str, key: str, value: object) -> Break:
    return lambda clinic: clinic.slack.state.manifest[part].__setitem__(key, value)


def deny(action: str, kind: str = "identity", account: str = "*") -> Break:
    return lambda clinic: clinic.aws.faults.deny(account, action=action, kind=kind)


def remove(role: str) -> Break:
    return lambda clinic: clinic.aws.faults.remove_role(PAYMENTS, role)


def regions(clinic: Clinic) -> None:
    clinic.rewrite('regions = "enabled"', 'regions = ["eu-central-1", "eu-centrul-1"]')


def task_without_metadata(clinic: Clinic) -> None:
    clinic.monkeypatch.setattr(ContainerMetadataFetcher, "SLEEP_TIME", 0)
    surroundings(AWS_CONTAINER_CREDENTIALS_FULL_URI="http://127.0.0.1:9/", **NO_KEYS)(clinic)


CASES = {
    "a variable is missing": Case(
        "slack", variable(SLACK_APP_TOKEN=""), Check.CONFIGURATION, FAILED, "It is not set.", "App-Level Tokens",
        frozenset({Check.APP_TOKEN}),
    ),
    "the file is unsound": Case(
        "database", settings("[scan]", "[scan]\nquota_share = 7"), Check.CONFIGURATION, FAILED, "7", "1.0",
        IN_DATABASE | {Check.DOCTOR},
    ),
    "the database is away": Case(
        "database", variable(DATABASE_URL="postgresql+psycopg://bot:secret@127.0.0.1:9/bot"), Check.DATABASE, FAILED,
        "cannot be reached", "does not start", IN_DATABASE,
    ),
    "the database's folder is not there": Case(
        "database", variable(DATABASE_URL="sqlite:////nowhere/at/all/bot.sqlite3"), Check.DATABASE, FAILED,
        "/nowhere/at/all is not there", "does not start", IN_DATABASE,
    ),
    "the schema is older": Case(
        "database", sql("UPDATE alembic_version SET version_num = '0003'"), Check.SCHEMA, FAILED, "schema 0003",
        "db upgrade", IN_DATABASE,
    ),
    "the schema is newer": Case(
        "database", sql("UPDATE alembic_version SET version_num = '9999'"), Check.SCHEMA, FAILED, "schema 9999",
        "a newer version of the bot", IN_DATABASE,
    ),
    "the schema is untold": Case(
        "database", sql("DROP TABLE alembic_version"), Check.SCHEMA, FAILED, "does not say of which schema",
        "Restore a whole backup", IN_DATABASE,
    ),
    "an entry was changed": Case(
        "database", sql("UPDATE audit_entries SET actor = 'U0NOBODY' WHERE sequence = 2"), Check.RECORD, FAILED,
        "Entry 2 ", "audit verify",
    ),
    "an entry was removed": Case(
        "database", sql("DELETE FROM audit_entries WHERE sequence = 2"), Check.RECORD, FAILED, "Entry 2 is missing",
        "audit verify",
    ),
    "the newest entry was removed": Case(
        "database", sql("DELETE FROM audit_entries WHERE sequence = 3"), Check.RECORD, FAILED,
        "ends at entry 2, but 3 were written", "audit verify",
    ),
    "the head is missing": Case(
        "database", sql("DELETE FROM audit_head"), Check.RECORD, FAILED, "The head of the chain is missing.",
        "audit verify",
    ),
    "the bot token is wrong": Case(
        "slack", variable(SLACK_BOT_TOKEN="xoxb-nonsense"), Check.BOT_TOKEN, FAILED,
        "does not accept it (invalid_auth)", "Copy it anew", IN_SLACK | {Check.CLOCK},
    ),
    "the app was removed": Case(
        "slack", lambda clinic: clinic.slack.faults.revoke(), Check.BOT_TOKEN, FAILED, "(token_revoked)",
        "Copy it anew", IN_SLACK | {Check.CLOCK, Check.APP_TOKEN},
    ),
    "the app token is wrong": Case(
        "slack", variable(SLACK_APP_TOKEN="xapp-nonsense"), Check.APP_TOKEN, FAILED, "(invalid_auth)",
        "connections:write",
    ),
    "Slack is away": Case(
        "slack", lambda clinic: clinic.slack.faults.down(), Check.BOT_TOKEN, UNKNOWN, "Slack does not answer",
        "Check the network", IN_SLACK | {Check.CLOCK, Check.APP_TOKEN},
    ),
    "the workspace is another": Case(
        "slack", settings("[slack]", '[slack]\nworkspaces = ["T0OTHER"]'), Check.WORKSPACE, FAILED,
        "does not let act", "leave slack.workspaces out", PEOPLE,
    ),
    "a channel is archived": Case(
        "slack", channel(is_archived=True), Check.CHANNEL, FAILED, "#payments (C0PAYMENTS) is archived.", "Unarchive",
    ),
    "the bot is not in a channel": Case(
        "slack", channel(members=frozenset({"U0MARA"})), Check.CHANNEL, FAILED, "The bot is not in #payments",
        "/invite @KMS rotation",
    ),
    "a channel is locked": Case(
        "slack", channel(is_read_only=True), Check.CHANNEL, FAILED, "may not post in #payments", "Let it post",
    ),
    "a channel is not there": Case(
        "slack", settings("C0PAYMENTS", "C0NOWHERE"), Check.CHANNEL, FAILED, "There is no channel C0NOWHERE",
        "Check the id",
    ),
    "the fallback has left": Case(
        "slack", person("U0MARA", deleted=True), Check.CHANNEL, FAILED, "U0MARA has left", "Name a person",
    ),
    "Slack does not say what a channel is": Case(
        "slack", lambda clinic: clinic.slack.faults.error_next("conversations.info", "fatal_error"), Check.CHANNEL,
        UNKNOWN, "Slack does not say what C0", "",
    ),
    "an approver has left": Case(
        "slack", person("U0PRIYA", deleted=True), Check.APPROVERS, WARNING, "U0PRIYA", "full member",
    ),
    "an approver is a guest": Case(
        "slack", person("U0PRIYA", is_restricted=True), Check.APPROVERS, WARNING, "U0PRIYA", "full member",
    ),
    "an approving group is empty": Case(
        "slack", lambda clinic: clinic.empty("S0KEYADMINS"), Check.APPROVERS, WARNING, "S0KEYADMINS", "Add people",
    ),
    "an approving group is not there": Case(
        "slack", lambda clinic: clinic.without_group("S0KEYADMINS"), Check.APPROVERS, FAILED, "S0KEYADMINS",
        "Copy the group's id",
    ),
    "nobody could approve": Case(
        "slack", settings('"S0KEYADMINS", "U0PRIYA"', '"U0LEFT"'), Check.APPROVERS, FAILED, "“rule 1”", "full members",
    ),
    "a group that may see hidden accounts is not there": Case(
        "slack", settings('visible_to = ["S0ONCALL"]', 'visible_to = ["S0NOBODY"]'), Check.VISIBILITY, FAILED,
        "S0NOBODY", "Copy the group's id",
    ),
    "an owner is nobody": Case(
        "slack", settings('"payments" = "S0ONCALL"', '"payments" = "U0LEFT"'), Check.OWNERS, WARNING,
        "Nobody is told of the keys of “payments”: that account was deactivated.", "Correct the id",
    ),
    "the command is missing": Case(
        "slack", app("features", "slash_commands", []), Check.APP, FAILED, "no command /kms-rotation", "manifest.yml",
    ),
    "the Home tab is off": Case(
        "slack", app("features", "app_home", {}), Check.APP, FAILED, "Home tab is off", "manifest.yml",
    ),
    "the event is missing": Case(
        "slack", app("settings", "event_subscriptions", {}), Check.APP, FAILED, "app_home_opened", "manifest.yml",
    ),
    "interactivity is off": Case(
        "slack", app("settings", "interactivity", {}), Check.APP, FAILED, "no button", "manifest.yml",
    ),
    "Socket Mode is off": Case(
        "slack", app("settings", "socket_mode_enabled", False), Check.APP, FAILED, "Socket Mode is off",
        "manifest.yml",
    ),
    "the configuration token has expired": Case(
        "slack", variable(SLACK_CONFIG_TOKEN="xoxe.xoxp-1-old"), Check.APP, UNKNOWN, "last twelve hours",
        "leave the variable out",
    ),
    "our clock is fast": Case(
        "slack", clock(minutes=6), Check.CLOCK, FAILED, "seconds ahead of that of Slack", "NTP", PEOPLE,
    ),
    "our clock is slow": Case(
        "aws", clock(minutes=-6), Check.CLOCK, FAILED, "seconds behind that of AWS", "NTP",
    ),
    "our clock is a little off": Case(
        "aws", clock(minutes=2), Check.CLOCK, WARNING, "seconds ahead of that of AWS", "NTP",
    ),
    "AWS does not know the credentials": Case(
        "aws", lambda clinic: clinic.monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody"), Check.IDENTITY, FAILED,
        "AWS does not know these credentials", "AWS_PROFILE", IN_ACCOUNTS | {Check.ORGANIZATION},
    ),
    "AWS is away": Case(
        "aws", lambda clinic: clinic.monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), Check.IDENTITY,
        UNKNOWN, "AWS cannot be reached.", "Check the network, and AWS_ENDPOINT_URL", IN_AWS,
    ),
    "AWS does not answer": Case(
        "aws", lambda clinic: clinic.aws.faults.close_connection(action="sts:GetCallerIdentity"), Check.IDENTITY,
        UNKNOWN, "AWS was called and did not answer.", "Check the network", IN_AWS,
    ),
    "the proxy to AWS is away": Case(
        "aws", surroundings(HTTP_PROXY="http://127.0.0.1:9", NO_PROXY="", no_proxy=""), Check.IDENTITY, UNKNOWN,
        "The proxy on the way to AWS cannot be reached.", "Check HTTPS_PROXY", IN_AWS,
    ),
    "what answers for AWS speaks no TLS": Case(
        "aws",
        lambda clinic: clinic.monkeypatch.setenv("AWS_ENDPOINT_URL", clinic.aws.url.replace("http:", "https:")),
        Check.IDENTITY, UNKNOWN, "No secure connection to AWS comes about.", "AWS_CA_BUNDLE", IN_AWS,
    ),
    "there are no AWS credentials": Case(
        "aws", surroundings(AWS_EC2_METADATA_DISABLED="true", **NO_KEYS), Check.IDENTITY, FAILED,
        "The bot has no AWS credentials.", "Give it a role where it runs", IN_AWS,
    ),
    "the metadata of the instance is away": Case(
        "aws",
        surroundings(
            AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:9", **NO_KEYS
        ),
        Check.IDENTITY, FAILED, "The bot has no AWS credentials.", "let it reach the metadata address", IN_AWS,
    ),
    "the metadata of the task is away": Case(
        "aws", task_without_metadata, Check.IDENTITY, FAILED, "Check what hands them out: the metadata address",
        "nothing in AWS is looked at", IN_AWS,
    ),
    "the AWS credentials are not complete": Case(
        "aws", surroundings(AWS_SECRET_ACCESS_KEY=""), Check.IDENTITY, FAILED,
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, both.", "nothing in AWS is looked at", IN_AWS,
    ),
    "the secret key is wrong": Case(
        "aws", lambda clinic: clinic.aws.faults.refuse("SignatureDoesNotMatch"), Check.IDENTITY, FAILED,
        "The secret key is wrong.", "AWS_SECRET_ACCESS_KEY", IN_AWS - {Check.CLOCK},
    ),
    "the AWS credentials have expired": Case(
        "aws", lambda clinic: clinic.aws.faults.refuse("ExpiredToken"), Check.IDENTITY, FAILED,
        "The bot's credentials have expired.", "Renew them.", IN_AWS - {Check.CLOCK},
    ),
    "the AWS profile is not there": Case(
        "aws", lambda clinic: clinic.monkeypatch.setenv("AWS_PROFILE", "nobody"), Check.IDENTITY, FAILED,
        "The AWS configuration cannot be used", "nothing in AWS is looked at",
        IN_ACCOUNTS | {Check.ORGANIZATION, Check.CLOCK},
    ),
    "the bot's own policy lacks the organisation": Case(
        "aws", deny("organizations:ListAccounts"), Check.ORGANIZATION, FAILED, "the role's own policy lacks it",
        "deploy/aws/bot.yml", IN_ACCOUNTS,
    ),
    "the organisation forbids its list": Case(
        "aws", deny("organizations:ListAccounts", "scp"), Check.ORGANIZATION, FAILED, "by a service control policy",
        "except the bot", IN_ACCOUNTS,
    ),
    "a named unit is not there": Case(
        "aws", settings("[scan]", '[scan]\ninclude = { accounts = ["*"], units = ["ou-ab12-prod0000"] }'),
        Check.ORGANIZATION, FAILED, "There is no unit ou-ab12-prod0000", "[scan]",
    ),
    "the audit role is not there": Case(
        "aws", remove(AUDIT), Check.AUDIT_ROLE, FAILED, "sts:AssumeRole is denied", "AWS does not tell whether",
        ROLES,
    ),
    "the remediation role is not there": Case(
        "aws", remove(REMEDIATE), Check.REMEDIATION_ROLE, FAILED, "sts:AssumeRole is denied",
        "AWS does not tell whether the role KmsRotationRemediate", ROLES,
    ),
    "the external id is another": Case(
        "aws", settings("sandbox-external-id", "another-one"), Check.AUDIT_ROLE, FAILED, "sts:AssumeRole is denied",
        "All accounts refuse alike", IN_ACCOUNTS,
    ),
    "the bot's own policy lacks the roles": Case(
        "aws", deny("sts:AssumeRole"), Check.AUDIT_ROLE, FAILED, "the role's own policy lacks it",
        "All accounts refuse alike", IN_ACCOUNTS,
    ),
    "the organisation forbids to enter one account": Case(
        "aws", deny("sts:AssumeRole", "scp", PAYMENTS), Check.AUDIT_ROLE, FAILED, "by a service control policy",
        "except the bot", IN_ACCOUNTS,
    ),
    "the trust policy takes no tags": Case(
        "aws", lambda clinic: clinic.trust(REMEDIATE, ("sts:AssumeRole", "sts:SetSourceIdentity")),
        Check.REMEDIATION_ROLE, FAILED, "sts:TagSession is denied", "must allow that too", ROLES,
    ),
    "the trust policy takes no source identity": Case(
        "aws", lambda clinic: clinic.trust(REMEDIATE, ("sts:AssumeRole", "sts:TagSession")), Check.REMEDIATION_ROLE,
        FAILED, "sts:SetSourceIdentity is denied", "must allow that too", ROLES,
    ),
    "a listed Region is not there": Case(
        "aws", regions, Check.REGIONS, WARNING, "no such Region. Did you mean eu-central-1?", "scan.regions", ROLES,
    ),
    "the role may not set such a period": Case(
        "aws", settings("[scan]", "[policy]\nmax_rotation_period_days = 730\nenable_with_period_days = 730\n\n[scan]"),
        Check.PERMISSION, FAILED, "kms:EnableKeyRotation with 730 days is denied", "MaxRotationPeriodInDays",
    ),
    "the organisation forbids to enable rotation": Case(
        "aws", deny("kms:EnableKeyRotation", "scp"), Check.PERMISSION, FAILED, "by a service control policy",
        "whoever keeps that policy",
    ),
    "the simulator may not be asked": Case(
        "aws", deny("iam:SimulatePrincipalPolicy"), Check.PERMISSION, Status.NOT_TESTED, "AWS has no dry run",
        "approve a first request",
    ),
}  # fmt: skip


BEFORE: dict[str, list[Line]] = {}
"""What is told of a section while all is well; it is the same for every test."""


def told(lines: list[Line], without: frozenset[Check]) -> Counter[tuple[Check, Status]]:
    return Counter((line.check, line.status) for line in lines if line.check not in without)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_broken_is_told_with_its_remedy_and_everything_else_as_before(clinic: Clinic, case: Case) -> None:
    before = BEFORE.get(case.section) or BEFORE.setdefault(case.section, clinic.look("configuration", case.section))
    case.break_it(clinic)
    lines = clinic.look("configuration", case.section)
    found = [line for line in of(lines, case.check, case.status) if case.seen in line.seen]
    assert found, [line for line in lines if line.status is not Status.OK]
    assert case.remedy in found[0].remedy
    affected = case.takes | {case.check}
    assert told(lines, affected) == told(before, affected)
    assert "secret@" not in str(lines)


SCOPES = {
    "channels:read": {Check.CHANNEL},
    "chat:write": set[Check](),
    "commands": set[Check](),
    "files:write": set[Check](),
    "groups:read": set[Check](),
    "im:write": set[Check](),
    "usergroups:read": PEOPLE,
    "users:read": {*PEOPLE, Check.APP, Check.CHANNEL},
    "users:read.email": set[Check](),
}


@pytest.mark.parametrize("name", SCOPES)
def test_a_scope_that_was_not_granted_is_told_with_what_misses_it(clinic: Clinic, name: str) -> None:
    clinic.scopes(name)
    lines = clinic.look("slack")
    (line,) = [line for line in lines if line.check is Check.SCOPE]
    assert (line.subject, line.remedy) == (name, "Update the app from deploy/slack/manifest.yml, and install it again.")
    assert line.seen.startswith("It is not granted: the bot cannot ")
    assert line.status is (WARNING if name in {"files:write", "users:read.email"} else FAILED)
    assert {line.check for line in lines if line.status is not Status.OK} <= {Check.SCOPE, *SCOPES[name]}


def test_with_something_broken_everywhere_all_of_it_is_told(clinic: Clinic) -> None:
    names = (
        "a variable is missing",
        "the schema is older",
        "a channel is archived",
        "an approver has left",
        "the audit role is not there",
        "the organisation forbids to enable rotation",
    )
    for name in names:
        CASES[name].break_it(clinic)
    lines = clinic.look()
    for name in names:
        case = CASES[name]
        assert any(case.seen in line.seen for line in of(lines, case.check, case.status)), name
