"""What the panel holds, without a browser: how calls are grouped, and which levers there are."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.sandbox.aws.calls import RecordedCall
from deploy.sandbox.aws.world import TOOLING_ACCOUNT
from deploy.sandbox.panel.calls import grouped, is_change
from deploy.sandbox.panel.levers import KEY_LEVERS, Levers, permissions_of_the_bot
from deploy.sandbox.panel.trouble import levers
from deploy.sandbox.slack.page.reader import Reader
from tests.sandbox.aws_clients import MEMBER, administrator, aws
from tests.sandbox.panel import OTHER, Beside, beside

__all__ = ["aws", "beside"]

GONE = f"arn:aws:kms:eu-central-1:{MEMBER}:key/gone"
START = datetime(2027, 1, 15, 8, tzinfo=UTC)


def call(second: int, action: str, account: str = MEMBER, error: str | None = None, **more: Any) -> RecordedCall:  # noqa: ANN401 - any field
    given: dict[str, Any] = {
        "time": START + timedelta(seconds=second),
        "account": account,
        "region": "eu-central-1",
        "service": "kms",
        "action": action,
        "principal": "the bot",
        "session_name": None,
        "source_identity": None,
        "session_tags": {},
        "key": None,
        "parameters": {},
        "error": error,
        "request_id": str(second),
    }
    return RecordedCall(**(given | more))


def lines(calls: Sequence[RecordedCall]) -> list[tuple[str, int]]:
    return [(group.newest.action, len(group.calls)) for group in grouped(reversed(calls))]


def test_a_thousand_reads_do_not_drown_one_change() -> None:
    before = [call(second, ("DescribeKey", "GetKeyRotationStatus")[second % 2]) for second in range(1000)]
    change = call(1000, "EnableKeyRotation")
    after = [call(1001, "GetKeyRotationStatus", OTHER)]
    assert lines([*before, change, *after]) == [
        ("GetKeyRotationStatus", 1),
        ("EnableKeyRotation", 1),
        ("GetKeyRotationStatus", 500),
        ("DescribeKey", 500),
    ]


def test_errors_are_told_apart_by_code_and_place() -> None:
    told = lines(
        [
            call(0, "DescribeKey"),
            call(1, "DescribeKey", error="AccessDeniedException"),
            call(2, "DescribeKey", error="AccessDeniedException"),
            call(3, "DescribeKey", OTHER, error="AccessDeniedException"),
            call(4, "DescribeKey", OTHER, error="ThrottlingException"),
        ]
    )
    assert told == [("DescribeKey", 1), ("DescribeKey", 1), ("DescribeKey", 2), ("DescribeKey", 1)]


def test_what_was_called_for_a_person_is_not_told_with_what_was_called_for_nobody() -> None:
    tags = {"Requester": "U0MARA", "Approvers": "U0JONAS"}
    scan = [call(second, "GetKeyRotationStatus") for second in range(40)]
    change = [call(40, "GetKeyRotationStatus", session_tags=tags), call(41, "GetKeyRotationStatus", session_tags=tags)]
    other = [call(42, "GetKeyRotationStatus", session_tags=tags | {"Approvers": "U0AIKO"})]
    assert [len(group.calls) for group in grouped(reversed([*scan, *change, *other]))] == [1, 2, 40]


def test_two_scans_with_a_pause_between_them_are_two() -> None:
    scans = [call(start + second, "DescribeKey") for start in (0, 3600) for second in range(30)]
    assert lines(scans) == [("DescribeKey", 30), ("DescribeKey", 30)]


@given(
    st.lists(
        st.builds(
            call,
            st.just(0),
            st.sampled_from(["DescribeKey", "ListKeys", "AssumeRole", "EnableKeyRotation", "DisableKey"]),
            st.sampled_from([MEMBER, OTHER]),
            st.sampled_from([None, "ThrottlingException"]),
        )
    )
)
def test_every_call_is_in_one_group_and_every_change_in_its_own(calls: list[RecordedCall]) -> None:
    groups = grouped(calls)
    assert sorted(id(each) for group in groups for each in group.calls) == sorted(map(id, calls))
    assert all(len(group.calls) == 1 for group in groups if is_change(group.newest))
    newest = [calls.index(group.newest) for group in groups if calls.count(group.newest) == 1]
    assert newest == sorted(newest)


def test_the_permissions_to_deny_are_those_of_the_shipped_policies() -> None:
    assert permissions_of_the_bot() == (
        "account:ListRegions",
        "iam:SimulatePrincipalPolicy",
        "kms:DescribeKey",
        "kms:EnableKeyRotation",
        "kms:GetKeyRotationStatus",
        "kms:ListAliases",
        "kms:ListKeyRotations",
        "kms:ListKeys",
        "kms:ListResourceTags",
        "kms:RotateKeyOnDemand",
        "organizations:ListAccounts",
        "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListParents",
        "organizations:ListTagsForResource",
        "sts:AssumeRole",
    )


def test_every_lever_has_its_button(beside: Beside) -> None:
    beside.aws.faults.disable_key(beside.off)
    asked = {"tab": "keys"}, {"tab": "trouble"}
    reader = Reader(beside.slack.state, beside.slack.state.people["U0MARA"])
    shown = "".join(html for each in asked for html in beside.panel.regions(each, reader).values())
    buttons = set(re.findall(r'name="lever" value="(\w+)"', shown + levers(beside.aws.world)))
    made = Levers(beside.aws, beside.slack)
    assert buttons == set(made._acts)
    assert set(KEY_LEVERS) < buttons


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({}, "There is no lever called None."),
        ({"lever": "__init__"}, "There is no lever called __init__."),
        ({"lever": "deny", "account": "999", "action": "kms:ListKeys"}, "999 is not offered as account."),
        ({"lever": "deny", "account": MEMBER, "action": "kms:Decrypt"}, "kms:Decrypt is not offered as action."),
        ({"lever": "throttle", "account": "*", "action": "*", "times": "-1"}, "-1 is not offered as times."),
        ({"lever": "fail_calls", "status": "200", "times": "1"}, "200 is not offered as status."),
        ({"lever": "disable_key", "arn": "nonsense"}, "There is no key nonsense any more."),
        ({"lever": "disable_key", "arn": GONE}, f"There is no key {GONE} any more."),
    ],
)  # fmt: skip
def test_what_is_not_offered_is_refused_in_a_sentence(beside: Beside, asked: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        beside.panel.act(asked)
    assert list(Levers(beside.aws, beside.slack).pulled()) == []


def test_roles_that_are_not_there_cannot_be_taken_away(beside: Beside) -> None:
    beside.panel.act({"lever": "take_roles", "account": "*"})
    with pytest.raises(ValueError, match=re.escape("The bot has no roles in every account.")):
        beside.panel.act({"lever": "take_roles", "account": "*"})
    assert {account for account, _ in beside.aws.faults.taken_roles} == {MEMBER, OTHER, TOOLING_ACCOUNT}
    beside.panel.act({"lever": "give_roles", "account": "*"})
    assert beside.aws.faults.taken_roles == []


def test_undoing_all_levers_undoes_those_of_both(beside: Beside) -> None:
    for asked in (
        {"lever": "disable_key", "arn": beside.off},
        {"lever": "deny", "account": MEMBER, "action": "kms:ListKeys"},
        {"lever": "throttle", "account": "*", "action": "*", "times": "20"},
        {"lever": "take_roles", "account": MEMBER},
        {"lever": "fail_calls", "status": "500", "times": "5"},
        {"lever": "down"},
    ):
        beside.panel.act(asked)
    made = Levers(beside.aws, beside.slack)
    assert list(made.pulled()) == [
        "kms:ListKeys is denied in prod-payments.",
        "AWS: throttle for the next 20 calls of any kind in every account.",
        "The bot’s roles are taken away in prod-payments.",
        "Changed behind the bot’s back: payments/card-vault.",
        "Slack is down.",
        "Slack answers the next 5 calls with 500.",
    ]
    beside.panel.act({"lever": "undo"})
    assert list(made.pulled()) == []


@pytest.mark.parametrize("asked", [{"tab": "nonsense"}, {"tab": "calls", "show": "nonsense"}])
def test_what_the_panel_does_not_have_is_said(beside: Beside, asked: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="nonsense"):
        beside.panel.regions(asked, Reader(beside.slack.state, beside.slack.state.people["U0MARA"]))


def test_whoever_watches_hears_of_calls_and_levers_and_slack_until_they_stop(beside: Beside) -> None:
    heard: list[str] = []
    doing = "nothing"

    def listener() -> None:
        heard.append(doing)

    beside.panel.watch(listener)
    doing = "a call"
    administrator(beside.aws).list_keys()
    doing = "a lever"
    beside.panel.act({"lever": "disable_key", "arn": beside.off})
    doing = "Slack"
    beside.slack.faults.down()
    assert set(heard) == {"a call", "a lever", "Slack"}
    beside.panel.unwatch(listener)
    doing = "too late"
    administrator(beside.aws).list_keys()
    beside.slack.faults.down(is_down=False)
    assert "too late" not in heard
