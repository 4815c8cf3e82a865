"""Who may do what with a request, pressed as buttons in Slack."""

from datetime import timedelta
from itertools import count

import pytest

from bot.models.people import LookupFailure, Person
from bot.models.requests import RequestState
from bot.slack.people import People
from tests.app.house import CHANNEL, CONFIGURATION, House, eventually, house, shown

__all__ = ["house"]

KEY = "payments/card-vault"
HOUR = timedelta(hours=1)


def refusals(house: House) -> list[tuple[str, str]]:
    return [(entry.actor, entry.details) for entry in house.trail.newest(100) if entry.act == "REFUSED"]


@pytest.mark.parametrize("button", ["Approve", "Deny"])
@pytest.mark.parametrize(
    ("who", "reason", "words"),
    [
        ("U0MARA", "OWN_REQUEST", " your |You asked"),
        ("U0GUEST", "NOT_A_FULL_MEMBER", "Only full members"),
        ("U0ELSE", "OTHER_WORKSPACE", "Only people of this workspace"),
    ],
)
def test_who_may_not_decide_is_told_so_privately_and_it_is_recorded(
    house: House, who: str, reason: str, words: str, button: str
) -> None:
    arn = house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        person = house.slack.person(who)
        told = house.whisper(person, lambda: house.press(person, message, button))
        assert any(each in told for each in words.split("|"))
        assert all(told not in shown(each) for each in house.channel.messages)
    assert not house.rotates(arn)
    assert house.request().state is RequestState.PENDING
    ((actor, details),) = refusals(house)
    assert (actor, reason in details) == (who, True)


def test_a_member_who_is_not_on_the_list_is_told_who_is(house: House) -> None:
    house.key(KEY)
    house.slack.state.change_group("S0KEYADMINS", ("U0AIKO",))
    with house.running():
        message = house.ask(house.mara, KEY)
        told = house.whisper(house.jonas, lambda: house.press(house.jonas, message, "Approve"))
    assert "You are not an approver here." in told
    assert house.request().state is RequestState.PENDING


@pytest.mark.parametrize("method", ["users.info", "usergroups.users.list"])
def test_a_look_up_that_fails_lets_nobody_through(house: House, method: str) -> None:
    arn = house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        house.slack.faults.error_next(method, "internal_error", times=5)
        told = house.whisper(house.jonas, lambda: house.press(house.jonas, message, "Approve"))
    assert "Slack could not be asked" in told
    assert not house.rotates(arn)


def test_user_groups_do_not_exist_on_the_free_plan_so_nobody_is_in_one(house: House) -> None:
    house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        house.slack.free_plan = True
        told = house.whisper(house.jonas, lambda: house.press(house.jonas, message, "Approve"))
    assert "plan_upgrade_required" in told


def test_a_denied_request_changes_nothing_and_says_who_denied_it(house: House) -> None:
    arn = house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        house.press(house.jonas, message, "Deny")
        told = house.until_shown(message, "denied by <@U0JONAS>")
        assert "Approve" not in told
        late = house.whisper(house.aiko, lambda: house.aiko.click_stale(message, text="Approve"))
    assert "<@U0JONAS> has denied this request already" in late
    assert house.request().state is RequestState.DENIED
    assert not house.rotates(arn)


def test_only_the_requester_withdraws(house: House) -> None:
    house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        told = house.whisper(house.jonas, lambda: house.press(house.jonas, message, "Withdraw"))
        assert "Only <@U0MARA>, who asked, can withdraw" in told
        house.press(house.mara, message, "Withdraw")
        house.until_shown(message, "who withdrew it")
    assert house.request().state is RequestState.CANCELLED


def test_two_approvals_take_two_people(house: House) -> None:
    house.configure(CONFIGURATION.replace('accounts = ["two-*"]', 'accounts = ["prod-*"]'))
    arn = house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        assert "Waiting for 2 approvals" in shown(message)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "1 of 2 approvals")
        again = house.whisper(house.jonas, lambda: house.press(house.jonas, message, "Approve"))
        assert again == "You have approved this already; it waits for somebody else."
        assert not house.rotates(arn)
        house.press(house.aiko, message, "Approve")
        assert "approved by <@U0JONAS> and <@U0AIKO>" in house.until_shown(message, "Rotation is on")
    assert len(house.enable_calls) == 1


def test_a_second_click_does_not_change_the_key_a_second_time(house: House) -> None:
    house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        for person in (house.jonas, house.aiko, house.jonas, house.aiko):
            person.click_stale(message, text="Approve", wait=False)
        house.until_shown(message, "Rotation is on")
        late = eventually(lambda: house.aiko.ephemerals or house.jonas.ephemerals, "a word to who came second")
        assert "approved already" in shown(late[-1])
    assert len(house.enable_calls) == 1


def test_a_request_that_nobody_approves_expires(house: House) -> None:
    arn = house.key(KEY)
    with house.running() as process:
        message = house.ask(house.mara, KEY)
        house.clock.ahead += 25 * HOUR
        process.sweep()
        house.until_shown(message, "nobody approved it in time")
        told = house.whisper(house.jonas, lambda: house.jonas.click_stale(message, text="Approve"))
    assert "has expired" in told
    assert house.request().state is RequestState.EXPIRED
    assert not house.rotates(arn)


def test_a_click_after_the_expiry_is_refused_even_before_the_sweep_comes(house: House) -> None:
    arn = house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        house.clock.ahead += 25 * HOUR
        told = house.whisper(house.jonas, lambda: house.press(house.jonas, message, "Approve"))
        house.until_shown(message, "nobody approved it in time")
    assert "This request has expired" in told
    assert not house.rotates(arn)


def test_a_key_is_asked_for_once(house: House) -> None:
    house.key(KEY)
    with house.running():
        house.aiko.slash("/kms-rotation list", channel=CHANNEL)
        house.slack.wait_for(lambda: house.aiko.ephemerals, what="the list")
        old_list = house.aiko.ephemerals[-1]
        house.ask(house.mara, KEY)
        told = house.whisper(house.aiko, lambda: house.aiko.click(old_list, text="Enable rotation"))
        assert "<@U0MARA> has asked for this key already" in told
        listed = house.command(house.mara, "list")
    assert "Asked by <@U0MARA>" in listed
    assert "Enable rotation" not in listed
    assert len(house.requests.in_state(*RequestState)) == 1


def test_a_forged_value_reaches_no_key(house: House) -> None:
    house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        for forged in ("r000000000000", "", "arn:aws:kms:eu-central-1:111111111111:key/x", "' OR 1=1 --"):
            told = house.whisper(
                house.jonas,
                lambda value=forged: house.jonas.click(house.now(message), text="Approve", forged_value=value),
            )
            assert "not in the database" in told
    assert house.enable_calls == []


def test_somebody_who_left_between_click_and_change_does_not_count(house: House) -> None:
    """The approval is looked at again before the change: here after a restart."""
    house.configure(CONFIGURATION.replace('accounts = ["two-*"]', 'accounts = ["prod-*"]'))
    arn = house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "1 of 2 approvals")
        house.slack.state.change_person("U0JONAS", deleted=True)
        house.press(house.aiko, message, "Approve")
        told = house.until_shown(message, "The approval does not hold any more")
    assert "Somebody who approved is not a full member of this workspace any more." in told
    assert not house.rotates(arn)


def test_who_left_does_not_count_though_the_other_one_cannot_be_looked_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.configure(CONFIGURATION.replace('accounts = ["two-*"]', 'accounts = ["prod-*"]'))
    arn = house.key(KEY)
    ask = People.person
    aiko = count()

    def person(people: People, user_id: str) -> Person | LookupFailure:
        if user_id == "U0AIKO" and next(aiko):
            return LookupFailure("users.info", "internal_error")
        return ask(people, user_id)

    with house.running():
        monkeypatch.setattr(People, "person", person)
        message = house.ask(house.mara, KEY)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "1 of 2 approvals")
        house.slack.state.change_person("U0JONAS", deleted=True)
        house.press(house.aiko, message, "Approve")
        house.until_shown(message, "The approval does not hold any more")
    assert not house.rotates(arn)


def test_a_group_that_is_gone_keeps_the_other_approvers_from_nothing(house: House) -> None:
    arn = house.key(KEY)
    house.configure(CONFIGURATION.replace('["S0KEYADMINS"]', '["S0ONCALL", "S0KEYADMINS"]'))
    with house.running():
        house.slack.state.disable_group("S0ONCALL")
        message = house.ask(house.mara, KEY)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "Rotation is on")
    assert house.rotates(arn)


def test_an_account_without_a_rule_cannot_be_asked_for(house: House) -> None:
    house.configure(CONFIGURATION.replace('accounts = ["*"]', 'accounts = ["staging"]'))
    house.key(KEY)
    with house.running():
        house.press_enable(house.mara, KEY)
        house.mara.submit(house.mara.modal, {})
        house.slack.wait_for(lambda: "No approval rule covers" in house.mara.modal.visible_text, what="the refusal")
    assert house.requests.in_state(*RequestState) == []


def test_somebody_of_another_workspace_is_shown_nothing(house: House) -> None:
    house.key(KEY)
    stranger = house.slack.person("U0ELSE")
    with house.running():
        house.command(house.jonas, "digest")
        house.slack.wait_for(lambda: house.channel.roots, what="the digest")
        told = house.whisper(stranger, lambda: stranger.click(house.channel.roots[0], text="Enable rotation"))
        assert told == "Only people of this workspace can do that."
        assert stranger.modals == []
        typed = house.mara.slash("/kms-rotation help", channel=CHANNEL).payload
        forged = {**typed, "user_id": "U0ELSE", "team_id": "T0ELSE", "text": "status"}
        told = house.whisper(house.mara, lambda: house.mara.replay(forged, kind="slash_commands"))
    assert "compliant" not in told


def test_a_guest_cannot_ask(house: House) -> None:
    house.key(KEY)
    guest = house.slack.person("U0GUEST")
    with house.running():
        house.press_enable(guest, KEY)
        guest.submit(guest.modal, {})
        house.slack.wait_for(lambda: "Only full members" in guest.modal.visible_text, what="the refusal")
    assert house.requests.in_state(*RequestState) == []


def test_a_key_that_was_fixed_since_the_scan_is_not_asked_for(house: House) -> None:
    arn = house.key(KEY)
    with house.running():
        house.press_enable(house.mara, KEY)
        house.aws.faults.enable_rotation(arn)
        house.mara.submit(house.mara.modal, {})
        house.slack.wait_for(lambda: "Nothing was asked for" in house.mara.modal.visible_text, what="the answer")
        assert "100% compliant" in house.command(house.mara, "status")


@pytest.mark.parametrize("days", ["89", "366", "0"])
def test_a_period_out_of_bounds_stays_in_the_form(house: House, days: str) -> None:
    house.key(KEY)
    with house.running():
        house.press_enable(house.mara, KEY)
        house.mara.submit(house.mara.modal, {"period": {"days": days}})
        assert house.mara.modal.errors["period"]
    assert house.requests.in_state(*RequestState) == []
