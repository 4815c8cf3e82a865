"""A fix that did not last: whoever asked for it and approved it hears of it once, and can ask again from there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bot.models.requests import RequestState
from bot.process import Process
from bot.rules.filters import Filter
from deploy.sandbox.slack.driver import Actor
from deploy.sandbox.slack.things import Message
from tests.app.house import CHANNEL, House, eventually, house, shown

__all__ = ["house"]

KEY = "payments/card-vault"


@contextmanager
def fixed(house: House, *names: str, tags: Mapping[str, str] | None = None) -> Iterator[Process]:
    """The bot, after these keys were enabled on requests of Mara's that Jonas approved."""
    for name in names:
        house.key(name, tags=tags)
    with house.running() as process:
        for name in names:
            message = house.ask(house.mara, name)
            house.press(house.jonas, message, "Approve")
            eventually(lambda: not house.requests.in_state(RequestState.PENDING, RequestState.APPROVED), "the end")
        yield process


def undo(house: House) -> None:
    """Switch rotation off in AWS, as somebody's code may."""
    for key in list(house.aws.world.every_key()):
        house.aws.faults.disable_rotation(key.arn)


def heard(who: Actor) -> list[Message]:
    return [each for each in who.direct_messages if "undone" in shown(each)]


def look(house: House, process: Process, *who: Actor, messages: int = 1) -> None:
    """Scan, and wait for what people hear."""
    before = house.scans.current()
    house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
    eventually(lambda: house.scans.current() != before, "the scan")
    house.slack.wait_for(lambda: all(len(heard(each)) >= messages for each in who), what="what people hear")
    process.crews.looking.wait(30)


def test_who_asked_and_who_approved_hear_that_a_fix_was_undone(house: House) -> None:
    with fixed(house, KEY, tags={"managed-by": "terraform"}) as process:
        undo(house)
        look(house, process, house.mara, house.jonas)
        for who in (house.mara, house.jonas):
            (told,) = heard(who)
            text = shown(told)
            assert f"The fix of {KEY} was undone" in text
            assert "asked for by <@U0MARA>, approved by <@U0JONAS>" in text
            assert "is managed by Terraform" in text
            assert "enable_key_rotation     = true" in text
        assert heard(house.aiko) == []
    acts = [entry.act for entry in house.trail.newest(100)]
    assert acts.count("FIX_UNDONE") == 1
    assert house.trail.verify().fault is None


def test_it_is_told_once_however_often_somebody_looks(house: House) -> None:
    with fixed(house, KEY) as process:
        undo(house)
        look(house, process, house.mara, house.jonas)
        for _ in range(2):
            process.sweep()
            process.crews.looking.wait(30)
        look(house, process)
    assert [len(heard(who)) for who in (house.mara, house.jonas)] == [1, 1]


def test_the_button_asks_again_and_what_is_undone_again_is_told_again(house: House) -> None:
    with fixed(house, KEY) as process:
        undo(house)
        look(house, process, house.mara, house.jonas)
        house.open_form(house.mara, lambda: house.mara.click(heard(house.mara)[0], text="Enable rotation"))
        before = len(house.request_messages())
        house.mara.submit(house.mara.modal, {})
        house.slack.wait_for(lambda: len(house.request_messages()) > before, what="the second request")
        house.press(house.jonas, house.request_messages()[-1], "Approve")
        eventually(lambda: not house.requests.in_state(RequestState.PENDING, RequestState.APPROVED), "its end")
        undo(house)
        look(house, process, house.mara, house.jonas, messages=2)
    assert [entry.act for entry in house.trail.newest(100)].count("FIX_UNDONE") == 2


def test_many_fixes_that_are_undone_at_once_are_one_message_a_person(house: House) -> None:
    with fixed(house, "batch/a", "batch/b") as process:
        undo(house)
        look(house, process, house.mara, house.jonas)
        (told,) = heard(house.jonas)
        assert "The fixes of batch/a and 1 more key were undone" in shown(told)
        assert [block["elements"][0]["accessibility_label"] for block in told.blocks if block["type"] == "actions"] == [
            "Enable rotation of batch/a",
            "Enable rotation of batch/b",
        ]


def test_nobody_is_told_of_a_key_that_rotates_again_by_the_time_it_is_read_once_more(house: House) -> None:
    """KMS is eventually consistent, and a scan may have read the moment before the fix."""
    with fixed(house, KEY) as process:
        undo(house)
        house.command(house.jonas, f"key {KEY}")
        (found,) = house.scans.open_keys(Filter())
        house.aws.faults.enable_rotation(found.arn)
        process.sweep()
        process.crews.looking.wait(30)
        assert heard(house.mara) == []
        assert "FIX_UNDONE" not in [entry.act for entry in house.trail.newest(100)]


def test_a_message_to_somebody_who_has_left_is_lost_once_and_that_is_on_record(house: House) -> None:
    with fixed(house, KEY) as process:
        house.slack.state.change_person("U0MARA", deleted=True)
        undo(house)
        look(house, process, house.jonas)
        eventually(lambda: "MESSAGE_LOST" in [entry.act for entry in house.trail.newest(20)], "the record of it")
    (lost,) = [entry for entry in house.trail.newest(100) if entry.act == "MESSAGE_LOST"]
    assert "U0MARA" in lost.details
    assert "takes no message for that person any more" in lost.details
    assert heard(house.mara) == []


def test_nothing_is_told_while_the_fix_holds(house: House) -> None:
    with fixed(house, KEY) as process:
        look(house, process)
    assert heard(house.mara) == heard(house.jonas) == []
