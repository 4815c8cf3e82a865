"""“Rotate now …” from the button to the record, and everything that may stand in its way."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest

from bot.models.requests import Change, ChangeKind, ChangeState, RequestState
from deploy.sandbox.aws.calls import RecordedCall
from deploy.sandbox.aws.keys import InProgress
from deploy.sandbox.slack.driver import Actor
from deploy.sandbox.slack.things import Message
from tests.app.house import CONFIGURATION, House, eventually, house, shown

__all__ = ["house"]

KEY = "payments/card-vault"
BUTTON = "Rotate now …"
REASON = {"reason": {"text": "A laptop that could decrypt with it was stolen."}}
Meddling = Callable[[House, str], object]


def open_form(house: House, who: Actor, name: str = KEY) -> str:
    house.command(who, f"key {name}")
    house.open_form(who, lambda: who.click(who.ephemerals[-1], text=BUTTON))
    return who.modal.visible_text


def ask(house: House, who: Actor, name: str = KEY) -> Message:
    before = len(asked(house))
    open_form(house, who, name)
    who.submit(who.modal, REASON)
    house.slack.wait_for(lambda: len(asked(house)) > before, what="the request's message")
    return asked(house)[-1]


def asked(house: House) -> list[Message]:
    return [each for each in house.channel.roots if "asks to rotate this key on demand" in shown(each)]


def answered(house: House, who: Actor, words: str) -> str:
    """What the form turned into, once it says these words."""
    house.slack.wait_for(lambda: words in who.modal.visible_text, what=f"“{words}” in the form")
    return who.modal.visible_text


def calls(house: House) -> list[RecordedCall]:
    return house.aws.calls.named("RotateKeyOnDemand")


def rotated(house: House, arn: str) -> int:
    """How often AWS rotated a key on demand."""
    return sum(kind == "ON_DEMAND" for _, kind in house.aws.world.rotation(house.aws.world.find(arn)).history)


def use_up(house: House, arn: str, times: int = 25) -> None:
    history = house.aws.world.rotation(house.aws.world.find(arn)).history
    history += [(datetime(2026, 1, 1, tzinfo=UTC), "ON_DEMAND")] * times


def ended(house: House) -> Change:
    (change,) = house.settled().changes
    return change


def test_a_key_is_rotated_once_after_an_approval_and_that_is_read_back(house: House) -> None:
    arn = house.key(KEY, 200)
    before = house.aws.world.rotation(house.aws.world.find(arn)).next_date(datetime.now(UTC))
    with house.running():
        message = ask(house, house.mara)
        assert "Once, now" in shown(message)
        assert "A laptop that could decrypt with it was stolen." in shown(message)
        assert calls(house) == []
        house.press(house.jonas, message, "Approve")
        told = house.until_shown(message, "Carried out")
        assert "The key has had new key material since 20" in told
        house.slack.wait_for(lambda: house.channel.thread(message.ts), what="the result")
        assert "new key material" in shown(house.channel.thread(message.ts)[-1])
        history = house.command(house.mara, f"history {KEY}")
    assert rotated(house, arn) == 1
    (call,) = calls(house)
    assert (call.key, call.error) == (arn, None)
    assert house.enable_calls == []
    rotation = house.aws.world.rotation(house.aws.world.find(arn))
    assert (rotation.enabled, rotation.period_days, rotation.next_date(datetime.now(UTC))) == (True, 200, before)
    change = house.request().changes[0]
    assert (change.kind, change.state, change.aws_request_id) == (
        ChangeKind.ROTATE_ON_DEMAND, ChangeState.SUCCEEDED, call.request_id
    )  # fmt: skip
    for words in (
        "asked for a rotation on demand",
        "about to call RotateKeyOnDemand",
        "had AWS rotate a key on demand",
    ):
        assert words in history
    assert house.trail.verify().fault is None


def test_the_record_tells_before_after_and_the_aws_request(house: House) -> None:
    house.key(KEY)
    with house.running():
        house.press(house.jonas, ask(house, house.mara), "Approve")
        change = ended(house)
    acts = [entry.act for entry in house.trail.newest(50, frozenset({change.request_id}))][::-1]
    assert acts == [
        "REQUEST_CREATED", "APPROVAL_GIVEN", "REQUEST_APPROVED", "CHANGE_CLAIMED", "CHANGE_CALLING", "CHANGE_SUCCEEDED",
        "REQUEST_DONE",
    ]  # fmt: skip
    assert change.before == "rotation off; rotated on demand 0 times"
    assert change.after == "rotation off; rotated on demand 1 time"


def test_the_limits_and_the_price_are_told_before_anybody_asks(house: House) -> None:
    use_up(house, house.key(KEY, 365), 3)
    with house.running():
        told = open_form(house, house.mara)
    for words in (
        "this one had used 3 of them when it was shown to you",
        "25 times in its life",
        "Only symmetric keys can be rotated; of a multi-Region key the primary",
        "each of its first two rotations adds $1 a month",
        "Data is not encrypted anew",
        "The automatic schedule stays as it is",
    ):
        assert words in told


@pytest.mark.parametrize("reason", ["", "   ", "why not", "  short    "])
def test_nobody_asks_without_saying_why(house: House, reason: str) -> None:
    house.key(KEY)
    with house.running():
        open_form(house, house.mara)
        delivery = house.mara.submit(house.mara.modal, REASON)
        assert delivery is not None
        house.slack.wait_for(lambda: asked(house), what="the request's message")
        payload = deepcopy(delivery.payload)
        payload["view"]["state"]["values"]["reason"]["text"]["value"] = reason
        before = len(house.slack.acks)
        house.mara.replay(payload)
        assert "in 10 characters or more" in str(house.slack.acks[before:])
    assert len(house.requests.in_state(*RequestState)) == 1


def test_a_key_that_does_not_rotate_stays_open_after_it_was_rotated_on_demand(house: House) -> None:
    """New material now is no schedule: the key is as non-compliant as before, and its button stays."""
    house.key(KEY)
    with house.running():
        house.press(house.jonas, ask(house, house.mara), "Approve")
        assert ended(house).state is ChangeState.SUCCEEDED
        assert "Automatic rotation is off." in house.command(house.mara, "list")
        assert "Enable rotation" in shown(house.mara.ephemerals[-1])
        house.command(house.jonas, "digest")
        house.slack.wait_for(lambda: "1 key does not rotate" in house.channel.roots[-1].text, what="the digest")
        digest = shown(house.channel.roots[-1])
        assert "Rotation on demand asked for by <@U0MARA>" in digest
        assert "Enable rotation" in digest
        assert "asks to enable automatic rotation" in shown(house.ask(house.aiko, KEY))


KINDS: dict[str, dict[str, Any]] = {
    "asymmetric": {"spec": "RSA_2048"},
    "HMAC": {"spec": "HMAC_256"},
    "imported material": {"origin": "EXTERNAL", "state": "Enabled"},
    "custom key store": {"origin": "AWS_CLOUDHSM"},
    "disabled": {"state": "Disabled"},
    "pending deletion": {"state": "PendingDeletion"},
    "creating": {"state": "Creating"},
    "updating": {"state": "Updating"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_that_may_not_be_rotated_has_no_button(house: House, kind: str) -> None:
    house.key(KEY, **KINDS[kind])
    with house.running():
        assert BUTTON not in house.command(house.mara, f"key {KEY}")


def test_a_replica_has_no_button_and_its_primary_has_one(house: House) -> None:
    primary = house.key(KEY, multi_region=True)
    replica = house.aws.world.replica(primary, "eu-west-1")
    house.configure(CONFIGURATION.replace('["eu-central-1"]', '["eu-central-1", "eu-west-1"]'))
    with house.running():
        assert BUTTON in house.command(house.mara, f"key {primary}")
        assert BUTTON not in house.command(house.mara, f"key {replica}")


def test_a_key_that_was_rotated_on_demand_25_times_has_no_button_and_is_told_so(house: House) -> None:
    use_up(house, house.key(KEY))
    with house.running():
        told = house.command(house.mara, f"key {KEY}")
    assert BUTTON not in told
    assert "It has been rotated on demand 25 times, and AWS allows 25 in a key's life." in told


def disable(house: House, arn: str) -> None:
    house.aws.faults.disable_key(arn)


def begin_by_hand(house: House, arn: str) -> None:
    """Somebody rotates the key beside the bot, and AWS is at it."""
    house.aws.faults.lag_reads(500)
    key = house.aws.world.find(arn)
    house.aws.world.rotation(key).on_demand = InProgress(datetime.now(UTC), 500)


CHANGED: dict[str, tuple[Meddling, str]] = {
    "disabled": (disable, "It is disabled. Enable it first."),
    "pending deletion": (lambda h, arn: h.aws.faults.schedule_deletion(arn), "It is waiting to be deleted."),
    "deleted": (lambda h, arn: h.aws.faults.delete_key(arn), "The key does not exist any more."),
    "used up": (use_up, "It has been rotated on demand 25 times"),
    "begun by hand": (begin_by_hand, "A rotation on demand has been under way since 20"),
    "moved primary": (
        lambda h, arn: h.aws.world.move_primary(arn, "eu-west-1"),
        "It is a replica, and replicas are rotated with their primary key, arn:aws:kms:eu-west-1:111111111111:key/mrk-",
    ),
    "history denied": (
        lambda h, _: h.aws.faults.deny(action="kms:ListKeyRotations"),
        "Its history could not be read: kms:ListKeyRotations is denied",
    ),
}


def multi_region_key(house: House) -> str:
    arn = house.key(KEY, multi_region=True)
    house.aws.world.replica(arn, "eu-west-1")
    return arn


@pytest.mark.parametrize("what", CHANGED)
def test_a_key_that_changed_since_it_was_shown_is_not_asked_for(house: House, what: str) -> None:
    meddle, words = CHANGED[what]
    arn = multi_region_key(house)
    with house.running():
        open_form(house, house.mara)
        meddle(house, arn)
        house.mara.submit(house.mara.modal, REASON)
        assert answered(house, house.mara, words).replace("\n", " ").startswith("Rotate now Nothing was asked for")
    assert house.requests.in_state(*RequestState) == []
    assert calls(house) == []


@pytest.mark.parametrize("what", CHANGED)
def test_a_key_that_changed_since_it_was_approved_is_not_touched(house: House, what: str) -> None:
    meddle, words = CHANGED[what]
    arn = multi_region_key(house)
    with house.running():
        message = ask(house, house.mara)
        meddle(house, arn)
        house.press(house.jonas, message, "Approve")
        told = house.until_shown(message, "The key was not touched.")
        assert words in told
        assert ended(house).state is ChangeState.FAILED
    assert calls(house) == []


def test_a_key_that_the_last_scan_found_disabled_opens_no_form(house: House) -> None:
    arn = house.key(KEY)
    with house.running():
        house.command(house.mara, f"key {KEY}")
        old = house.mara.ephemerals[-1]
        house.aws.faults.disable_key(arn)
        house.command(house.jonas, f"key {KEY}")
        told = house.whisper(house.mara, lambda: house.mara.click(old, text=BUTTON))
    assert told.startswith("This key cannot be rotated, as it was last read. The key is disabled;")


def test_a_key_near_its_automatic_rotation_is_refused_by_aws_and_tried_again_later(house: House) -> None:
    soon = datetime.now(UTC) - timedelta(days=365) + timedelta(minutes=5)
    arn = house.key(KEY, 365, rotations=[soon])
    with house.running():
        message = ask(house, house.mara)
        house.press(house.jonas, message, "Approve")
        told = house.until_shown(message, "AWS refused the change")
        assert "The key is being rotated, or will be within the next 20 minutes" in told
        house.aws.world.rotation(house.aws.world.find(arn)).history.append((datetime.now(UTC), "AUTOMATIC"))
        house.press(house.mara, message, "Try again")
        house.until_shown(message, "new key material")
    assert [call.error for call in calls(house)] == ["ConflictException", None]
    assert rotated(house, arn) == 1


def test_the_last_one_that_aws_allows_is_read_back_as_well(house: House) -> None:
    arn = house.key(KEY)
    use_up(house, arn, 24)
    with house.running():
        house.press(house.jonas, ask(house, house.mara), "Approve")
        assert ended(house).state is ChangeState.SUCCEEDED
        assert BUTTON not in house.command(house.mara, f"key {KEY}")
    assert rotated(house, arn) == 25


def test_while_aws_is_at_it_no_word_is_said_of_new_material(house: House) -> None:
    house.key(KEY)
    house.aws.faults.lag_reads(500)
    with house.running():
        message = ask(house, house.mara)
        house.press(house.jonas, message, "Approve")
        told = house.until_shown(message, "AWS has been rotating the key since 20")
    assert "material" not in told


def test_two_who_ask_at_once_make_one_request(house: House) -> None:
    house.key(KEY)
    with house.running():
        people = (house.mara, house.aiko)
        for who in people:
            open_form(house, who)
        at_once(*(partial(who.submit, who.modal, REASON) for who in people))
        house.slack.wait_for(lambda: not any(map(is_reading, people)), what="two answers")
        answers = sorted(who.modal.visible_text for who in people)
    assert len(house.requests.in_state(*RequestState)) == 1
    assert any("on its way to the channel" in each for each in answers)
    assert any("has asked for this key already" in each for each in answers)


def is_reading(who: Actor) -> bool:
    return "Reading the key" in who.modal.visible_text


def test_two_who_approve_at_once_rotate_the_key_once(house: House) -> None:
    arn = house.key(KEY)
    with house.running():
        message = ask(house, house.mara)
        at_once(*(partial(house.press, who, message, "Approve") for who in (house.jonas, house.aiko)))
        assert ended(house).state is ChangeState.SUCCEEDED
    assert (len(calls(house)), rotated(house, arn)) == (1, 1)


def at_once(*acts: Callable[[], object]) -> None:
    gate = Barrier(len(acts))

    def act(each: Callable[[], object]) -> None:
        gate.wait(10)
        each()

    threads = [Thread(target=act, args=(each,)) for each in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_a_key_has_one_open_request_of_whichever_kind(house: House) -> None:
    house.key(KEY)
    with house.running():
        house.command(house.jonas, f"key {KEY}")
        old = house.jonas.ephemerals[-1]
        message = house.ask(house.mara, KEY)
        told = house.whisper(house.jonas, lambda: house.jonas.click(old, text=BUTTON))
        assert "<@U0MARA> has asked for this key already" in told
        house.press(house.mara, message, "Withdraw")
        house.until_shown(message, "Withdrawn")
        ask(house, house.jonas)
        told = house.whisper(house.mara, lambda: house.mara.click(old_list(house), text="Enable rotation"))
    assert "<@U0JONAS> has asked for this key already" in told


def old_list(house: House) -> Message:
    """The list as Mara was shown it before anybody asked."""
    return next(each for each in house.mara.ephemerals if "Enable rotation" in shown(each))


def test_a_rule_that_asks_for_no_approval_lets_it_through_and_it_is_read_back(house: House) -> None:
    rule = 'accounts = ["two-*"]\napprovers = ["S0KEYADMINS"]\nrequired = 2'
    house.configure(CONFIGURATION.replace(rule, 'name = "play"\naccounts = ["prod-*"]\nrequired = 0\ndaily_cap = 1'))
    arn = house.key(KEY)
    house.key("payments/other")
    with house.running():
        message = ask(house, house.mara)
        assert "approved beforehand by the rule “play”" in house.until_shown(message, "new key material")
        open_form(house, house.mara, "payments/other")
        assert "those are changed as soon as you ask" in house.mara.modal.visible_text
        house.mara.submit(house.mara.modal, REASON)
        answered(house, house.mara, "lets 1 key through without approval in 24 hours, and none are left")
    assert (len(calls(house)), rotated(house, arn)) == (1, 1)


def test_a_broken_glass_rotates_it_too(house: House) -> None:
    house.configure(CONFIGURATION.replace('accounts = ["*"]', 'accounts = ["*"]\nbreak_glass = ["U0PRIYA"]'))
    arn = house.key(KEY)
    with house.running():
        message = ask(house, house.mara)
        priya = house.slack.person("U0PRIYA")
        house.open_form(priya, lambda: house.press(priya, message, "Break glass …"))
        priya.submit(priya.modal, {"reason": {"text": "Nobody else is awake, and the key leaks."}})
        house.until_shown(message, "new key material")
    assert rotated(house, arn) == 1


@pytest.mark.parametrize(
    "value", ["", "k0000000000000000 3", "arn:aws:kms:eu-central-1:111111111111:key/x 0", "x" * 1999]
)
def test_a_forged_button_opens_nothing(house: House, value: str) -> None:
    house.key(KEY)
    with house.running():
        house.command(house.mara, f"key {KEY}")
        shown_key = house.mara.ephemerals[-1]
        told = house.whisper(house.mara, lambda: house.mara.click(shown_key, text=BUTTON, forged_value=value))
        assert "does not know this key any more" in told
        assert not house.mara.modals


@pytest.mark.parametrize("who", ["U0GUEST", "U0ELSE"])
def test_people_who_may_not_ask_are_refused_and_that_is_recorded(house: House, who: str) -> None:
    house.key(KEY)
    with house.running():
        open_form(house, house.mara)
        delivery = house.mara.submit(house.mara.modal, REASON)
        house.slack.wait_for(lambda: asked(house), what="the request's message")
        house.press(house.mara, asked(house)[-1], "Withdraw")
        house.until_shown(asked(house)[-1], "Withdrawn")
        assert delivery is not None
        payload = deepcopy(delivery.payload)
        person = house.slack.person(who)
        payload["user"] |= {"id": who, "team_id": person.profile.team_id}
        person.replay(payload)
        eventually(lambda: [e for e in house.trail.newest(50) if e.act == "REFUSED" and e.actor == who], "the record")
    assert [each.requester for each in house.requests.in_state(*RequestState)] == ["U0MARA"]


def test_an_answer_that_was_lost_is_read_back_and_no_start_after_it_repeats_the_call(house: House) -> None:
    arn = house.key(KEY)
    with house.running():
        message = ask(house, house.mara)
        house.aws.faults.close_connection(action="RotateKeyOnDemand", after_the_change=True)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "new key material")
    with house.running():
        pass
    assert (len(calls(house)), rotated(house, arn)) == (1, 1)
