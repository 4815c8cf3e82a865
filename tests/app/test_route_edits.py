"""Where digests go and when, edited in Slack: it holds at once, and what cannot be read any more holds up nothing."""

import logging
from datetime import datetime

import pytest

from bot.models.routes import RouteEdit, RouteTerms
from bot.models.trail import Act, Entry
from bot.store.route_edits import RouteEdits
from tests.app.house import CHANNEL, House, eventually, house, shown
from tests.app.routed import PAYMENTS_TEAM, ROOM, ROUTE, ROUTED, STAGGERED, acts, digests, looked, until

__all__ = ["house"]


def open_modal(house: House, who: str = "jonas", digest: str = "payments") -> None:
    person = getattr(house, who)
    house.command(person, "routes")
    house.open_form(person, lambda: person.choose(person.ephemerals[-1], digest, action_id="edit_route"))


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
    house.configure(STAGGERED)
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
    house.configure(STAGGERED)
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
    second = ROUTE.replace(ROOM, CHANNEL).replace('name = "payments"', 'name = "second"')
    house.configure(f"{ROUTED}{second}")
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


# What cannot be read any more


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        (RouteTerms(None, "0 12 * * *", "Asia/Atlantis"), "“Asia/Atlantis” is not a time zone."),
        (RouteTerms(None, "0 12 * * fryday", None), "In the day of week field “fryday” is not a number"),
    ],
    ids=["a time zone that is gone", "a schedule of another version"],
)
def test_an_edit_that_cannot_be_read_any_more_holds_up_nothing_and_is_told(
    house: House, caplog: pytest.LogCaptureFixture, terms: RouteTerms, why: str
) -> None:
    house.configure(STAGGERED)
    house.key(tags=PAYMENTS_TEAM)
    with house.running() as process:
        names = [job.name for job in process.calendar.jobs]
        route = names[2].removeprefix("digest ")
    edit = RouteEdit(route, terms, "U0JONAS", house.clock())
    assert RouteEdits(house.database).put(edit, None, Entry(edit.edited_at, "U0JONAS", Act.ROUTE_EDITED, "payments"))
    with caplog.at_level(logging.WARNING, "bot.routing"), house.running() as process:
        assert [(job.name, job.line) for job in process.calendar.jobs][1:] == [
            ("digest", "0 9 * * *"),
            (names[2], "0 10 * * *"),
        ]
        assert str(process.calendar.jobs[2].zone) == "UTC"
        assert why in house.command(house.mara, "routes")
        house.command(house.jonas, "digest payments")
        house.slack.wait_for(lambda: digests(house, ROOM), what="the digest")
        open_modal(house)
        assert "Saved." in save(house)
        assert why not in house.command(house.mara, "routes")
    told = [record.getMessage() for record in caplog.records if record.name == "bot.routing"]
    assert len(told) == 1
    assert "When the digest “payments” goes out was edited in Slack" in told[0]
    assert why in told[0]
    assert acts(house, Act.ROUTE_EDITED) == 2
