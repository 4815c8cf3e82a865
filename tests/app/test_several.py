"""Several keys in one request: one approval, one result a key."""

from datetime import timedelta

from bot.models.requests import ChangeState, RequestState
from deploy.sandbox.slack.driver import Actor
from deploy.sandbox.slack.things import Message
from tests.app.house import CHANNEL, CONFIGURATION, House, eventually, house, shown

__all__ = ["house"]

EVERY = {"all": {"ticked": ["all"]}}


def open_form(house: House, who: Actor, scope: str = "") -> None:
    before = len(who.ephemerals)
    who.slash(f"/kms-rotation list {scope}".strip(), channel=CHANNEL)
    house.slack.wait_for(lambda: len(who.ephemerals) > before, what="the list")
    house.open_form(who, lambda: who.click(who.ephemerals[-1], text="Enable several …"))


def ask_for_all(house: House, scope: str = "") -> Message:
    open_form(house, house.mara, scope)
    house.mara.submit(house.mara.modal, EVERY)
    house.slack.wait_for(house.request_messages, what="the request's message")
    return house.request_messages()[-1]


def changes(house: House) -> dict[str, ChangeState]:
    return {change.key_name: change.state for change in house.request().changes}


def test_all_keys_of_a_list_are_one_request_one_approval_and_a_result_each(house: House) -> None:
    arns = [house.key(f"batch/key-{number:02}") for number in range(23)]
    other = house.key("web/sessions")
    with house.running():
        message = ask_for_all(house, "alias=batch/*")
        assert "23 keys" in shown(message)
        house.press(house.jonas, message, "Approve")
        told = house.until_shown(message, "23 enabled")
        eventually(lambda: house.request().state is RequestState.DONE, "the end")
        house.slack.wait_for(lambda: house.channel.thread(message.ts), what="the result")
    assert "Withdraw" not in told
    assert set(changes(house).values()) == {ChangeState.SUCCEEDED}
    assert all(house.rotates(arn) for arn in arns)
    assert not house.rotates(other)
    assert sorted(str(call.key) for call in house.enable_calls) == sorted(arns)
    assert house.trail.verify().fault is None


def test_more_keys_than_a_form_lists_are_asked_for_as_the_whole_list(house: House) -> None:
    """And nobody has to approve what they cannot see."""
    arns = [house.key(f"batch/key-{number:03}") for number in range(130)]
    house.key("other/key")
    with house.running():
        open_form(house, house.mara, "alias=batch/*")
        assert "All of the list, up to 130 keys" in house.mara.modal.visible_text
        house.mara.submit(house.mara.modal, {"all": {"ticked": ["all"]}})
        house.slack.wait_for(house.request_messages, what="the request's message")
        (message,) = house.request_messages()
        house.press(house.jonas, message, "Show all 130")
        house.slack.wait_for(lambda: house.jonas.modals, what="all keys")
        seen = house.jonas.modal.visible_text
        assert all(f"batch/key-{number:03}" in seen for number in range(130))
        assert "other/key" not in seen
    assert {change.arn for change in house.request().changes} == set(arns)


def test_only_the_chosen_keys_are_asked_for(house: House) -> None:
    for name in ("batch/a", "batch/b", "batch/c"):
        house.key(name)
    with house.running():
        open_form(house, house.mara)
        house.mara.submit(
            house.mara.modal,
            {
                "keys": {
                    "chosen": [
                        "batch/a · prod-payments · eu-central-1",
                        "batch/c · prod-payments · eu-central-1",
                    ]
                }
            },
        )
        house.slack.wait_for(house.request_messages, what="the request's message")
    assert sorted(changes(house)) == ["batch/a", "batch/c"]


def test_a_form_without_a_choice_stays_open(house: House) -> None:
    house.key("batch/a")
    house.key("batch/b")
    with house.running():
        open_form(house, house.mara)
        house.mara.submit(house.mara.modal, {})
        assert "Choose at least one key" in house.mara.modal.errors["keys"]
    assert house.requests.in_state(*RequestState) == []


def test_a_key_that_fails_keeps_no_other_and_is_tried_again_alone(house: House) -> None:
    house.key("batch/a")
    denied = house.key("batch/b")
    house.aws.faults.deny(action="kms:EnableKeyRotation", resource=denied, kind="key-policy")
    with house.running():
        message = ask_for_all(house)
        house.press(house.jonas, message, "Approve")
        told = house.until_shown(message, "Try again")
        assert "✅ batch/a" in told
        assert "❌ batch/b – AWS refused the change" in told
        house.aws.faults.clear()
        house.press(house.mara, message, "Try again")
        house.until_shown(message, "✅ batch/b")
        history = house.command(house.mara, "history batch/a")
        assert "enabled rotation: batch/a" in history
        assert "finished a request" in history
        assert "rotation: batch/b" not in history
        assert "a key: batch/b" not in history
    assert [str(call.key) for call in house.enable_calls].count(denied) == 2
    assert len(house.enable_calls) == 3


def test_what_needs_it_no_more_or_was_asked_for_is_left_out_and_that_is_said(house: House) -> None:
    fixed = house.key("batch/fixed")
    house.key("batch/taken")
    house.key("batch/open")
    with house.running():
        open_form(house, house.mara)
        house.ask(house.aiko, "batch/taken")
        house.aws.faults.enable_rotation(fixed)
        house.mara.submit(house.mara.modal, EVERY)
        house.slack.wait_for(lambda: len(house.request_messages()) > 1, what="the request's message")
        house.slack.wait_for(lambda: "on its way" in house.mara.modal.visible_text, what="the answer")
        told = house.mara.modal.visible_text.replace("\n", "")
    assert "“batch/fixed”: Nothing was asked for: the key rotates already." in told
    assert "“batch/taken”" in told
    (mine,) = [each for each in house.requests.in_state(*RequestState) if each.requester == "U0MARA"]
    assert [change.key_name for change in mine.changes] == ["batch/open"]


def test_keys_under_several_rules_want_what_each_of_them_asks_for(house: House) -> None:
    house.configure(
        CONFIGURATION.replace(
            'accounts = ["two-*"]\napprovers = ["S0KEYADMINS"]',
            'accounts = ["two-*"]\napprovers = ["U0PRIYA", "U0JONAS"]',
        )
    )
    house.slack.state.change_group("S0KEYADMINS", ("U0AIKO",))
    house.aws.world.account("222222222222", "two-keys")
    house.key("batch/a")
    house.key("batch/b", account="222222222222")
    with house.running():
        message = ask_for_all(house)
        assert "fall under 2 rules, and each must be satisfied" in shown(message)
        house.press(house.jonas, message, "Approve")
        assert "“rule 1”: 1 of 2 approvals so far." in house.until_shown(message, "Approved by <@U0JONAS>.")
        house.press(house.aiko, message, "Approve")
        assert "“rule 2”: Has its 1 approval." in house.until_shown(message, "Approved by <@U0JONAS> and <@U0AIKO>.")
        assert house.enable_calls == []
        house.press(house.slack.person("U0PRIYA"), message, "Approve")
        assert house.settled().state is RequestState.DONE
    assert len(house.enable_calls) == 2


def test_a_forged_choice_reaches_no_key(house: House) -> None:
    house.key("batch/a")
    house.key("batch/b")
    with house.running():
        open_form(house, house.mara)
        delivery = house.mara.submit(house.mara.modal, {})
        assert delivery is not None
        forged = delivery.payload
        forged["view"]["state"]["values"]["all"]["ticked"]["selected_options"] = [{"value": "all"}]
        forged["view"]["private_metadata"] = "k0000000000000000 ' OR 1=1 --"
        house.mara.replay(forged)
        unknown = "The last scan does not know this key any more"
        house.slack.wait_for(lambda: unknown in house.mara.modal.visible_text, what="the answer")
    assert house.requests.in_state(*RequestState) == []


def test_an_expired_request_for_several_changes_none(house: House) -> None:
    house.key("batch/a")
    house.key("batch/b")
    with house.running() as process:
        message = ask_for_all(house)
        house.clock.ahead += timedelta(hours=25)
        process.sweep()
        house.until_shown(message, "nobody approved it in time")
    assert house.enable_calls == []
