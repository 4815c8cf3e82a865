"""A channel takes no messages: they wait, whoever can mend it is told once, and told again when it works."""

import logging
from datetime import timedelta

import pytest

from bot.models.messages import MessageKind
from bot.store.troubles import TroubleStore
from deploy.sandbox.slack.driver import Room
from deploy.sandbox.slack.things import Message
from tests.app.house import CHANNEL, CONFIGURATION, House, eventually, house, shown

__all__ = ["house"]

KEY = "payments/card-vault"
OPEN = frozenset({"U0MARA", "U0JONAS", "U0AIKO", "U0PRIYA", "U0KMSBOT"})


def configure(house: House, fallback: str) -> None:
    house.configure(CONFIGURATION.replace("[slack]", f'[slack]\nfallback = "{fallback}"'))


def acts(house: House) -> list[str]:
    return [each.act for each in house.trail.newest(50) if each.act.startswith("CHANNEL_")]


def tries(house: House) -> int:
    return sum(call.method == "chat.postMessage" and call.args["channel"] == CHANNEL for call in house.slack.calls)


def wait(house: House, so_many: int) -> None:
    """Let the bot try so many times more."""
    until = tries(house) + so_many
    house.in_time(lambda: tries(house) >= until, "more tries")


@pytest.mark.parametrize(
    ("fields", "remedy"),
    [
        ({"is_archived": True}, "unarchive it"),
        ({"members": OPEN - {"U0KMSBOT"}}, "/invite @KMS rotation"),
        ({"members": OPEN - {"U0KMSBOT"}, "is_private": True}, "invite the bot"),
    ],
    ids=["archived", "left", "private now"],
)
def test_the_fallback_is_told_once_what_is_wrong_and_once_that_it_works_again(
    house: House, fields: dict[str, object], remedy: str
) -> None:
    configure(house, "C0PAYMENTS")
    house.key(KEY)
    fallback = house.slack.channel("C0PAYMENTS")
    with house.running():
        house.press_enable(house.mara, KEY)
        house.slack.state.change_channel(CHANNEL, **fields)
        house.mara.submit(house.mara.modal, {})
        house.slack.wait_for(lambda: fallback.roots, what="word of it")
        wait(house, 3)
        (word,) = fallback.roots
        assert remedy in shown(word)
        assert "1 request waits for it." in shown(word)
        assert f"<#{CHANNEL}>" in word.text
        house.slack.state.change_channel(CHANNEL, is_archived=False, is_private=False, members=OPEN)
        house.in_time(house.request_messages, "the request's message")
        house.in_time(lambda: fallback.thread(word.ts), "word that it works")
        assert [word.ts] == [each.ts for each in fallback.roots]
        (reply,) = fallback.thread(word.ts)
        eventually(lambda: "can post" in shown(fallback.message(word.ts)), "the first word to be brought up to date")
        assert "can post" in shown(reply)
    assert acts(house) == ["CHANNEL_BACK", "CHANNEL_LOST"]


def test_a_person_can_be_told_and_later_reads_that_it_works(house: House) -> None:
    configure(house, "U0PRIYA")
    house.key(KEY)
    with house.running():
        house.press_enable(house.mara, KEY)
        house.slack.state.change_channel(CHANNEL, is_archived=True)
        house.mara.submit(house.mara.modal, {})
        direct = Room(house.slack.state, house.slack.state.direct_channel("U0PRIYA").id)
        house.slack.wait_for(lambda: direct.roots, what="word of it")
        house.slack.state.change_channel(CHANNEL, is_archived=False)
        house.in_time(lambda: direct.thread(direct.roots[0].ts), "word that it works")
        house.in_time(lambda: "can post" in shown(direct.roots[0]), "the first word brought up to date")


def test_without_a_fallback_the_trouble_is_known_and_the_log_says_it_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.key(KEY)
    with house.running(), caplog.at_level(logging.ERROR, "bot.setbacks"):
        house.press_enable(house.mara, KEY)
        house.slack.state.change_channel(CHANNEL, is_archived=True)
        house.mara.submit(house.mara.modal, {})
        wait(house, 3)
        (trouble,) = TroubleStore(house.database).lasting()
    assert (trouble.channel, trouble.code, trouble.waiting) == (CHANNEL, "is_archived", {MessageKind.REQUEST: 1})
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [f"Messages for {CHANNEL} wait"]


def test_a_fallback_that_takes_no_messages_itself_is_told_of_to_nobody_and_waited_for(house: House) -> None:
    configure(house, "C0PAYMENTS")
    house.key(KEY)
    fallback = house.slack.channel("C0PAYMENTS")
    with house.running():
        house.press_enable(house.mara, KEY)
        for channel in (CHANNEL, "C0PAYMENTS"):
            house.slack.state.change_channel(channel, is_archived=True)
        house.mara.submit(house.mara.modal, {})
        eventually(lambda: len(TroubleStore(house.database).lasting()) == 2, "both troubles")
        wait(house, 2)
        house.slack.state.change_channel("C0PAYMENTS", is_archived=False)
        house.in_time(lambda: fallback.roots, "word of the first")
        eventually(lambda: acts(house).count("CHANNEL_BACK"), "the end of the second")
        assert [f"<#{CHANNEL}>" in each.text for each in fallback.roots] == [True]


def test_the_digest_of_another_channel_goes_out_while_one_takes_none(house: House) -> None:
    route = '[[digest.route]]\nmatch = { account = "prod-*" }\nchannel = "C0PAYMENTS"\n'
    house.configure(f"{CONFIGURATION}\n{route}")
    house.key(KEY)
    room = house.slack.channel("C0PAYMENTS")
    with house.running():
        house.slack.state.change_channel(CHANNEL, is_archived=True)
        house.jonas.slash("/kms-rotation digest", channel="C0PAYMENTS")
        house.slack.wait_for(lambda: room.roots, what="the other channel's digest")
        house.slack.state.change_channel(CHANNEL, is_archived=False)
        house.in_time(lambda: digests(house), "the digest that waited")
        assert len(digests(house)) == 1


def test_a_channel_that_slack_wants_left_alone_holds_up_no_other(house: House) -> None:
    route = '[[digest.route]]\nmatch = { account = "prod-*" }\nchannel = "C0PAYMENTS"\n'
    house.configure(f"{CONFIGURATION}\n{route}")
    house.key(KEY)
    rooms = [house.slack.channel(channel) for channel in (CHANNEL, "C0PAYMENTS")]
    with house.running():
        house.slack.faults.rate_limit_next("chat.postMessage", retry_after=1800)
        house.jonas.slash("/kms-rotation digest", channel=CHANNEL)
        (first,) = eventually(lambda: [room for room in rooms if room.roots], "one of the digests")
        (resting,) = [room for room in rooms if room is not first]
        house.clock.ahead += timedelta(minutes=20)
        house.jonas.slash("/kms-rotation digest", channel=CHANNEL)
        house.slack.wait_for(lambda: len(first.roots) == 2, what="the other channel's next digest")
        assert resting.roots == []
        house.clock.ahead += timedelta(minutes=11)
        house.slack.wait_for(lambda: len(resting.roots) == 2, what="what waited")


def digests(house: House) -> list[Message]:
    return [each for each in house.channel.roots if each.text.startswith("KMS key rotation")]
