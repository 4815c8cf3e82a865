"""Digests that go to several channels, each by a schedule of its own: sent, previewed, told to owners, listed."""

from bot.models.trail import Act
from deploy.sandbox.slack.things import Message
from tests.app.house import CHANNEL, CONFIGURATION, House, eventually, house, shown
from tests.app.routed import (
    PAYMENTS_TEAM,
    ROOM,
    ROUTE,
    ROUTED,
    STAGGERED,
    acts,
    digests,
    tell_everybody_at_nine,
    until,
)

__all__ = ["house"]

# When


def test_each_digest_goes_out_by_its_own_schedule_and_once(house: House) -> None:
    house.configure(STAGGERED)
    house.key(tags=PAYMENTS_TEAM)
    with house.running() as process:
        tell_everybody_at_nine(house, process)
        assert digests(house, ROOM) == []
        until(house, 10)
        process.calendar.try_again()
        house.slack.wait_for(lambda: digests(house, ROOM), what="the team's digest")
    with house.running() as process:
        process.calendar.catch_up()
        process.calendar.try_again()
    assert (len(digests(house)), len(digests(house, ROOM))) == (1, 1)


def test_a_digest_that_was_due_while_the_bot_was_down_is_made_up_for_and_no_other(house: House) -> None:
    house.configure(STAGGERED)
    house.key(tags=PAYMENTS_TEAM)
    with house.running() as process:
        tell_everybody_at_nine(house, process)
    until(house, 11)
    with house.running() as process:
        process.calendar.catch_up()
        house.slack.wait_for(lambda: digests(house, ROOM), what="the team's digest")
    assert (len(digests(house)), len(digests(house, ROOM))) == (1, 1)


def test_a_route_that_is_given_a_name_goes_on_comparing_with_its_last_digest(house: House) -> None:
    house.configure(ROUTED.replace('name = "payments"\n', ""))
    house.key(tags=PAYMENTS_TEAM)
    with house.running():
        house.command(house.jonas, "digest team=payments")
        house.slack.wait_for(lambda: digests(house, ROOM), what="the first digest")
    house.configure(ROUTED)
    with house.running():
        house.command(house.jonas, "digest payments")
        house.slack.wait_for(lambda: len(digests(house, ROOM)) == 2, what="the second digest")
    first, second = map(shown, digests(house, ROOM))
    assert "first digest" in first
    assert "first digest" not in second


# Sent and previewed


def test_one_digest_is_sent_by_its_name_and_all_without_one(house: House) -> None:
    house.configure(ROUTED)
    house.key(tags=PAYMENTS_TEAM)
    with house.running():
        assert f"on its way to <#{ROOM}>" in sent(house, "digest Payments")
        house.slack.wait_for(lambda: digests(house, ROOM), what="the team's digest")
        assert digests(house) == []
        assert "2 digests are on their way" in sent(house, "digest")
        house.slack.wait_for(lambda: digests(house) and len(digests(house, ROOM)) == 2, what="both")
        told = house.command(house.jonas, "digest paymnets")
    assert "There is no digest “paymnets”. Did you mean “payments”?" in told
    assert acts(house, Act.DIGEST_POSTED) == 3


def sent(house: House, text: str) -> str:
    """What is answered, channels among it."""
    house.command(house.jonas, text)
    return house.jonas.ephemerals[-1].text


def test_the_digest_of_everything_says_which_parts_of_it_are_told_elsewhere_as_well(house: House) -> None:
    house.configure(ROUTED)
    house.key(tags=PAYMENTS_TEAM)
    with house.running():
        house.command(house.jonas, "digest")
        house.slack.wait_for(lambda: digests(house) and digests(house, ROOM), what="both digests")
    told = shown(digests(house)[0])
    assert "Told elsewhere as well" in told
    assert f"team=payments:\n<#{ROOM}>" in told
    assert "elsewhere" not in shown(digests(house, ROOM)[0])


def test_a_preview_is_for_one_persons_eyes_and_leaves_everything_as_it_was(house: House) -> None:
    house.configure(ROUTED)
    house.key(tags=PAYMENTS_TEAM)
    house.key("web/sessions")
    with house.running():
        before = house.trail.verify().entries
        told = house.command(house.jonas, "digest preview payments")
        message = house.jonas.ephemerals[-1]
        assert "Preview" in told
        assert "Only you see it; nothing was posted or kept." in told
        assert "payments/card-vault" in told
        assert "web/sessions" not in told
        assert "first digest" in told
        assert "Enable rotation" not in str(message.blocks)
        assert not [block for block in message.blocks if block["type"] == "actions"]
        assert house.trail.verify().entries == before
        assert (house.slack.channel(CHANNEL).roots, house.slack.channel(ROOM).roots) == ([], [])
        house.command(house.jonas, "digest payments")
        house.slack.wait_for(lambda: digests(house, ROOM), what="the digest itself")
    posted = shown(digests(house, ROOM)[0])
    assert "first digest" in posted
    previewed = {line.strip() for line in told.splitlines() if line.strip() and "review" not in line}
    assert previewed - {line.strip() for line in posted.splitlines()} == {"1 message more would be in its thread."}
    eventually(lambda: len(house.slack.channel(ROOM).messages) == 2, "the message in its thread")


def test_without_a_name_each_digest_is_previewed_and_past_three_one_is_to_be_chosen(house: House) -> None:
    house.configure(ROUTED)
    house.key(tags=PAYMENTS_TEAM)
    with house.running():
        before = len(house.jonas.ephemerals)
        house.jonas.slash("/kms-rotation digest preview", channel=CHANNEL)
        house.slack.wait_for(lambda: len(house.jonas.ephemerals) == before + 2, what="both previews")
    more = "".join(ROUTE.replace('"payments"', f'"{name}"') for name in ("web", "lake"))
    house.configure(f"{ROUTED}{more}")
    with house.running():
        told = house.command(house.jonas, "digest preview")
    assert "There are 4 digests: say which one to preview." in told
    assert all(name in told for name in ("default", "payments", "web", "lake"))


def test_who_may_not_send_a_digest_may_not_preview_it(house: House) -> None:
    house.key()
    with house.running():
        assert "Only people who may approve" in house.command(house.mara, "digest preview")
        assert "Only people who may approve" in house.command(house.mara, "digest default")


# Whose the keys are


OWNED = f'{CONFIGURATION}\n[owners]\ntags = ["owner", "team"]\n[owners.people]\npayments = "S0ONCALL"\n'


def owners_thread(house: House) -> list[Message]:
    """The replies to the digest that tell whose the keys are."""
    (root,) = digests(house)
    return [each for each in house.channel.thread(root.ts) if "Whose the open keys are" in shown(each)]


def test_the_thread_of_a_digest_mentions_owners_and_the_channel_does_not(house: House) -> None:
    house.configure(OWNED)
    for number in range(3):
        house.key(f"card/{number}", tags={"owner": "U0MARA"})
    house.key("card/shared", tags={"team": "payments"})
    house.key("card/old", tags={"owner": "U0LEFT"})
    house.key("card/data", tags={"owner": "data-team"})
    house.key("card/nobodys")
    with house.running():
        house.command(house.jonas, "digest")
        house.slack.wait_for(lambda: digests(house) and owners_thread(house), what="the owners in the thread")
    (reply,) = owners_thread(house)
    lines = shown(reply).splitlines()
    assert "<@U0MARA>: 3 keys – card/0, card/1, card/2" in lines
    assert any("usergroup" in str(block) and "S0ONCALL" in str(block) for block in reply.blocks)
    assert any(line.startswith("U0LEFT (that account was deactivated): 1 key – card/old") for line in lines)
    assert any(line.startswith("data-team (nobody in Slack goes by that): 1 key – card/data") for line in lines)
    assert any(line.startswith("No owner: 1 key – card/nobodys. Tag it with owner or team") for line in lines)
    assert not any(word in str(reply.blocks) + reply.text for word in ("<!channel>", "<!here>", "<!everyone>"))
    (root,) = digests(house)
    assert "user_id" not in str(root.blocks)
    assert "<@" not in str(root.blocks)
    assert "usergroup" not in str(root.blocks)


def test_owners_are_not_mentioned_where_the_configuration_says_so_or_nothing_is_open(house: House) -> None:
    house.configure(f"{CONFIGURATION}".replace("[digest]", "[digest]\nmention_owners = false"))
    house.key("card/a", tags={"owner": "U0MARA"})
    with house.running():
        house.command(house.jonas, "digest")
        house.slack.wait_for(lambda: digests(house), what="the digest")
    assert owners_thread(house) == []
    assert "user_id" not in str([each.blocks for each in house.channel.messages])


# Listed


def test_everybody_may_see_where_digests_go_and_when(house: House) -> None:
    house.configure(ROUTED)
    with house.running(scanned=False):
        told = house.command(house.mara, "routes")
        assert "default" in told
        assert "Keys that match team=payments" in told
        assert "Goes to" in told
