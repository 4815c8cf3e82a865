"""Stale is safe: a button of long ago ends in the right state, with a sentence for whoever pressed it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.models.people import LookupFailure
from bot.models.requests import ChangeState, RequestState
from bot.slack.people import People
from deploy.sandbox.slack.driver import Actor
from deploy.sandbox.slack.things import Message
from tests.app.house import CHANNEL, CONFIGURATION, House, house, shown
from tests.store.databases import MakeUrl

__all__ = ["house"]

KEY = "payments/card-vault"
MONTH = timedelta(days=31)
HEAD = CONFIGURATION.split("[[approval.rule]]", maxsplit=1)[0]
Act = Callable[[House, str], object]


def rules(*texts: str) -> str:
    return HEAD + "".join(f"[[approval.rule]]\n{text}\n" for text in texts)


def scan(house: House) -> None:
    before = len([each for each in house.channel.roots if "finished" in shown(each)])
    house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
    house.slack.wait_for(
        lambda: len([each for each in house.channel.roots if "finished" in shown(each)]) > before, what="the scan"
    )


def digest(house: House) -> Message:
    """The digest as it is now; a month later its button still looks like this."""
    house.jonas.slash("/kms-rotation digest", channel=CHANNEL)
    house.slack.wait_for(
        lambda: [each for each in house.channel.roots if "Enable rotation" in shown(each)], what="the digest"
    )
    return next(each for each in house.channel.roots if "Enable rotation" in shown(each))


def press_old(house: House, who: Actor, old: Message, button: str) -> str:
    """Press a button of a message as it once was, and read what only that person is told."""
    return house.whisper(who, lambda: who.click_stale(old, text=button))


def sent_from(house: House, old: Message) -> str:
    """Open the form from an old button and send it; what it turned into."""
    house.open_form(house.mara, lambda: house.mara.click_stale(old, text="Enable rotation"))
    house.mara.submit(house.mara.modal, {})
    house.slack.wait_for(lambda: "Reading the key" not in house.mara.modal.visible_text, what="the answer")
    return house.mara.modal.visible_text.replace("\n", " ")


def multi_region_key(house: House) -> str:
    arn = house.key(KEY, multi_region=True)
    house.aws.world.replica(arn, "eu-west-1")
    return arn


def primary_moved(house: House, arn: str) -> None:
    house.aws.world.move_primary(arn, "eu-west-1")


SINCE: dict[str, tuple[Act, str]] = {
    "deleted": (lambda h, arn: h.aws.faults.delete_key(arn), "The key does not exist any more."),
    "pending deletion": (lambda h, arn: h.aws.faults.schedule_deletion(arn), "The key is waiting to be deleted."),
    "disabled": (lambda h, arn: h.aws.faults.disable_key(arn), "The key is disabled;"),
    "fixed by hand": (lambda h, arn: h.aws.faults.enable_rotation(arn), "the key rotates already."),
    "moved primary": (primary_moved, "A replica: rotation is set and judged on its primary, arn:aws:kms:eu-west-1:"),
}


# A button that asks


def test_a_button_of_last_month_asks_for_a_key_that_still_needs_it(house: House) -> None:
    arn = house.key(KEY)
    with house.running():
        old = digest(house)
        house.clock.ahead += MONTH
        assert "on its way to the channel" in sent_from(house, old)
        house.slack.wait_for(house.request_messages, what="the request's message")
        house.press(house.jonas, house.request_messages()[-1], "Approve")
        assert house.settled().changes[0].state is ChangeState.SUCCEEDED
    assert house.rotates(arn)


@pytest.mark.parametrize("what", SINCE)
def test_a_button_of_last_month_asks_for_nothing_that_is_not_so_any_more(house: House, what: str) -> None:
    meddle, words = SINCE[what]
    arn = multi_region_key(house)
    with house.running():
        old = digest(house)
        house.clock.ahead += MONTH
        meddle(house, arn)
        told = sent_from(house, old)
    assert "Nothing was asked for" in told
    assert words in told
    assert house.requests.in_state(*RequestState) == []
    assert house.enable_calls == []


def test_a_button_for_a_key_that_the_last_scan_does_not_know_any_more_opens_no_form(house: House) -> None:
    arn = house.key(KEY)
    with house.running():
        old = digest(house)
        house.aws.faults.delete_key(arn)
        scan(house)
        told = press_old(house, house.mara, old, "Enable rotation")
        assert not house.mara.modals
    assert told.startswith("The last scan does not know this key any more:")


def test_a_button_for_a_key_that_somebody_has_asked_for_since_says_who(house: House) -> None:
    house.key(KEY)
    with house.running():
        old = digest(house)
        message = house.ask(house.aiko, KEY)
        told = press_old(house, house.mara, old, "Enable rotation")
        assert told == "<@U0AIKO> has asked for this key already; that request waits for approval."
        house.press(house.jonas, message, "Approve")
        assert house.settled().changes[0].state is ChangeState.SUCCEEDED
        assert "the key rotates already" in sent_from(house, old)


def test_a_button_for_a_key_that_no_rule_means_any_more_asks_for_nothing(house: House) -> None:
    house.key(KEY)
    with house.running():
        old = digest(house)
    house.configure(rules('accounts = ["staging-*"]\napprovers = ["S0KEYADMINS"]'))
    with house.running():
        told = sent_from(house, old)
    assert "No approval rule covers account" in told
    assert "nobody may approve. Add one to the configuration." in told
    assert house.requests.in_state(*RequestState) == []


def test_a_button_of_another_installation_asks_for_nothing(house: House, make_url: MakeUrl) -> None:
    house.key(KEY)
    with house.running():
        old = digest(house)
    house.database.close()
    del house.database
    house.configure(DATABASE_URL=make_url("migrated"))
    with house.running():
        told = press_old(house, house.mara, old, "Enable rotation")
    assert told.startswith("The last scan does not know this key any more:")


# A button that decides


def test_an_approval_that_comes_a_month_late_ends_the_request_and_changes_nothing(house: House) -> None:
    arn = house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        house.clock.ahead += MONTH
        told = press_old(house, house.jonas, message, "Approve")
        assert told == "This request has expired. Ask again if the key still needs it."
        house.until_shown(message, "nobody approved it in time")
        again = press_old(house, house.jonas, message, "Approve")
    assert again == told
    assert house.request().state is RequestState.EXPIRED
    assert not house.rotates(arn)


@pytest.mark.parametrize(
    ("who", "button", "words"),
    [
        ("U0AIKO", "Approve", "This request was approved already, by <@U0JONAS>. Nothing was changed by your click."),
        ("U0JONAS", "Approve", "This request was approved already, by you. Nothing was changed by your click."),
        ("U0AIKO", "Deny", "This request was approved already, by <@U0JONAS>. Nothing was changed by your click."),
        ("U0MARA", "Withdraw", "This request was approved already, by <@U0JONAS>. Nothing was changed by your click."),
    ],
)
def test_a_button_of_a_request_that_was_done_long_ago_says_who_approved_it(
    house: House, who: str, button: str, words: str
) -> None:
    house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "Rotation is on")
        house.clock.ahead += MONTH
        assert press_old(house, house.slack.person(who), message, button) == words
    assert house.request().state is RequestState.DONE
    assert len(house.enable_calls) == 1


@pytest.mark.parametrize("button", ["Approve", "Deny", "Withdraw"])
def test_of_a_request_that_is_decided_it_is_said_by_whom_without_asking_slack_who_may_decide(
    house: House, button: str
) -> None:
    house.key(KEY)
    house.configure(CONFIGURATION + '[[visibility.rule]]\naccounts = ["secret-*"]\nvisible_to = ["S0ONCALL"]\n')
    with house.running():
        message = house.ask(house.mara, KEY)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "Rotation is on")
        before = len(lookups(house))
        house.clock.ahead += timedelta(minutes=5)
        told = press_old(house, house.aiko, message, button)
        assert told == "This request was approved already, by <@U0JONAS>. Nothing was changed by your click."
        assert len(lookups(house)) == before


def lookups(house: House) -> list[str]:
    return [each.method for each in house.slack.calls if each.method in {"users.info", "usergroups.users.list"}]


@pytest.mark.parametrize(("ends", "by", "words"), [("Deny", "U0JONAS", "denied"), ("Withdraw", "U0MARA", "withdrawn")])
@pytest.mark.parametrize("ahead", [timedelta(), MONTH], ids=["at once", "a month later"])
def test_an_approval_of_what_was_closed_says_who_closed_it(
    house: House, ends: str, by: str, words: str, ahead: timedelta
) -> None:
    arn = house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        house.press(house.slack.person(by), message, ends)
        house.until_shown(message, words.capitalize())
        house.clock.ahead += ahead
        told = press_old(house, house.aiko, message, "Approve")
    assert told.startswith(f"<@{by}> has {words}" if words == "withdrawn" else f"<@{by}> has denied")
    assert not house.rotates(arn)


def test_trying_again_what_succeeded_meanwhile_changes_nothing(house: House) -> None:
    arn = house.key(KEY)
    house.aws.faults.deny(action="kms:EnableKeyRotation", kind="scp")
    with house.running():
        message = house.ask(house.mara, KEY)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "Try again")
        old = house.now(message)
        house.aws.faults.clear()
        house.press(house.mara, message, "Try again")
        house.until_shown(message, "Rotation is on")
        told = press_old(house, house.aiko, old, "Try again")
    assert told == "There is nothing to try again: no change of this request has failed."
    assert house.rotates(arn)
    assert [call.error for call in house.enable_calls] == ["AccessDeniedException", None]


def test_a_primary_that_moved_since_it_was_asked_for_is_not_touched(house: House) -> None:
    arn = multi_region_key(house)
    with house.running():
        message = house.ask(house.mara, KEY)
        primary_moved(house, arn)
        house.press(house.jonas, message, "Approve")
        told = house.until_shown(message, "The key was not touched.")
    assert "A replica: rotation is set and judged on its primary, arn:aws:kms:eu-west-1:" in told
    assert house.request().changes[0].state is ChangeState.FAILED
    assert house.enable_calls == []


@pytest.mark.parametrize("condition", ['tags = { stage = "test" }', 'aliases = ["payments/*"]'])
def test_a_key_that_was_deleted_under_a_rule_that_looks_at_it_fails_at_once(house: House, condition: str) -> None:
    """It has no tags and no aliases any more, and so nobody could tell for ever which rule means it."""
    house.configure(rules(f'{condition}\napprovers = ["S0KEYADMINS"]'))
    arn = house.key(KEY, tags={"stage": "test"})
    with house.running():
        message = house.ask(house.mara, KEY)
        house.aws.faults.delete_key(arn)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "The key was not touched. The key does not exist any more.")
    assert house.request().changes[0].state is ChangeState.FAILED
    assert house.enable_calls == []


@pytest.mark.parametrize("button", ["Approve", "Deny", "Withdraw"])
def test_a_request_of_another_installation_is_not_known(house: House, make_url: MakeUrl, button: str) -> None:
    arn = house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
    house.configure(DATABASE_URL=make_url("migrated"))
    with house.running(scanned=False):
        told = press_old(house, house.jonas, message, button)
    assert told == "This request is not in the database. It may belong to another installation of the bot."
    assert not house.rotates(arn)


# A rule that changed since


def asked_then_configured(house: House, configuration: str) -> Message:
    """Ask under the usual rules, and start the bot again under others."""
    with house.running():
        message = house.ask(house.mara, KEY)
    house.configure(configuration)
    return message


def test_an_approver_who_was_taken_off_the_list_approves_nothing_and_is_told_who_can(house: House) -> None:
    arn = house.key(KEY)
    message = asked_then_configured(house, rules('accounts = ["*"]\napprovers = ["U0AIKO"]'))
    with house.running():
        told = press_old(house, house.jonas, message, "Approve")
        assert told == "You are not an approver here. <@U0AIKO> can approve."
        assert house.request().state is RequestState.PENDING
        house.press(house.aiko, message, "Approve")
        house.until_shown(message, "Rotation is on")
    assert house.rotates(arn)


@pytest.mark.parametrize(
    "configuration",
    [
        rules('accounts = ["999999999999"]\napprovers = ["S0KEYADMINS"]'),
        rules('accounts = ["payments-*"]\napprovers = ["S0KEYADMINS"]'),
    ],
    ids=["rule gone", "name pattern narrower"],
)
def test_where_no_rule_means_the_key_any_more_nobody_approves_and_it_can_be_withdrawn(
    house: House, configuration: str
) -> None:
    arn = house.key(KEY)
    message = asked_then_configured(house, configuration)
    with house.running():
        told = press_old(house, house.jonas, message, "Approve")
        assert told.startswith("No approval rule covers account “prod-payments” (111111111111), so nobody may approve.")
        assert house.request().state is RequestState.PENDING
        house.press(house.mara, message, "Withdraw")
        house.until_shown(message, "Withdrawn")
    assert not house.rotates(arn)


def test_where_another_rule_means_the_key_by_now_its_people_decide(house: House) -> None:
    arn = house.key(KEY)
    strict = 'accounts = ["prod-*"]\napprovers = ["U0PRIYA"]'
    message = asked_then_configured(house, rules(strict, 'accounts = ["*"]\napprovers = ["S0KEYADMINS"]'))
    with house.running():
        assert press_old(house, house.jonas, message, "Approve").endswith("<@U0PRIYA> can approve.")
        house.press(house.slack.person("U0PRIYA"), message, "Approve")
        house.until_shown(message, "Rotation is on")
    assert house.rotates(arn)


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        (
            rules('accounts = ["*"]\napprovers = ["U0AIKO"]'),
            "Somebody who approved is not among the approvers any more.",
        ),
        (
            rules('accounts = ["*"]\napprovers = ["S0KEYADMINS"]\nrequired = 2'),
            "The rules ask for other approvals by now. 1 of 2 approvals so far.",
        ),
        (
            rules('accounts = ["staging-*"]\napprovers = ["S0KEYADMINS"]'),
            "No approval rule covers account “prod-payments”",
        ),
    ],
    ids=["approver removed", "more required", "rule gone"],
)
def test_an_approved_change_that_waited_is_not_carried_out_under_rules_that_would_not_let_it(
    house: House, monkeypatch: pytest.MonkeyPatch, configuration: str, words: str
) -> None:
    """Slack cannot be asked after the click, the bot stops, and is started again with other rules."""
    arn = house.key(KEY)
    ask, answers = People.members, iter(["at the click"])

    def members(people: People, groups: tuple[str, ...]) -> object:
        at_the_click = next(answers, None) is not None
        return ask(people, groups) if at_the_click else LookupFailure("usergroups.users.list", "internal_error")

    with house.running(), monkeypatch.context() as patched:
        message = house.ask(house.mara, KEY)
        patched.setattr(People, "members", members)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "nobody can tell whether the approval still holds")
    house.configure(configuration)
    with house.running():
        told = house.until_shown(message, "The approval does not hold any more.")
        assert words in told
    assert house.request().changes[0].state is ChangeState.FAILED
    assert not house.rotates(arn)
    assert house.enable_calls == []
    assert house.trail.verify().fault is None
