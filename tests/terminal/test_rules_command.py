"""`python -m bot rules …` as a person or a program starts it, beside an emulated AWS and a local Slack."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto.organizations.models import organizations_backends

from deploy.sandbox.aws import AwsServer
from deploy.sandbox.aws.world import TOOLING_ACCOUNT
from deploy.sandbox.slack import SlackServer
from tests.scan.audits import MEMBER
from tests.terminal.conftest import SETTINGS
from tests.terminal.shell import Shell

RULES = """
[[approval.rule]]
name = "personal data"
accounts = ["data-*"]
approvers = ["S0KEYADMINS"]
required = 2

[[approval.rule]]
name = "production"
accounts = ["prod-*"]
approvers = ["S0KEYADMINS", "U0LEFT"]
break_glass = ["U0JONAS"]

[[approval.rule]]
name = "the rest"
accounts = ["*"]
approvers = ["U0JONAS"]
"""
FREE = '[[approval.rule]]\nname = "playground"\naccounts = ["*"]\nrequired = 0\ndaily_cap = 20\n'
TAGGED = '[[approval.rule]]\nname = "tagged"\ntags = { stage = "prod*" }\napprovers = ["U0JONAS"]\n'


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def ruled(terminal: Shell, slack: SlackServer) -> Shell:
    """A shell with rules, where people can be looked up: with the bot token, and no other one."""
    terminal.configure(SETTINGS + RULES)
    environ = slack.environment()
    terminal.environment |= {name: environ[name] for name in ("SLACK_API_URL", "SLACK_BOT_TOKEN")}
    return terminal


def explained(shell: Shell, key: str) -> tuple[int, Any]:
    done = shell.run("rules", "explain", key, "--format", "json")
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def checked(shell: Shell) -> tuple[int, list[tuple[str, str]]]:
    done = shell.run("rules", "check", "--format", "json")
    assert done.stderr == ""
    return done.returncode, [
        (
            each["weight"],
            f"{each['place'].removeprefix('kms-rotation.toml: ').removeprefix('approval.')} {each['what']}",
        )
        for each in json.loads(done.stdout)
    ]


# explain


def test_explain_says_which_rule_decides_who_could_approve_and_why_anybody_could_not(
    aws: AwsServer, ruled: Shell
) -> None:
    arn = aws.world.key(account=MEMBER, alias="alias/payments/card-vault")
    done = ruled.run("rules", "explain", arn)
    assert (done.returncode, done.stderr) == (0, "")
    rows = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for row in (
        arn,
        "Rule 2 of 3, “production”, decides over this key.",
        "2 people could approve now; 1 is needed.",
        "• S0KEYADMINS or U0LEFT must approve.",
        "• U0JONAS may break the glass.",
        "U0LEFT U0LEFT approve has left: the account is deactivated",
        "U0JONAS S0KEYADMINS, U0JONAS approve, break the glass could act now",
        "S0KEYADMINS key-admins 2 has members",
        f"personal data account “prod-payments” ({MEMBER}) is not among data-*",
    ):
        assert row in rows
    assert "<@" not in done.stdout


def test_the_json_says_the_same_and_nothing_else_is_on_standard_output(aws: AwsServer, ruled: Shell) -> None:
    arn = aws.world.key(account=MEMBER)
    status, document = explained(ruled, arn)
    assert (status, document["rule"], document["strength"]) == (0, "production", "ENOUGH")
    assert document["key"]["account_name"] == "prod-payments"
    assert [(each["user"], each["able"]) for each in document["people"]] == [
        ("U0AIKO", True), ("U0JONAS", True), ("U0LEFT", False),
    ]  # fmt: skip
    assert document["facts"] == {"aliases": None, "tags": None, "organisational units": None}
    assert document["unread"] == {}


def test_an_alias_is_known_once_it_was_scanned(aws: AwsServer, ruled: Shell) -> None:
    arn = aws.world.key(account=MEMBER, alias="alias/payments/card-vault")
    before = ruled.run("rules", "explain", "payments/card-vault")
    assert (before.returncode, before.stdout) == (2, "")
    assert "Nothing has been scanned yet" in before.stderr
    ruled.run("scan")
    status, document = explained(ruled, "payments/card-vault")
    assert (status, document["key"]["arn"], document["key"]["name"]) == (0, arn, "payments/card-vault")
    misspelt = ruled.run("rules", "explain", "payments/card-valt")
    assert misspelt.returncode == 2
    assert "Did you mean payments/card-vault?" in misspelt.stderr


def test_that_nobody_could_approve_is_1(aws: AwsServer, slack: SlackServer, ruled: Shell) -> None:
    arn = aws.world.key(account=MEMBER)
    slack.state.change_group("S0KEYADMINS", ())
    status, document = explained(ruled, arn)
    assert (status, document["strength"]) == (1, "NOBODY")
    assert document["who_is_left"] == "Nobody could approve as things are."
    assert document["groups"][0]["now"] == "has nobody in it"


def test_that_too_few_could_approve_is_1_and_counts_them(aws: AwsServer, slack: SlackServer, ruled: Shell) -> None:
    aws.world.account("222222222222", "data-lake")
    arn = aws.world.key(account="222222222222")
    slack.state.change_person("U0AIKO", is_restricted=True)
    status, document = explained(ruled, arn)
    assert (status, document["rule"], document["strength"]) == (1, "personal data", "TOO_FEW")
    assert "2 are needed, and at most 1 approval could be given" in document["who_is_left"]


def test_a_key_that_no_rule_means_is_1(aws: AwsServer, ruled: Shell) -> None:
    ruled.configure(SETTINGS + RULES.rpartition("[[")[0].replace("prod-*", "web-*"))
    status, document = explained(ruled, aws.world.key(account=MEMBER))
    assert (status, document["rule"]) == (1, None)
    assert "No approval rule covers account “prod-payments”" in document["decision"]
    assert len(document["passed_over"]) == 2


def test_tags_are_read_where_a_rule_looks_at_them_and_what_cannot_be_read_is_3(aws: AwsServer, ruled: Shell) -> None:
    ruled.configure(SETTINGS + TAGGED + RULES)
    arn = aws.world.key(account=MEMBER, tags={"stage": "production"})
    status, document = explained(ruled, arn)
    assert (status, document["rule"], document["facts"]["tags"]) == (0, "tagged", ["stage=production"])
    aws.faults.deny(action="kms:ListResourceTags")
    status, document = explained(ruled, arn)
    assert (status, document["rule"]) == (3, None)
    assert "The tags of the key could not be read" in document["decision"]
    assert "kms:ListResourceTags is denied" in document["unread"]["tags"]


def test_without_aws_the_accounts_name_is_unknown_and_the_rules_say_so(aws: AwsServer, ruled: Shell) -> None:
    arn = aws.world.key(account=MEMBER)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        ruled.environment.pop(name, None)
    status, document = explained(ruled, arn)
    assert (status, document["rule"]) == (1, None)
    assert f"The name of account {MEMBER} could not be read" in document["decision"]


def test_what_the_last_scan_knows_needs_no_aws(aws: AwsServer, ruled: Shell) -> None:
    aws.world.key(account=MEMBER, alias="alias/payments/card-vault")
    ruled.run("scan")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        ruled.environment.pop(name, None)
    assert explained(ruled, "payments/card-vault")[1]["rule"] == "production"


def test_without_a_token_it_says_that_nobody_was_looked_up_and_does_the_rest(aws: AwsServer, ruled: Shell) -> None:
    del ruled.environment["SLACK_BOT_TOKEN"]
    arn = aws.world.key(account=MEMBER)
    status, document = explained(ruled, arn)
    assert (status, document["rule"], document["strength"]) == (0, "production", None)
    assert document["people_not_looked_up"] == "SLACK_BOT_TOKEN is not set."
    assert "People were not looked up. SLACK_BOT_TOKEN is not set." in ruled.run("rules", "explain", arn).stdout


def test_a_slack_that_does_not_answer_is_3_and_a_token_that_it_does_not_take_is_2(
    aws: AwsServer, slack: SlackServer, ruled: Shell
) -> None:
    arn = aws.world.key(account=MEMBER)
    slack.faults.error_next("users.info", "internal_error", times=50)
    status, document = explained(ruled, arn)
    assert (status, document["strength"]) == (3, "UNKNOWN")
    assert "could not be looked up (internal_error)" in {each["now"] for each in document["people"]}
    slack.faults.clear()
    ruled.environment["SLACK_BOT_TOKEN"] = "xoxb-nonsense"
    refused = ruled.run("rules", "explain", arn)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "environment: SLACK_BOT_TOKEN: Slack does not accept it (invalid_auth)." in refused.stderr
    ruled.environment |= {"SLACK_BOT_TOKEN": "xoxb-any", "SLACK_API_URL": "http://127.0.0.1:9/api/"}
    unreached = ruled.run("rules", "explain", arn)
    assert unreached.returncode == 3
    assert "People were not looked up. Slack does not answer as it should" in unreached.stdout


def test_what_a_rule_lets_through_by_itself_needs_nobody(aws: AwsServer, ruled: Shell) -> None:
    ruled.configure(SETTINGS + FREE)
    status, document = explained(ruled, aws.world.key(account=MEMBER))
    assert (status, document["strength"]) == (0, "ENOUGH")
    assert document["who_is_left"] == "No approval is needed, for up to 20 keys in 24 hours."
    ruled.run("scan")
    _, document = explained(ruled, aws.world.key(account=MEMBER))
    assert document["who_is_left"] == "No approval is needed, for up to 20 keys in 24 hours; 0 used so far."


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explain"], "Which key?"),
        (["list", "payments/card-vault"], "rules list takes no key."),
        (["check", "payments/card-vault"], "rules check takes no key."),
        (["explain", "arn:aws:s3:::bucket"], "is not the ARN of a KMS key"),
    ],
)
def test_what_makes_no_sense_is_2_with_a_sentence(ruled: Shell, arguments: list[str], words: str) -> None:
    done = ruled.run("rules", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


# list


def test_list_says_the_rules_in_their_order_without_asking_anybody(
    aws: AwsServer, slack: SlackServer, ruled: Shell
) -> None:
    done = ruled.run("rules", "list")
    assert (done.returncode, done.stderr) == (0, "")
    names = [line.split()[0] for line in done.stdout.splitlines() if line[:3].strip().isdigit()]
    assert names == ["1", "2", "3"]
    assert "2 of S0KEYADMINS must approve" in done.stdout
    assert "Keys of the accounts data-*." in done.stdout
    assert "Every key." in done.stdout
    assert (aws.calls.all(), slack.calls) == ([], [])
    document = json.loads(ruled.run("rules", "list", "--format", "json").stdout)
    assert [each["rule"] for each in document] == ["personal data", "production", "the rest"]


def test_no_rule_at_all_is_said(terminal: Shell) -> None:
    assert "nobody may approve anything" in terminal.run("rules", "list").stdout


# check


def test_nothing_wrong_is_0(ruled: Shell) -> None:
    ruled.configure(SETTINGS + RULES.replace(', "U0LEFT"', ""))
    done = ruled.run("rules", "check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "3 rules were checked: nothing is wrong.\n", "")


def test_somebody_who_left_is_1_with_place_and_remedy(ruled: Shell) -> None:
    done = ruled.run("rules", "check")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        (
            "kms-rotation.toml: approval.rule[2].approvers[2]: U0LEFT has left: the account is deactivated. "
            "Name a full member of this workspace instead."
        ),
        "3 rules were checked: 1 remark.",
    ]


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("U0GUEST", "U0GUEST is a guest."),
        ("U0KMSBOT", "U0KMSBOT is a bot."),
        ("U0ELSE", "U0ELSE belongs to another workspace."),
        ("U0NOBODY", "U0NOBODY is nobody whom Slack knows."),
    ],
)
def test_whoever_could_not_act_is_told_as_what_they_are(ruled: Shell, who: str, words: str) -> None:
    ruled.configure(SETTINGS + RULES.replace("U0LEFT", who))
    assert checked(ruled) == (1, [("WARNING", f"rule[2].approvers[2] {words}")])


def test_a_guest_in_a_group_is_told_with_the_group(slack: SlackServer, ruled: Shell) -> None:
    ruled.configure(SETTINGS + RULES.replace(', "U0LEFT"', ""))
    slack.state.change_person("U0AIKO", is_restricted=True)
    status, remarks = checked(ruled)
    guest = "U0AIKO, who is in @key-admins (S0KEYADMINS), is a guest."
    assert (status, remarks) == (
        1,
        [
            ("WARNING", f"rule[1].approvers[1] {guest}"),
            (
                "GRAVE",
                (
                    "rule[1].approvers “personal data”: Too few people could approve as things are: 2 are needed, "
                    "and at most 1 approval could be given."
                ),
            ),
            ("WARNING", f"rule[2].approvers[1] {guest}"),
        ],
    )


def test_nobody_left_for_a_rule_and_for_its_glass_is_told_once_each(slack: SlackServer, ruled: Shell) -> None:
    slack.state.change_person("U0JONAS", deleted=True)
    slack.state.change_person("U0AIKO", deleted=True)
    status, remarks = checked(ruled)
    assert status == 1
    grave = [what for weight, what in remarks if weight == "GRAVE"]
    assert grave == [
        "rule[1].approvers “personal data”: Nobody could approve as things are.",
        "rule[2].approvers “production”: Nobody could approve as things are.",
        "rule[2].break_glass “production”: Nobody could break the glass as things are.",
        "rule[3].approvers “the rest”: Nobody could approve as things are.",
    ]


def test_a_group_that_slack_does_not_know_is_2_as_for_run(ruled: Shell) -> None:
    ruled.configure(SETTINGS + RULES.replace('"U0LEFT"', '"S0NOWHERE"'))
    assert checked(ruled) == (2, [("REFUSED", "rule[2].approvers[2] S0NOWHERE is no user group that Slack knows.")])


def test_groups_on_the_free_plan_are_2(slack: SlackServer, ruled: Shell) -> None:
    slack.free_plan = True
    status, remarks = checked(ruled)
    assert status == 2
    assert (
        "REFUSED",
        "rule[1].approvers[1] S0KEYADMINS cannot be: this workspace's plan has no user groups (plan_upgrade_required).",
    ) in remarks


def test_an_empty_group_and_a_disabled_one_are_1(slack: SlackServer, ruled: Shell) -> None:
    ruled.configure(SETTINGS + RULES.replace('"U0LEFT"', '"S0EMPTY"'))
    assert checked(ruled) == (1, [("WARNING", "rule[2].approvers[2] @nobody (S0EMPTY) has nobody in it.")])
    slack.state.disable_group("S0EMPTY")
    disabled = "rule[2].approvers[2] @nobody (S0EMPTY) is disabled, so nobody counts as a member."
    assert checked(ruled) == (1, [("WARNING", disabled)])


def test_groups_that_cannot_be_read_now_are_3(slack: SlackServer, ruled: Shell) -> None:
    slack.faults.error_next("usergroups.list", "internal_error", times=9)
    status, remarks = checked(ruled)
    assert status == 3
    assert ("UNREAD", "rule[1].approvers[1] S0KEYADMINS could not be read (internal_error).") in remarks


def test_whoever_may_see_hidden_keys_is_looked_up_as_well(ruled: Shell) -> None:
    named = ["S0KEYADMINS", "U0MARA", "U0LEFT", "U0ELSE", "U0NOBODY", "S0EMPTY", "S0NOWHERE"]
    hiding = f'[[visibility.rule]]\naccounts = ["secret-*"]\nvisible_to = {json.dumps(named)}\n'
    ruled.configure(SETTINGS + RULES.replace(', "U0LEFT"', "") + hiding)
    place = "visibility.rule[1].visible_to"
    assert checked(ruled) == (
        2,
        [
            ("WARNING", f"{place}[3] U0LEFT has left: the account is deactivated."),
            ("WARNING", f"{place}[4] U0ELSE belongs to another workspace."),
            ("WARNING", f"{place}[5] U0NOBODY is nobody whom Slack knows."),
            ("WARNING", f"{place}[6] @nobody (S0EMPTY) has nobody in it."),
            ("REFUSED", f"{place}[7] S0NOWHERE is no user group that Slack knows."),
        ],
    )


def test_a_guest_may_see_hidden_keys(slack: SlackServer, ruled: Shell) -> None:
    slack.state.change_person("U0MARA", is_restricted=True)
    hiding = '[[visibility.rule]]\naccounts = ["secret-*"]\nvisible_to = ["U0MARA"]\n'
    ruled.configure(SETTINGS + RULES.replace(', "U0LEFT"', "") + hiding)
    done = ruled.run("rules", "check")
    assert (done.returncode, done.stdout) == (0, "4 rules were checked: nothing is wrong.\n")


def test_an_account_is_found_in_its_units_and_a_unit_that_is_not_there_is_told(aws: AwsServer, ruled: Shell) -> None:
    organizations = organizations_backends[TOOLING_ACCOUNT]["aws"]
    root = organizations.accounts[0].parent_id
    outer = organizations.create_organizational_unit(ParentId=root, Name="workloads")["OrganizationalUnit"]["Id"]
    inner = organizations.create_organizational_unit(ParentId=outer, Name="production")["OrganizationalUnit"]["Id"]
    aws.world.accounts[MEMBER].parent_id = inner
    gone = "ou-ab12-gone00001"
    rule = f'[[approval.rule]]\nname = "unit"\norganizational_units = ["{gone}", "{outer}"]\napprovers = ["U0JONAS"]\n'
    ruled.configure(SETTINGS + rule)
    status, document = explained(ruled, aws.world.key(account=MEMBER))
    assert (status, document["rule"]) == (0, "unit")
    assert document["facts"]["organisational units"] == [inner, outer, root]
    what = f"rule[1].organizational_units[1] The organisation has no unit {gone}, so no account is in it."
    assert checked(ruled) == (1, [("WARNING", what)])
    aws.faults.deny(action="organizations:ListParents")
    status, remarks = checked(ruled)
    assert (status, {weight for weight, _ in remarks}) == (3, {"UNREAD"})


def test_without_a_token_check_is_3(ruled: Shell) -> None:
    del ruled.environment["SLACK_BOT_TOKEN"]
    assert checked(ruled) == (3, [("UNREAD", "environment: SLACK_BOT_TOKEN Nobody was looked up in Slack.")])


def test_rules_that_are_wrong_in_themselves_are_2_before_anybody_is_asked(slack: SlackServer, ruled: Shell) -> None:
    ruled.configure(SETTINGS + RULES.replace("required = 2", "required = 0"))
    done = ruled.run("rules", "check")
    assert (done.returncode, done.stdout, slack.calls) == (2, "", [])
    assert "approval.rule[1].required" in done.stderr


def test_one_call_tells_of_all_groups_and_one_of_each_person(slack: SlackServer, ruled: Shell) -> None:
    ruled.run("rules", "check")
    methods = [call.method for call in slack.calls]
    assert sorted(methods) == ["auth.test", "usergroups.list", "users.info", "users.info", "users.info"]
