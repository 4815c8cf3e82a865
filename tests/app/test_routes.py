"""Digests that go to several channels, each by a schedule of its own: sent, previewed, told to owners, edited."""

from datetime import datetime, timedelta

from bot.models.trail import Act
from bot.process import Process
from deploy.sandbox.slack.things import Message
from tests.app.house import CHANNEL, CONFIGURATION, House, eventually, house, shown

__all__ = ["house"]

ROOM = "C0PAYMENTS"
ROUTE = f'[[digest.route]]\nname = "payments"\nmatch = {{ team = "payments" }}\nchannel = "{ROOM}"\n'
NAME, SECOND = 'name = "payments"', 'name = "second"'
ROUTED = f"{CONFIGURATION}\n{ROUTE}"
AT_NINE = CONFIGURATION.replace('[digest]\nschedule = "0 0 1 1 *"', '[digest]\nschedule = "0 9 * * *"')
PAYMENTS_TEAM = {"team": "payments"}


def digests(house: House, channel: str = CHANNEL) -> list[Message]:
    return [each for each in house.slack.channel(channel).roots if each.text.startswith("KMS key rotation")]


def acts(house: House, act: Act) -> int:
    return [entry.act for entry in house.trail.newest(200)].count(act)


def looked(house: House, process: Process) -> None:
    eventually(lambda: process.calendar.firings.ever("digest"), "the first look at the calendar")
    eventually(lambda: process.calendar.firings.ever(process.calendar.jobs[-1].name), "the look at the last job")


def until(house: House, hour: int, minute: int = 1) -> None:
    """Let it be a time of day, tomorrow if that is over."""
    now = house.clock()
    wanted = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    house.clock.ahead += wanted - now + (timedelta(days=1) if wanted <= now else timedelta(0))


# When


def test_each_digest_goes_out_by_its_own_schedule_and_once(house: House) -> None:
    house.configure(f'{AT_NINE}\n{ROUTE}schedule = "0 10 * * *"\n')
    house.key(tags=PAYMENTS_TEAM)
    with house.running() as process:
        looked(house, process)
        until(house, 9)
        process.calendar.try_again()
        house.slack.wait_for(lambda: digests(house), what="the digest of everything")
        assert digests(house, ROOM) == []
        until(house, 10)
        process.calendar.try_again()
        house.slack.wait_for(lambda: digests(house, ROOM), what="the team's digest")
    with house.running() as process:
        process.calendar.catch_up()
        process.calendar.try_again()
    assert (len(digests(house)), len(digests(house, ROOM))) == (1, 1)


def test_a_digest_that_was_due_while_the_bot_was_down_is_made_up_for_and_no_other(house: House) -> None:
    house.configure(f'{AT_NINE}\n{ROUTE}schedule = "0 10 * * *"\n')
    house.key(tags=PAYMENTS_TEAM)
    with house.running() as process:
        looked(house, process)
        until(house, 9)
        process.calendar.try_again()
        house.slack.wait_for(lambda: digests(house), what="the digest of everything")
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


# Edited in Slack


def open_modal(house: House, who: str = "jonas", digest: str = "payments") -> None:
    person = getattr(house, who)
    house.command(person, "routes")
    person.choose(person.ephemerals[-1], digest, action_id="edit_route")
    house.slack.wait_for(lambda: person.modals, what="the form")


def save(house: House, who: str = "jonas", **entered: str) -> str:
    """Submit the form, and read what it turns into."""
    person = getattr(house, who)
    names = {"channel": ("channel", "chosen"), "schedule": ("schedule", "line"), "timezone": ("timezone", "zone")}
    values = {names[name][0]: {names[name][1]: value} for name, value in entered.items()}
    person.submit(person.modal, values)
    house.slack.wait_for(lambda: person.modals and "Asking Slack" not in person.modal.visible_text, what="an answer")
    told = str(person.modal.visible_text)
    person.close(person.modal, all_of_them=True)
    return told


def test_a_digest_goes_where_it_was_edited_to_without_a_restart_and_after_one(house: House) -> None:
    house.configure(f'{AT_NINE}\n{ROUTE}schedule = "0 10 * * *"\n')
    house.key(tags=PAYMENTS_TEAM)
    with house.running() as process:
        house.command(house.jonas, "digest payments")
        house.slack.wait_for(lambda: digests(house, ROOM), what="the first digest")
        open_modal(house)
        told = save(house, channel=CHANNEL, schedule="30 12 * * *", timezone="Asia/Tokyo")
        assert "Saved." in told
        assert "30 12 * * *" in told
        house.command(house.jonas, "digest payments")
        house.slack.wait_for(lambda: digests(house), what="the digest in the other channel")
        assert "first digest" not in shown(digests(house)[0])
        job = process.calendar.jobs[2]
        assert (job.line, str(job.zone)) == ("30 12 * * *", "Asia/Tokyo")
    with house.running() as process:
        assert process.calendar.jobs[2].line == "30 12 * * *"
        listed = house.command(house.mara, "routes")
        assert "Edited in Slack by <@U0JONAS>" in listed
        history = house.command(house.mara, "history")
    assert "edited where a digest goes and when" in history
    assert (
        f"payments (channel {ROOM} → {CHANNEL}; schedule 0 10 * * * → 30 12 * * *; time zone UTC → Asia/Tokyo"
        in history
    )
    assert len(digests(house, ROOM)) == 1
    assert house.trail.verify().holds


def test_an_edited_schedule_is_what_the_scheduler_fires_by(house: House) -> None:
    house.configure(f'{AT_NINE}\n{ROUTE}schedule = "0 10 * * *"\n')
    house.key(tags=PAYMENTS_TEAM)
    with house.running() as process:
        looked(house, process)
        until(house, 9)
        open_modal(house)
        save(house, schedule="0 12 * * *")
        until(house, 10)
        process.calendar.try_again()
        until(house, 12)
        process.calendar.try_again()
        house.slack.wait_for(lambda: digests(house, ROOM), what="the digest at noon")
    (posted,) = [
        entry for entry in house.trail.newest(50) if "payments" in entry.details or entry.act == "DIGEST_POSTED"
    ][:1]
    assert datetime.fromisoformat(posted.at).hour == 12
    assert len(digests(house, ROOM)) == 1


def test_what_was_edited_can_be_put_back_to_what_the_file_says(house: House) -> None:
    house.configure(ROUTED)
    house.key(tags=PAYMENTS_TEAM)
    with house.running() as process:
        open_modal(house)
        save(house, schedule="0 12 * * *")
        open_modal(house)
        house.jonas.submit(house.jonas.modal, {"back": {"ticked": ["file"]}})
        house.slack.wait_for(lambda: "Saved." in str(house.jonas.modal.visible_text), what="the answer")
        assert process.calendar.jobs[2].line == "0 0 1 1 *"
        assert "Edited in Slack" not in house.command(house.mara, "routes")
    assert acts(house, Act.ROUTE_EDITED) == 2


def test_a_schedule_that_is_none_is_refused_below_its_field(house: House) -> None:
    house.configure(ROUTED)
    refused = (
        ("schedule", "line", "0 9 * *", "has 4"),
        ("schedule", "line", "99 * * * *", "not between 0 and 59"),
        ("timezone", "zone", "Europe/Berlim", "Did you mean Europe/Berlin?"),
    )
    with house.running(scanned=False):
        open_modal(house)
        for block, name, text, words in refused:
            house.jonas.submit(house.jonas.modal, {block: {name: text}})
            assert words in house.jonas.modal.errors[block]
    assert acts(house, Act.ROUTE_EDITED) == 0


def test_what_may_not_be_is_refused_and_nothing_is_changed(house: House) -> None:
    house.configure(ROUTED)
    house.key(tags=PAYMENTS_TEAM)
    with house.running() as process:
        open_modal(house)
        assert "The bot is not in #general" in save(house, channel="C0GENERAL")
        open_modal(house)
        assert "Nothing was changed: it is like that already." in save(house)
        assert "Edit a digest" not in str(shown_to(house, "mara"))
        assert process.calendar.jobs[2].line == "0 0 1 1 *"
    assert acts(house, Act.ROUTE_EDITED) == 0


def test_two_digests_may_not_be_edited_to_tell_one_channel_of_the_same_keys(house: House) -> None:
    house.configure(f"{CONFIGURATION}\n{ROUTE}{ROUTE.replace(ROOM, CHANNEL).replace(NAME, SECOND)}")
    with house.running(scanned=False):
        open_modal(house)
        told = save(house, channel=CHANNEL)
        assert "“second”" in told
        assert "tells that channel of the same keys already." in told
    assert acts(house, Act.ROUTE_EDITED) == 0


def shown_to(house: House, who: str) -> object:
    house.command(getattr(house, who), "routes")
    return getattr(house, who).ephemerals[-1].blocks


def test_who_may_approve_nothing_edits_nothing_even_with_the_form_of_somebody_else(house: House) -> None:
    house.configure(ROUTED)
    house.key(tags=PAYMENTS_TEAM)
    with house.running() as process:
        open_modal(house)
        delivery = house.jonas.submit(house.jonas.modal, {"schedule": {"line": "0 12 * * *"}})
        assert delivery is not None
        eventually(lambda: acts(house, Act.ROUTE_EDITED) == 1, "his edit")
        seen = house.jonas.modal.private_metadata.partition("\n")[0]
        stolen = {**delivery.payload, "user": {**delivery.payload["user"], "id": "U0MARA"}}
        house.mara.replay({**stolen, "view": {**stolen["view"], "private_metadata": f"{seen}\n"}})
        eventually(lambda: acts(house, Act.REFUSED) == 1, "the refusal")
        assert process.calendar.jobs[2].line == "0 12 * * *"
    assert acts(house, Act.ROUTE_EDITED) == 1


def test_of_two_who_edit_at_once_the_second_is_told_of_the_first(house: House) -> None:
    house.configure(ROUTED)
    house.key(tags=PAYMENTS_TEAM)
    with house.running() as process:
        open_modal(house)
        open_modal(house, "aiko")
        assert "Saved." in save(house, schedule="0 12 * * *")
        assert "edited this digest meanwhile" in save(house, "aiko", schedule="0 13 * * *")
        assert process.calendar.jobs[2].line == "0 12 * * *"
    assert acts(house, Act.ROUTE_EDITED) == 1


def test_everybody_may_see_where_digests_go_and_when(house: House) -> None:
    house.configure(ROUTED)
    with house.running(scanned=False):
        told = house.command(house.mara, "routes")
        assert "default" in told
        assert "Keys that match team=payments" in told
        assert "Goes to" in told
