"""The digest in the channel, over the wire."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.models.anchor import Anchor
from bot.models.trail import Act
from bot.process import Process
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


def pages(house: House, root: Message) -> list[Message]:
    """What is in a digest's thread beside whose the keys are."""
    return [each for each in house.channel.thread(root.ts) if each.files or each.text.startswith("Open key")]


def rescan(house: House) -> None:
    before = len(house.channel.roots)
    house.jonas.slash("/kms-rotation scan", channel=CHANNEL)
    house.slack.wait_for(
        lambda: any("finished" in shown(each) for each in house.channel.roots[before:]), what="the scan"
    )


def on_schedule(house: House, process: Process) -> None:
    """Make the digest as the calendar does."""
    [job] = [each for each in process.calendar.jobs if each.name == "digest"]
    assert job.run(house.clock())


def test_a_digest_without_open_keys_says_so(house: House) -> None:
    house.key("payments/ledger", 365)
    with house.running():
        told = digest(house)
    assert "Every key that can rotate does so as it should" in told
    assert "100% compliant: 1 of 1 key that can rotate" in told
    assert "This is the first digest" in told


def test_a_digest_says_who_had_a_key_fixed_and_what_waits_for_approval(house: House) -> None:
    house.key("payments/card-vault")
    house.key("payments/settlement")
    with house.running():
        digest(house)
        message = house.ask(house.mara, "payments/card-vault")
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "Rotation is on")
        house.ask(house.mara, "payments/settlement")
        rescan(house)
        told = digest(house, 2)
    assert "Better than earlier today: 1 fixed" in told
    assert "Fixed through this bot: 1 – payments/card-vault (asked for by <@U0MARA>, approved by <@U0JONAS>)" in told
    assert "Waiting for approval: 1" in told
    assert "<@U0MARA> asks to enable rotation of payments/settlement – since" in told
    assert "First: decide on what waits for approval." in told


def test_a_digest_before_any_new_scan_claims_nothing_new(house: House) -> None:
    house.key()
    with house.running():
        digest(house)
        told = digest(house, 2)
    assert "No full scan has finished since earlier today" in told
    assert "Better" not in told


QUIET = {"line": ["line", "line"], "once": ["line", "nothing"], "full": ["full", "full"]}


@pytest.mark.parametrize("setting", QUIET)
def test_a_quiet_day_takes_a_line_and_is_recorded_all_the_same(house: House, setting: str) -> None:
    house.configure(CONFIGURATION.replace("[digest]", f'[digest]\nquiet = "{setting}"'))
    house.key("payments/card-vault")
    with house.running() as process:
        digest(house)
        for form in QUIET[setting]:
            before = len(digests(house))
            rescan(house)
            on_schedule(house, process)
            if form == "nothing":
                eventually(lambda: house.trail.newest(1)[0].act == Act.DIGEST_KEPT, "the digest's entry")
                continue
            house.slack.wait_for(lambda: len(digests(house)) > before, what="the digest")  # noqa: B023 - of this turn
            told = shown(digests(house)[-1])
            assert "Nothing new since earlier today" in told
            assert ("Enable rotation" in told) == (form == "full")
            assert "Record, entry and hash: " in told
            if form == "line":
                assert "1 key is open, for less than a day; 0% compliant." in told
        rescan(house)
        before = len(digests(house))
        assert "Enable rotation" in digest(house, before + 1), "whoever asks is shown all of it"
    assert house.trail.verify([]).holds
    made = [each for each in house.trail.newest(100) if each.act in {Act.DIGEST_POSTED, Act.DIGEST_KEPT}]
    assert len(made) == 4


def test_news_ends_the_quiet(house: House) -> None:
    house.key("payments/card-vault")
    with house.running() as process:
        digest(house)
        house.key("payments/brand-new")
        rescan(house)
        on_schedule(house, process)
        house.slack.wait_for(lambda: len(digests(house)) > 1, what="the digest")
        told = shown(digests(house)[-1])
    assert "Worse than earlier today: 1 new" in told
    assert told.count("Enable rotation") == 2


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
        rescan(house)
        told = digest(house, 2)
    assert "New: 1 – payments/brand-new" in told
    assert "Open again: 1 – payments/to-lapse" in told
    assert "Fixed outside of this bot: 1 – payments/to-fix" in told
    assert "Worse than earlier today, as far as could be read: 1 new, 1 open again, 1 fixed, 1 no longer" in told
    assert "First: enable rotation of payments/brand-new (new)." in told
    assert "No longer counted" in told
    assert "Open last time, not readable now: 1 – payments/to-hide" in told
    assert "kms:GetKeyRotationStatus is denied (by the key policy)" in told


def test_an_account_that_cannot_be_read_keeps_its_keys_from_being_called_fixed(house: House) -> None:
    house.key("payments/card-vault")
    with house.running():
        digest(house)
        house.aws.faults.remove_role(PAYMENTS, "KmsRotationAudit")
        rescan(house)
        told = digest(house, 2)
    assert "Fixed" not in told
    assert "Open last time, not readable now: 1" in told
    assert "Every key that can" not in told
    assert "No key was found, and not everything could be read" in told
    assert "Not everything could be read; since earlier today: nothing else is new" in told
    assert "First: look at what could not be read." in told


def test_keys_past_the_top_are_in_the_thread(house: House) -> None:
    house.configure(DAILY)
    for number in range(12):
        house.key(f"batch/key-{number:02}")
    with house.running():
        told = digest(house)
        root = house.channel.roots[-1]
        house.slack.wait_for(lambda: pages(house, root), what="the thread")
        (page,) = pages(house, root)
    assert "7 more open keys in the thread" in told
    assert [f"key-{number:02}" in told for number in range(12)] == [True] * 5 + [False] * 7
    assert [f"key-{number:02}" in shown(page) for number in range(12)] == [False] * 5 + [True] * 7


def test_a_thousand_open_keys_are_one_message_and_a_file_in_its_thread(house: House) -> None:
    for number in range(1000):
        house.key(f"batch/key-{number:04}")
    with house.running():
        told = digest(house)
        root = house.channel.roots[-1]
        house.slack.wait_for(lambda: pages(house, root), what="the thread")
        (reply,) = pages(house, root)
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
        rescan(house)
        assert "Open again: 1" in digest(house, 2)
        house.open_form(house.mara, lambda: house.mara.click(house.channel.roots[-1], text="Enable rotation"))


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
        rescan(house)
        digest(house, 2)
        house.slack.wait_for(lambda: len(room.roots) > 1, what="the team's second digest")
        assert "Fixed outside of this bot: 1 – payments/settlement" in shown(room.roots[1])
        assert "Better than earlier today: 1 fixed" in shown(room.roots[1])


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
