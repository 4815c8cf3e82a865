"""“Snooze …”: hearing of an open key later, for oneself or in a channel's digest."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.models.trail import Act
from bot.store.snoozes import Snoozes
from bot.views.names import SNOOZE, SNOOZE_FOR_BLOCK, SNOOZE_FOR_INPUT, UNTIL_BLOCK, UNTIL_INPUT, action_id
from bot.views.snooze import DATE_BLOCK, DATE_INPUT
from deploy.sandbox.slack.driver import Actor
from deploy.sandbox.slack.things import View
from tests.app.home_tab import changed, labels, opened, says, shown_hash, updated_with
from tests.app.house import CHANNEL, CONFIGURATION, House, eventually, house, shown

__all__ = ["house"]

KEY = "payments/card-vault"
Values = Mapping[str, Mapping[str, Any]]


def form(whose: str = "me", until: str = "week", day: str | None = None) -> Values:
    chosen: dict[str, Mapping[str, Any]] = {
        SNOOZE_FOR_BLOCK: {SNOOZE_FOR_INPUT: whose},
        UNTIL_BLOCK: {UNTIL_INPUT: until},
    }
    return chosen | ({} if day is None else {DATE_BLOCK: {DATE_INPUT: day}})


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def open_modal(house: House, who: Actor, name: str = KEY) -> View:
    """By the menu beside a key of the list."""
    before, modals = len(who.ephemerals), len(who.modals)
    who.slash(f"/kms-rotation list alias={name}", channel=CHANNEL)
    house.slack.wait_for(lambda: len(who.ephemerals) > before, what="the list")
    menu = next(
        element
        for block in who.ephemerals[-1].blocks
        for element in block.get("elements", ())
        if isinstance(element, dict) and element.get("type") == "overflow"
    )
    handle = menu["action_id"].partition(":")[2]
    who.choose(who.ephemerals[-1], action_id(SNOOZE, handle), action_id=menu["action_id"])
    house.slack.wait_for(lambda: len(who.modals) > modals, what="the modal")
    return who.modal


def snooze(house: House, who: Actor, values: Values, name: str = KEY) -> str:
    """Send the form, and read what the modal says then."""
    who.submit(open_modal(house, who, name), values)
    house.slack.wait_for(
        lambda: "snoozed" in who.modal.visible_text or "Only" in who.modal.visible_text, what="the end"
    )
    told = who.modal.visible_text
    who.close(who.modal)
    return told


def snoozed(house: House, whose: str) -> set[str]:
    return Snoozes(house.database).snoozed(whose, house.clock())


def test_a_key_of_ones_own_is_snoozed_marked_in_the_list_and_woken_on_the_home_tab(house: House) -> None:
    arn = house.key(tags={"owner": "U0MARA"})
    with house.running():
        assert "Yours: 1 open key" in opened(house, house.mara).visible_text
        before = shown_hash(house.mara)
        assert "is snoozed" in snooze(house, house.mara, form())
        tab = changed(house, house.mara, before)
        assert "Yours" not in tab.visible_text
        assert "Snoozed for you until" in tab.visible_text
        assert snoozed(house, "U0MARA") == {arn}
        assert "Snoozed for you until" in house.command(house.mara, "list")
        assert "Snoozed" not in house.command(house.jonas, "list")
        house.mara.click(tab, text="Wake")
        says(house, house.mara, "Yours: 1 open key")
        assert snoozed(house, "U0MARA") == set()
    acts = [(each.act, each.actor) for each in house.trail.newest(50) if each.subject == arn]
    assert acts == [(Act.KEY_WOKEN, "U0MARA"), (Act.KEY_SNOOZED, "U0MARA")]


def test_it_wakes_by_itself_on_its_day(house: House) -> None:
    house.key(tags={"owner": "U0MARA"})
    with house.running() as process:
        snooze(house, house.mara, form(until="tomorrow"))
        assert "Yours" not in opened(house, house.mara).visible_text
        house.clock.ahead += timedelta(days=1)
        process.sweep()
        assert "Yours: 1 open key" in opened(house, house.mara).visible_text
        assert any(each.act == Act.KEY_WOKEN and "TIME" in each.details for each in house.trail.newest(10))


def test_it_counts_as_before_for_everybody(house: House) -> None:
    house.key(tags={"owner": "U0MARA"})
    with house.running():
        before = house.command(house.mara, "status")
        snooze(house, house.mara, form())
        snooze(house, house.jonas, form("channel"))
        assert house.command(house.mara, "status") == before
        assert KEY in house.command(house.mara, "list")


def test_a_digest_counts_what_is_snoozed_in_it_and_shows_it_no_more_above(house: House) -> None:
    house.key()
    house.key("payments/mobile")
    with house.running():
        assert "in the digest of" in snooze(house, house.jonas, form("channel"))
        house.command(house.jonas, "digest")
        digest = house.slack.wait_for(lambda: house.channel.roots, what="the digest")[-1]
        told = shown(digest)
    assert "2 keys do not rotate" in told
    assert "snoozed" in told
    rows = [shown_row for shown_row in told.split("\n") if shown_row.strip() == KEY]
    assert rows == []
    assert "payments/mobile" in told


def test_only_those_who_may_approve_snooze_keys_of_a_digest(house: House) -> None:
    house.key()
    with house.running():
        told = snooze(house, house.mara, form("channel"))
        assert "Only people who may approve requests can snooze keys of a channel" in told
        assert snoozed(house, "default") == set()
        assert any(each.act == Act.REFUSED and each.actor == "U0MARA" for each in house.trail.newest(5))


def test_a_guest_snoozes_nothing(house: House) -> None:
    house.key()
    with house.running():
        assert "Only full members" in snooze(house, house.slack.person("U0GUEST"), form())
        assert snoozed(house, "U0GUEST") == set()


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (0, "That day has begun"),
        (-3, "That day has begun"),
        (31, "30 days at most"),
        (None, "Choose the day"),
    ],
)
def test_a_day_that_will_not_do_is_told_beside_it(house: House, day: int | None, why: str) -> None:
    house.key()
    with house.running():
        modal = open_modal(house, house.mara)
        house.mara.submit(
            modal, {**form(until="date"), DATE_BLOCK: {DATE_INPUT: None if day is None else in_days(day)}}
        )
        assert why in house.mara.modal.errors[DATE_BLOCK]
        assert snoozed(house, "U0MARA") == set()


def test_the_longest_time_is_thirty_days_to_the_day(house: House) -> None:
    arn = house.key()
    with house.running():
        snooze(house, house.mara, form(until="date", day=in_days(30)))
        [kept] = Snoozes(house.database).of("U0MARA", house.clock())
    assert (kept.arn, kept.until.date().isoformat()) == (arn, in_days(30))


def test_the_modal_tells_of_a_snooze_and_wakes_the_key(house: House) -> None:
    house.key()
    with house.running():
        snooze(house, house.jonas, form())
        snooze(house, house.jonas, form("channel"))
        modal = open_modal(house, house.jonas)
        assert labels(modal).count("Wake it now") == 2
        house.jonas.click(modal, action_id="wake_key:channel")
        house.slack.wait_for(lambda: "awake again" in house.jonas.modal.visible_text, what="the answer")
        assert snoozed(house, "default") == set()
        assert len(snoozed(house, "U0JONAS")) == 1


def test_a_key_that_was_fixed_and_is_open_again_is_awake(house: House) -> None:
    arn = house.key(tags={"owner": "U0MARA"})
    with house.running() as process:
        snooze(house, house.mara, form())
        message = house.ask(house.mara, KEY)
        house.press(house.jonas, message, "Approve")
        house.settled()
        key = house.aws.world.find(arn)
        house.aws.world.rotation(key).enabled = False
        house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
        eventually(lambda: house.scans.running() == [] and len(_scans(house)) == 2, "the scan")
        process.sweep()
        assert "Yours: 1 open key" in opened(house, house.mara).visible_text
        assert any(each.act == Act.KEY_WOKEN and "FIXED" in each.details for each in house.trail.newest(20))


def test_a_key_that_is_not_open_any_more_has_nothing_to_snooze(house: House) -> None:
    house.key()
    with house.running():
        modal = open_modal(house, house.mara)
        message = house.ask(house.jonas, KEY)
        house.press(house.aiko, message, "Approve")
        house.settled()
        house.mara.submit(modal, form())
        house.slack.wait_for(lambda: "nothing to snooze" in house.mara.modal.visible_text, what="the answer")
        assert snoozed(house, "U0MARA") == set()


def test_a_hidden_key_can_be_snoozed_by_nobody_whom_it_is_hidden_from(house: House) -> None:
    house.key()
    house.configure(CONFIGURATION + '\n[[visibility.rule]]\naccounts = ["prod-*"]\nvisible_to = ["U0JONAS"]\n')
    with house.running():
        modal = open_modal(house, house.jonas)
        sent = house.jonas.submit(modal, form())
        assert sent is not None
        house.slack.wait_for(lambda: "is snoozed" in house.jonas.modal.visible_text, what="the end")
        body = {**sent.payload, "user": {**sent.payload["user"], "id": "U0AIKO"}}
        house.aiko.replay(body)
        house.slack.wait_for(lambda: updated_with(house, "does not know this key"), what="the refusal")
        assert snoozed(house, "U0AIKO") == set()


def _scans(house: House) -> list[str]:
    return [each.act for each in house.trail.newest(50) if each.act == Act.SCAN_FINISHED]


def test_a_forged_channel_snoozes_nothing_in_a_digest_that_does_not_tell_of_the_key(house: House) -> None:
    house.key()
    with house.running():
        modal = open_modal(house, house.jonas)
        sent = house.jonas.submit(modal, form())
        assert sent is not None
        house.slack.wait_for(lambda: "is snoozed" in house.jonas.modal.visible_text, what="the end")
        view = sent.payload["view"]
        handle = view["private_metadata"].partition(" ")[0]
        state = {"values": {**view["state"]["values"]}}
        state["values"][SNOOZE_FOR_BLOCK] = {
            SNOOZE_FOR_INPUT: {"type": "radio_buttons", "selected_option": {"value": "channel"}}
        }
        forged = {**sent.payload, "view": {**view, "private_metadata": f"{handle} C0GENERAL", "state": state}}
        house.jonas.replay(forged)
        house.slack.wait_for(lambda: updated_with(house, "No digest that goes to this channel"), what="no")
        assert snoozed(house, "default") == set()


def test_a_forged_choice_of_whom_it_is_for_is_for_oneself(house: House) -> None:
    house.key()
    with house.running():
        sent = house.jonas.submit(open_modal(house, house.jonas), form())
        assert sent is not None
        house.slack.wait_for(lambda: "is snoozed" in house.jonas.modal.visible_text, what="the end")
        state = {"values": {**sent.payload["view"]["state"]["values"]}}
        state["values"][SNOOZE_FOR_BLOCK] = {SNOOZE_FOR_INPUT: {"selected_option": {"value": "everybody"}}}
        before = len(house.slack.acks)
        house.jonas.replay({**sent.payload, "view": {**sent.payload["view"], "state": state}})
        assert "Snoozing it" in str(house.slack.acks[before:])
