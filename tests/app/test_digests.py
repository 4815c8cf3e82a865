"""The digest in the channel, over the wire."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.models.anchor import Anchor
from bot.models.trail import Act
from deploy.sandbox.slack.things import Message
from tests.app.house import CHANNEL, CONFIGURATION, PAYMENTS, House, eventually, house, shown

__all__ = ["house"]

DAILY = CONFIGURATION.replace('[digest]\nschedule = "0 0 1 1 *"', '[digest]\nschedule = "0 9 * * *"\ntop = 5')


def digest(house: House, number: int = 1) -> str:
    house.command(house.jonas, "digest")
    house.slack.wait_for(lambda: len(digests(house)) >= number, what="the digest")
    return shown(digests(house)[-1])


def digests(house: House) -> list[Message]:
    return [each for each in house.channel.roots if each.text.startswith("KMS key rotation")]


def test_a_digest_without_open_keys_says_so(house: House) -> None:
    house.key("payments/ledger", 365)
    with house.running():
        told = digest(house)
    assert "Every key that can rotate does so as it should" in told
    assert "100% compliant: 1 of 1 key that can rotate" in told
    assert "This is the first digest" in told


def test_the_foot_of_every_digest_is_an_anchor_that_the_record_is_verified_against(house: House) -> None:
    house.configure(f'{CONFIGURATION}\n[[digest.route]]\nmatch = {{ team = "payments" }}\nchannel = "C0PAYMENTS"\n')
    house.key("payments/card-vault", tags={"team": "payments"})
    room = house.slack.channel("C0PAYMENTS")
    with house.running():
        feet = [digest(house).splitlines()[-1]]
        house.slack.wait_for(lambda: room.roots, what="the team's digest")
        feet.append(shown(room.roots[0]).splitlines()[-1])
        told = house.command(house.jonas, "history")
    anchors = list(map(Anchor.parse, feet))
    assert house.trail.verify(anchors).holds
    made = {entry.sequence: entry.act for entry in house.trail.entries()}
    assert [made[anchor.sequence] for anchor in anchors] == [Act.DIGEST_POSTED] * 2
    assert "Record, entry and hash: " in told
    assert not house.trail.verify([replace(anchors[0], hash=anchors[1].hash)]).holds


def test_what_changed_since_the_digest_before_is_told_key_by_key(house: House) -> None:
    fixed, regressed, deleted, hidden = (
        house.key(f"payments/{name}") for name in ("to-fix", "to-lapse", "to-delete", "to-hide")
    )
    house.aws.faults.enable_rotation(regressed)
    with house.running():
        digest(house)
        house.aws.faults.enable_rotation(fixed)
        house.aws.faults.disable_rotation(regressed)
        house.aws.faults.delete_key(deleted)
        house.aws.faults.deny(action="kms:GetKeyRotationStatus", resource=hidden, kind="key-policy")
        house.key("payments/brand-new")
        house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
        house.slack.wait_for(lambda: "finished" in shown(house.channel.roots[-1]), timeout=30, what="the scan")
        told = digest(house, 2)
    assert "New: 1 – payments/brand-new" in told
    assert "Open again: 1 – payments/to-lapse" in told
    assert "Fixed: 1 – payments/to-fix" in told
    assert "No longer counted" in told
    assert "Open last time, not readable now: 1 – payments/to-hide" in told
    assert "kms:GetKeyRotationStatus is denied (by the key policy)" in told


def test_an_account_that_cannot_be_read_keeps_its_keys_from_being_called_fixed(house: House) -> None:
    house.key("payments/card-vault")
    with house.running():
        digest(house)
        house.aws.faults.remove_role(PAYMENTS, "KmsRotationAudit")
        house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
        house.slack.wait_for(lambda: "finished" in shown(house.channel.roots[-1]), timeout=30, what="the scan")
        told = digest(house, 2)
    assert "Fixed" not in told
    assert "Open last time, not readable now: 1" in told
    assert "Every key that can" not in told
    assert "No key was found, and not everything could be read" in told


def test_keys_past_the_top_are_in_the_thread(house: House) -> None:
    house.configure(DAILY)
    for number in range(12):
        house.key(f"batch/key-{number:02}")
    with house.running():
        told = digest(house)
        root = house.channel.roots[-1]
        house.slack.wait_for(lambda: house.channel.thread(root.ts), what="the thread")
        (page,) = house.channel.thread(root.ts)
    assert "7 more open keys in the thread" in told
    assert [f"key-{number:02}" in told for number in range(12)] == [True] * 5 + [False] * 7
    assert [f"key-{number:02}" in shown(page) for number in range(12)] == [False] * 5 + [True] * 7


def test_a_thousand_open_keys_are_one_message_and_a_file_in_its_thread(house: House) -> None:
    for number in range(1000):
        house.key(f"batch/key-{number:04}")
    with house.running():
        told = digest(house)
        root = house.channel.roots[-1]
        house.slack.wait_for(lambda: house.channel.thread(root.ts), timeout=30, what="the thread")
        (reply,) = house.channel.thread(root.ts)
    assert "1,000 keys do not rotate as they should" in told
    assert told.count("Enable rotation") == 10
    (file,) = reply.files
    content = (house.slack.state.files[file["id"]].content or b"").decode()
    assert len(content.splitlines()) == 1001
    assert all(f"batch/key-{number:04}" in content for number in range(1000))


def test_a_row_that_was_fixed_and_is_open_again_has_its_button_again(house: House) -> None:
    arn = house.key("payments/card-vault")
    with house.running():
        digest(house)
        message = house.ask(house.mara, "payments/card-vault")
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "Rotation is on")
        house.aws.faults.disable_rotation(arn)
        house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
        house.slack.wait_for(lambda: "finished" in shown(house.channel.roots[-1]), timeout=30, what="the scan")
        assert "Open again: 1" in digest(house, 2)
        house.mara.click(house.channel.roots[-1], text="Enable rotation")
        house.slack.wait_for(lambda: house.mara.modals, what="the modal")


def test_a_route_tells_a_team_of_its_keys_alone_and_claims_no_percentage(house: House) -> None:
    route = '[[digest.route]]\nmatch = { team = "payments" }\nchannel = "C0PAYMENTS"\n'
    house.configure(f"{CONFIGURATION}\n{route}")
    house.key("payments/card-vault", tags={"team": "payments"})
    house.key("web/sessions", tags={"team": "web"})
    fixed = house.key("payments/settlement", tags={"team": "payments"})
    room = house.slack.channel("C0PAYMENTS")
    with house.running():
        digest(house)
        house.slack.wait_for(lambda: room.roots, what="the team's digest")
        told = shown(room.roots[0])
        assert "2 keys do not rotate as they should" in told
        assert "web/sessions" not in told
        assert "% compliant" not in told
        house.aws.faults.enable_rotation(fixed)
        house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
        house.slack.wait_for(lambda: "finished" in shown(house.channel.roots[-1]), timeout=30, what="the scan")
        digest(house, 2)
        house.slack.wait_for(lambda: len(room.roots) > 1, what="the team's second digest")
        assert "Fixed: 1 – payments/settlement" in shown(room.roots[1])


@pytest.mark.parametrize("down_for", [timedelta(0), timedelta(hours=3)], ids=["in time", "late"])
def test_a_firing_is_delivered_once_however_often_the_bot_starts(house: House, down_for: timedelta) -> None:
    house.configure(DAILY)
    house.key()
    with house.running() as process:
        eventually(lambda: process.calendar.firings.ever("digest"), "the first look at the calendar")
        assert house.channel.roots == []
    now = house.clock()
    nine = now.replace(hour=9, minute=0, second=0, microsecond=0)
    nine += timedelta(days=0 if nine > now else 1)
    house.clock.ahead += nine - now + down_for + timedelta(minutes=1)
    for _ in range(3):
        with house.running() as process:
            process.calendar.fire(process.calendar.jobs[1])
            house.slack.wait_for(lambda: digests(house), what="the digest that was missed")
    assert len(digests(house)) == 1


def test_a_digest_missed_by_more_than_its_grace_is_not_made_up_for(house: House) -> None:
    house.configure(DAILY)
    house.key()
    with house.running() as process:
        eventually(lambda: process.calendar.firings.ever("digest"), "the first look at the calendar")
    now = house.clock()
    nine = now.replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
    house.clock.ahead += nine - now + timedelta(hours=7)
    with house.running() as process:
        process.calendar.fire(process.calendar.jobs[1])
    assert digests(house) == []
