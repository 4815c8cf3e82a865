"""The rules explained in Slack, and checked at the start."""

import logging
import subprocess

import pytest

from bot.errors import ConfigurationError
from bot.models.requests import RequestState
from bot.roll import GOOD_FOR
from tests.app.house import CONFIGURATION, House, eventually, house
from tests.app.test_start import start

__all__ = ["house"]

HEAD = CONFIGURATION.split("[[approval.rule]]", maxsplit=1)[0]
PRODUCTION = """
[[approval.rule]]
name = "production"
accounts = ["prod-*"]
approvers = ["S0KEYADMINS"]
quiet_approvers = ["U0LEFT"]
break_glass = ["U0AIKO"]
"""
TAGGED = '[[approval.rule]]\nname = "tagged"\ntags = { stage = "prod*" }\napprovers = ["U0AIKO"]\n'
FREE = '[[approval.rule]]\nname = "playground"\naccounts = ["*"]\nrequired = 0\ndaily_cap = 5\n'
CLOSED = PRODUCTION + 'requesters = ["U0JONAS"]\n'
HOSTILE = "<!channel> <@U0MARA> *b*"


# Explaining


@pytest.mark.parametrize("typed", ["rules payments/card-vault", "rules explain payments/card-vault", "RULES {arn}"])
def test_anybody_learns_which_rule_decides_who_could_approve_and_what_they_could_themselves(
    house: House, typed: str
) -> None:
    house.configure(HEAD + PRODUCTION)
    arn = house.key()
    with house.running():
        told = house.command(house.mara, typed.format(arn=arn))
    for words in (
        "Rule 1 of 1, “production”, decides over this key.",
        "2 people could approve now; 1 is needed.",
        "Could approve: <@U0AIKO>, <@U0JONAS>",
        "<@U0LEFT> has left: the account is deactivated.",
        "Could break the glass: <@U0AIKO>",
        "You may ask for it.",
        "You could not approve it. You are not an approver here.",
        "You could not break the glass.",
        "No rule looks at aliases, tags and organisational units.",
    ):
        assert words in told


def test_an_approver_is_told_that_they_are_one(house: House) -> None:
    house.configure(HEAD + CLOSED)
    house.key()
    with house.running():
        jonas = house.command(house.jonas, "rules payments/card-vault")
        aiko = house.command(house.aiko, "rules payments/card-vault")
    assert "You may ask for it." in jonas
    assert "You could approve it if somebody else asks." in jonas
    assert "You may not ask for it. The rule “production” does not let you ask for this." in aiko
    assert "You could break the glass." in aiko


def test_a_guest_is_told_that_guests_cannot(house: House) -> None:
    house.key()
    with house.running():
        told = house.command(house.slack.person("U0GUEST"), "rules payments/card-vault")
    assert "You may not ask for it. Only full members of this workspace can do that" in told


def test_that_nobody_could_approve_stands_in_the_answer(house: House) -> None:
    house.key()
    house.slack.state.change_group("S0KEYADMINS", ())
    with house.running():
        told = house.command(house.mara, "rules payments/card-vault")
    assert "⛔ Nobody could approve as things are." in told
    assert "has nobody in it." in told


def test_a_deactivation_of_a_minute_ago_is_known(house: House) -> None:
    house.key()
    with house.running():
        assert "2 people could approve now" in house.command(house.mara, "rules payments/card-vault")
        house.slack.state.change_person("U0AIKO", deleted=True)
        house.clock.ahead += GOOD_FOR
        told = house.command(house.mara, "rules payments/card-vault")
    assert "1 person could approve now" in told
    assert "<@U0AIKO> has left" in told


def test_what_could_not_be_read_of_a_key_keeps_the_next_rule_from_deciding(house: House) -> None:
    house.configure(HEAD + TAGGED + PRODUCTION)
    house.key(tags={"stage": HOSTILE})
    with house.running():
        passed = house.command(house.mara, "rules payments/card-vault")
        house.aws.faults.deny(action="kms:ListResourceTags")
        told = house.command(house.mara, "rules payments/card-vault")
    assert "Rule 2 of 2, “production”" in passed
    assert f"tagged: tag stage=“{HOSTILE}” is not" in passed
    assert f"Tags: stage={HOSTILE}" in passed
    assert "nobody can tell whether the approval rule “tagged” means it" in told
    assert "Tags could not be read: kms:ListResourceTags is denied" in told
    assert "Nobody could approve as things are." in told


def test_what_a_rule_let_through_by_itself_is_counted(house: House) -> None:
    house.configure(HEAD + FREE)
    house.key()
    with house.running():
        assert "0 used so far" in house.command(house.mara, "rules payments/card-vault")
        house.press_enable(house.mara, "payments/card-vault")
        house.mara.submit(house.mara.modal, {})
        eventually(lambda: house.requests.in_state(RequestState.DONE), "the end of the request")
        assert "1 used so far" in house.command(house.mara, "rules payments/card-vault")


def test_without_a_key_every_rule_is_said(house: House) -> None:
    with house.running(scanned=False):
        told = house.command(house.mara, "rules")
    assert "The first rule that means a key decides over it." in told
    assert "1. rule 1  Keys of the accounts two-*." in told
    assert "2. rule 2  Every key." in told


def test_a_key_that_is_not_there_gets_the_sentence_that_key_gives(house: House) -> None:
    house.key()
    with house.running():
        assert "Did you mean payments/card-vault?" in house.command(house.mara, "rules payments/card-valt")


def test_asking_often_asks_slack_once_a_minute(house: House) -> None:
    house.key()
    with house.running():
        for _ in range(5):
            house.command(house.mara, "rules payments/card-vault")
    asked = [call.method for call in house.slack.calls]
    assert asked.count("usergroups.users.list") == 0
    assert asked.count("usergroups.list") == 2  # before the start, and when the rules are checked
    assert asked.count("users.info") == 3  # Jonas, Aiko and Mara


# At the start


def refused(house: House) -> subprocess.CompletedProcess[str]:
    ended = start(house)
    assert ended.returncode == 2
    assert house.slack.connections == 0
    assert "Traceback" not in ended.stderr
    return ended


def test_a_group_that_slack_does_not_know_refuses_the_start_with_place_and_remedy(house: House) -> None:
    house.configure(HEAD + PRODUCTION.replace('"U0LEFT"', '"U0LEFT", "S0NOWHERE"'))
    told = refused(house).stderr
    assert (
        "kms-rotation.toml: approval.rule[1].quiet_approvers[2]: S0NOWHERE is no user group that Slack knows. "
        "Copy the group's id (S…) from Slack, or take the entry out." in told
    )


def test_groups_on_the_free_plan_refuse_the_start(house: House) -> None:
    house.slack.free_plan = True
    told = refused(house).stderr
    assert "approval.rule[1].approvers[1]: S0KEYADMINS cannot be: this workspace's plan has no user groups" in told
    assert "Name people (U…) instead." in told


def test_groups_and_channels_that_are_no_use_are_told_at_once(house: House) -> None:
    house.configure((HEAD + PRODUCTION).replace("C0SECURITY", "C0GENERAL").replace("S0KEYADMINS", "S0NOWHERE"))
    told = refused(house).stderr
    assert "The bot is not in #general" in told
    assert "approval.rule[1].approvers[1]: S0NOWHERE" in told


def test_a_start_that_is_refused_for_its_groups_raises_each_of_them(house: House) -> None:
    house.configure(HEAD + PRODUCTION.replace('"U0LEFT"', '"S0NOWHERE"').replace('"U0AIKO"', '"S0NEVER"'))
    with pytest.raises(ConfigurationError) as raised, house.running():
        pass
    assert [each.place.rpartition("approval.")[2] for each in raised.value.problems] == [
        "rule[1].quiet_approvers[1]", "rule[1].break_glass[1]",
    ]  # fmt: skip


def logged(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [
        record.getMessage().partition("approval.")[2]
        for record in caplog.records
        if record.levelno == level and record.name == "bot.wiring.assembly" and "approval." in record.getMessage()
    ]


def test_who_has_left_is_a_warning_and_the_bot_runs(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.configure(HEAD + PRODUCTION)
    house.key()
    with house.running():
        assert logged(caplog, logging.WARNING) == [
            (
                "rule[1].quiet_approvers[1]: U0LEFT has left: the account is deactivated. "
                "Name a full member of this workspace instead."
            )
        ]
        assert logged(caplog, logging.ERROR) == []


def test_a_rule_that_nobody_can_satisfy_is_an_error_in_the_log_and_the_bot_runs(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.configure(HEAD + PRODUCTION)
    house.slack.state.disable_group("S0KEYADMINS")
    with house.running():
        pass
    assert logged(caplog, logging.ERROR) == [
        "rule[1].approvers: “production”: Nobody could approve as things are. Name full members of this workspace."
    ]
    assert any("is disabled, so nobody counts as a member" in each for each in logged(caplog, logging.WARNING))


@pytest.mark.parametrize("code", ["internal_error", "service_unavailable"])
def test_groups_that_cannot_be_read_for_the_moment_are_a_warning_and_the_bot_runs(
    house: House, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    house.slack.faults.error_next("usergroups.list", code, times=2)
    house.key()
    with house.running():
        assert f"rule[2].approvers[1]: S0KEYADMINS could not be read ({code})." in "\n".join(
            logged(caplog, logging.WARNING)
        )
        message = house.ask(house.mara, "payments/card-vault")
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "Rotation is on")
