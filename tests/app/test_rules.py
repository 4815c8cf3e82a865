"""What the approval rules say, lived through in Slack: who must approve what, and what needs no approval."""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from bot.models.people import LookupFailure
from bot.models.requests import ChangeState, RequestState
from bot.slack.people import People
from bot.views.names import GLASS_MODAL
from deploy.sandbox.slack.driver import Actor
from deploy.sandbox.slack.things import Message
from tests.app.house import CHANNEL, CONFIGURATION, House, eventually, house, shown

__all__ = ["house"]

KEY, OTHER = "payments/card-vault", "payments/refund-queue"
HEAD = CONFIGURATION.split("[[approval.rule]]", maxsplit=1)[0]
HOUR = timedelta(hours=1)
WHY = {"reason": {"text": "The auditor waits, and nobody else is awake."}}


@pytest.fixture
def ruled(house: House) -> Callable[..., str]:
    """Write these rules into the configuration, and make the key that is asked for."""

    def write(*rules: str, **key: Any) -> str:  # noqa: ANN401 - World.key's
        house.configure(HEAD + "".join(f"[[approval.rule]]\n{rule.strip()}\n" for rule in rules))
        return house.key(KEY, **key)

    return write


def acts(house: House) -> list[str]:
    return [entry.act for entry in reversed(house.trail.newest(100)) if entry.subject == house.request().id]


def refused(house: House, who: Actor, message: Message, button: str = "Approve") -> str:
    return house.whisper(who, lambda: house.press(who, message, button))


def all_messages(house: House) -> list[str]:
    return [shown(each) for each in house.channel.messages]


# Who must approve


def test_two_approvals_from_different_groups_take_one_of_each(house: House, ruled: Callable[..., str]) -> None:
    arn = ruled('accounts = ["*"]\napprovers = ["S0KEYADMINS", "S0ONCALL"]\nrequired = 2\nfrom_different_groups = true')
    house.slack.state.change_group("S0ONCALL", ("U0PRIYA", "U0AIKO"))
    with house.running():
        message = house.ask(house.mara, KEY)
        assert "(2 of them are needed, each from another group)" in shown(message)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "1 of 2 approvals so far.")
        house.press(house.aiko, message, "Approve")
        assert house.settled().state is RequestState.DONE
    assert house.rotates(arn)


def test_two_of_one_group_do_not_stand_for_two_groups(house: House, ruled: Callable[..., str]) -> None:
    arn = ruled('accounts = ["*"]\napprovers = ["S0KEYADMINS", "S0ONCALL"]\nrequired = 2\nfrom_different_groups = true')
    with house.running():
        message = house.ask(house.mara, KEY)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "Approved by <@U0JONAS>")
        house.press(house.aiko, message, "Approve")
        assert "1 of 2 approvals so far." in house.until_shown(message, "<@U0JONAS> and <@U0AIKO>")
        assert not house.rotates(arn)
        house.press(house.slack.person("U0PRIYA"), message, "Approve")
        house.settled()
    assert house.rotates(arn)


def test_whoever_asked_approves_where_a_rule_says_so(house: House, ruled: Callable[..., str]) -> None:
    arn = ruled('accounts = ["*"]\napprovers = ["U0MARA", "U0JONAS"]\nself_approval = true')
    with house.running():
        message = house.ask(house.mara, KEY)
        house.press(house.mara, message, "Approve")
        assert house.settled().approvers == ("U0MARA",)
    assert house.rotates(arn)


def test_only_those_ask_whom_the_rule_lets(house: House, ruled: Callable[..., str]) -> None:
    ruled('name = "production"\naccounts = ["*"]\nrequesters = ["S0ONCALL"]\napprovers = ["S0KEYADMINS"]')
    with house.running():
        house.press_enable(house.jonas, KEY)
        house.jonas.submit(house.jonas.modal, {})
        house.slack.wait_for(lambda: "does not let you ask" in house.jonas.modal.visible_text, what="the refusal")
        assert house.requests.in_state(*RequestState) == []
        house.ask(house.mara, KEY)
    assert house.request().requester == "U0MARA"


def test_who_is_not_to_be_pinged_is_not_mentioned_and_may_approve(house: House, ruled: Callable[..., str]) -> None:
    arn = ruled('accounts = ["*"]\napprovers = ["S0KEYADMINS"]\nquiet_approvers = ["U0PRIYA"]')
    with house.running():
        message = house.ask(house.mara, KEY)
        assert "so can 1 other, who is not pinged" in shown(message)
        assert "U0PRIYA" not in shown(message)
        house.press(house.slack.person("U0PRIYA"), message, "Approve")
        house.settled()
    assert house.rotates(arn)


def test_a_request_lives_as_long_as_its_rule_lets_it(house: House, ruled: Callable[..., str]) -> None:
    ruled('accounts = ["*"]\napprovers = ["S0KEYADMINS"]\nexpires_after = "30m"')
    with house.running():
        house.ask(house.mara, KEY)
    assert house.request().expires_at - house.request().created_at == timedelta(minutes=30)


# Which rule


@pytest.mark.parametrize(
    "condition",
    [
        'accounts = ["111111111111"]',
        'accounts = ["PROD-*"]',
        'tags = { Stage = "prod*" }',
        'aliases = ["payments/*"]',
        'aliases = ["alias/payments/card-vault"]',
        'regions = ["eu-*"]',
        'accounts = ["prod-*"]\ntags = { stage = "production" }\naliases = ["*vault"]\nregions = ["eu-central-1"]',
    ],
)
def test_a_rule_finds_its_keys_by_all_that_it_names(house: House, ruled: Callable[..., str], condition: str) -> None:
    ruled(
        f'name = "narrow"\n{condition}\napprovers = ["U0PRIYA"]',
        'accounts = ["*"]\napprovers = ["S0KEYADMINS"]',
        tags={"Stage": "production"},
    )
    with house.running():
        message = house.ask(house.mara, KEY)
        assert "<@U0PRIYA> can approve." in shown(message)
        assert "You are not an approver here." in refused(house, house.jonas, message)
    assert [change.rule for change in house.request().changes] == ["narrow"]


@pytest.mark.parametrize(
    "condition",
    [
        'accounts = ["222222222222"]',
        'tags = { stage = "test" }',
        'tags = { team = "*" }',
        'aliases = ["batch/*"]',
        'regions = ["us-*"]',
        'accounts = ["prod-*"]\nregions = ["us-east-1"]',
    ],
)
def test_a_rule_that_names_something_else_is_passed_over(
    house: House, ruled: Callable[..., str], condition: str
) -> None:
    ruled(
        f'name = "narrow"\n{condition}\napprovers = ["U0PRIYA"]',
        'accounts = ["*"]\napprovers = ["S0KEYADMINS"]',
        tags={"Stage": "production"},
    )
    with house.running():
        house.ask(house.mara, KEY)
    assert [change.rule for change in house.request().changes] == ["rule 2"]


@pytest.mark.parametrize(
    ("condition", "operation", "words"),
    [
        ('tags = { stage = "prod*" }', "ListResourceTags", "The tags of the key could not be read"),
        ('aliases = ["batch/*"]', "ListAliases", "The aliases of the key could not be read"),
    ],
)
def test_what_cannot_be_read_leads_to_no_other_rule(
    house: House, ruled: Callable[..., str], condition: str, operation: str, words: str
) -> None:
    ruled(f'{condition}\napprovers = ["U0PRIYA"]', 'accounts = ["*"]\napprovers = ["S0KEYADMINS"]')
    with house.running():
        house.aws.faults.deny(action=f"kms:{operation}")
        house.press_enable(house.mara, KEY)
        house.mara.submit(house.mara.modal, {})
        house.slack.wait_for(lambda: words in house.mara.modal.visible_text, what="the refusal")
    assert house.requests.in_state(*RequestState) == []


def test_a_key_whose_tags_changed_after_the_approval_is_not_changed_under_the_laxer_rule(
    house: House, ruled: Callable[..., str]
) -> None:
    arn = ruled(
        'tags = { stage = "test" }\napprovers = ["U0JONAS"]',
        'accounts = ["*"]\napprovers = ["U0PRIYA"]',
        tags={"stage": "test"},
    )
    with house.running():
        message = house.ask(house.mara, KEY)
        house.aws.world.tag(arn, {"stage": "production"})
        house.press(house.jonas, message, "Approve")
        (change,) = house.settled().changes
        assert change.state is ChangeState.FAILED
        assert "another approval rule decides over it now" in house.until_shown(message, "Failed")
    assert not house.rotates(arn)
    assert house.enable_calls == []


# Reminders


def test_reminders_come_less_and_less_often_and_say_later_that_it_is_decided(
    house: House, ruled: Callable[..., str]
) -> None:
    ruled('accounts = ["*"]\napprovers = ["S0KEYADMINS"]\nremind_after = "1h"')

    def reminders() -> list[Message]:
        return [each for each in house.channel.thread(message.ts) if "reminder" in shown(each) or "🔔" in shown(each)]

    with house.running() as process:
        message = house.ask(house.mara, KEY)
        for hours, wanted in ((0.9, 0), (1.1, 1), (2.9, 1), (3.1, 2), (6.9, 2), (7.1, 3), (23.9, 4)):
            house.clock.ahead = hours * HOUR
            process.sweep()
            eventually(lambda count=wanted: len(reminders()) == count, f"{wanted} reminders")  # type: ignore[misc]  # bound now
        assert "can approve" in shown(reminders()[0])
        house.press(house.jonas, message, "Approve")
        house.slack.wait_for(
            lambda: all("The request was approved." in shown(each) for each in reminders()), what="the truth"
        )
    assert acts(house).count("APPROVERS_REMINDED") == 4


def test_nobody_is_reminded_where_that_is_switched_off(house: House, ruled: Callable[..., str]) -> None:
    ruled('accounts = ["*"]\napprovers = ["S0KEYADMINS"]\nremind_after = "never"')
    with house.running() as process:
        house.ask(house.mara, KEY)
        house.clock.ahead = 23 * HOUR
        process.sweep()
    assert "APPROVERS_REMINDED" not in acts(house)


# Approved beforehand


BEFOREHAND = 'name = "playground"\naccounts = ["*"]\nrequired = 0\ndaily_cap = 2'


def submit_for(house: House, name: str) -> None:
    house.press_enable(house.mara, name)
    house.mara.submit(house.mara.modal, {})


def test_what_a_rule_approves_beforehand_is_read_changed_verified_and_recorded_all_the_same(
    house: House, ruled: Callable[..., str]
) -> None:
    arn = ruled(BEFOREHAND)
    with house.running():
        house.press_enable(house.mara, KEY)
        assert "those are changed as soon as you ask" in house.mara.modal.visible_text
        house.mara.submit(house.mara.modal, {})
        house.slack.wait_for(house.request_messages, what="the request's message")
        (message,) = house.request_messages()
        assert "approved beforehand by the rule “playground”" in house.until_shown(message, "Rotation is on")
        house.slack.wait_for(lambda: "Approved beforehand" in house.mara.modal.visible_text, what="the answer")
    assert house.rotates(arn)
    assert acts(house) == [
        "REQUEST_CREATED",
        "REQUEST_PRE_APPROVED",
        "CHANGE_CLAIMED",
        "CHANGE_CALLING",
        "CHANGE_SUCCEEDED",
        "REQUEST_DONE",
    ]


def test_no_more_keys_a_day_than_the_cap(house: House, ruled: Callable[..., str]) -> None:
    ruled(BEFOREHAND)
    house.key("play/a")
    house.key("play/b")
    with house.running():
        for name in (KEY, "play/a"):
            submit_for(house, name)
            house.slack.wait_for(lambda: "✅" in house.mara.modal.visible_text, what="the request")
            house.mara.close(house.mara.modal)
        submit_for(house, "play/b")
        house.slack.wait_for(lambda: "and none are left" in house.mara.modal.visible_text, what="the refusal")
        house.mara.close(house.mara.modal)
        house.clock.ahead = timedelta(hours=24, minutes=1)
        submit_for(house, "play/b")
        house.slack.wait_for(lambda: "✅" in house.mara.modal.visible_text, what="the request")
        eventually(lambda: len(house.enable_calls) == 3, "three changes")
    refusals = [entry.details for entry in house.trail.newest(100) if entry.act == "REFUSED"]
    assert ["DAILY_CAP" in each for each in refusals] == [True]


# Break-glass


GLASS = 'name = "production"\naccounts = ["*"]\napprovers = ["S0KEYADMINS"]\nbreak_glass = ["S0ONCALL"]'


def open_glass(house: House, who: Actor, message: Message) -> None:
    house.press(who, message, "Break glass …")
    house.slack.wait_for(lambda: who.modals and who.modal.callback_id == GLASS_MODAL, what="the form")


def break_glass(house: House, who: Actor, message: Message) -> None:
    open_glass(house, who, message)
    who.submit(who.modal, WHY)


def test_a_broken_glass_changes_the_key_and_tells_everybody(house: House, ruled: Callable[..., str]) -> None:
    arn = ruled(GLASS)
    with house.running():
        message = house.ask(house.mara, KEY)
        break_glass(house, house.mara, message)
        assert "<@U0MARA> broke the glass" in house.until_shown(message, "Rotation is on")
        house.slack.wait_for(lambda: any("🚨" in each for each in all_messages(house)), what="the alarm")
        (alarm,) = [each for each in house.channel.roots if "🚨" in shown(each)]
        assert "The auditor waits, and nobody else is awake." in shown(alarm)
        assert {"S0KEYADMINS", "S0ONCALL"} <= {
            element["usergroup_id"]
            for block in alarm.blocks
            for section in block.get("elements", ())
            for element in section.get("elements", ())
            if element.get("type") == "usergroup"
        }
    assert house.rotates(arn)
    assert acts(house)[:2] == ["REQUEST_CREATED", "GLASS_BROKEN"]
    (call,) = house.enable_calls
    assert call.session_tags["Basis"] == "BREAK_GLASS"
    assert call.session_tags["Approvers"] == "U0MARA"


def test_only_those_break_the_glass_whom_the_rule_names(house: House, ruled: Callable[..., str]) -> None:
    arn = ruled(GLASS)
    with house.running():
        message = house.ask(house.mara, KEY)
        before = len(house.jonas.direct_messages)
        break_glass(house, house.jonas, message)
        house.slack.wait_for(lambda: len(house.jonas.direct_messages) > before, what="the refusal")
        assert "You are not among those who may break the glass here." in shown(house.jonas.direct_messages[-1])
    assert house.request().state is RequestState.PENDING
    assert not house.rotates(arn)


def test_where_a_rule_has_no_glass_there_is_none_to_break(house: House, ruled: Callable[..., str]) -> None:
    """Not even with a button from before the rule was changed."""
    arn = ruled(GLASS)
    with house.running():
        message = house.ask(house.mara, KEY)
    house.configure()
    with house.running():
        before = len(house.mara.direct_messages)
        break_glass(house, house.mara, message)
        house.slack.wait_for(lambda: len(house.mara.direct_messages) > before, what="the refusal")
        assert "has no break-glass" in shown(house.mara.direct_messages[-1])
    assert house.request().state is RequestState.PENDING
    assert not house.rotates(arn)


@pytest.mark.parametrize("reason", ["", "   ", "now!"])
def test_the_glass_is_not_broken_without_a_reason(house: House, ruled: Callable[..., str], reason: str) -> None:
    """Slack's own form would not send it; a tampered client does."""
    ruled(GLASS)
    house.key(OTHER)
    with house.running():
        message = house.ask(house.mara, KEY)
        open_glass(house, house.mara, message)
        sent = house.mara.submit(house.mara.modal, WHY, wait=False)
        assert sent is not None
        house.until_shown(message, "Rotation is on")
        payload = deepcopy(sent.payload)
        payload["view"]["state"]["values"]["reason"]["text"]["value"] = reason
        other = house.ask(house.aiko, OTHER)
        payload["view"]["private_metadata"] = other.blocks[-1]["elements"][0]["value"]
        answer = house.mara.replay(payload).answer
        assert answer is not None
        assert answer["response_action"] == "errors"
    (waiting,) = house.requests.in_state(RequestState.PENDING)
    assert waiting.requester == "U0AIKO"


def test_two_who_break_the_glass_at_once_change_the_key_once(house: House, ruled: Callable[..., str]) -> None:
    ruled(GLASS)
    priya = house.slack.person("U0PRIYA")
    with house.running():
        message = house.ask(house.mara, KEY)
        for who in (house.mara, priya):
            open_glass(house, who, message)
        for who in (house.mara, priya):
            who.submit(who.modal, WHY, wait=False)
        house.settled()
        house.slack.wait_for(lambda: any("🚨" in each for each in all_messages(house)), what="the alarm")
    assert len(house.enable_calls) == 1
    assert acts(house).count("GLASS_BROKEN") == 1


# One look a request


def test_a_request_for_many_keys_asks_slack_about_its_approvers_once(house: House, ruled: Callable[..., str]) -> None:
    """Slack lets a user group be read 20 times a minute."""
    ruled('accounts = ["*"]\napprovers = ["S0KEYADMINS"]')
    arns = [house.key(f"batch/{number:02}") for number in range(40)]
    with house.running():
        house.slack.enforce_rates = True
        before = len(house.mara.ephemerals)
        house.mara.slash("/kms-rotation list alias=batch/*", channel=CHANNEL)
        house.slack.wait_for(lambda: len(house.mara.ephemerals) > before, what="the list")
        house.open_form(house.mara, lambda: house.mara.click(house.mara.ephemerals[-1], text="Enable several …"))
        house.mara.submit(house.mara.modal, {"all": {"ticked": ["all"]}})
        house.slack.wait_for(house.request_messages, what="the request's message")
        house.press(house.jonas, house.request_messages()[-1], "Approve")
        assert house.settled().state is RequestState.DONE
    assert all(map(house.rotates, arns))
    assert {change.state for change in house.request().changes} == {ChangeState.SUCCEEDED}


def test_where_slack_cannot_be_asked_an_approved_change_waits_and_says_so(
    house: House, ruled: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = ruled('accounts = ["*"]\napprovers = ["S0KEYADMINS"]')
    ask, answers = People.members, iter(["at the click"])

    def members(people: People, groups: Iterable[str]) -> Mapping[str, frozenset[str]] | LookupFailure:
        if next(answers, None):
            return ask(people, groups)
        return LookupFailure("usergroups.users.list of S0KEYADMINS", "internal_error")

    with house.running() as process:
        message = house.ask(house.mara, KEY)
        with monkeypatch.context() as patched:
            patched.setattr(People, "members", members)
            house.press(house.jonas, message, "Approve")
            told = house.until_shown(message, "nobody can tell whether the approval still holds")
            assert "Slack could not be asked (usergroups.users.list of S0KEYADMINS: internal_error)" in told
            assert not house.rotates(arn)
        house.clock.ahead = timedelta(minutes=1)
        process.sweep()
        assert house.settled().state is RequestState.DONE
        assert "Slack could not be asked" not in house.until_shown(message, "Rotation is on")
    assert house.rotates(arn)
