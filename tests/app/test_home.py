"""The Home tab: what waits for whoever opens it, what is theirs, and what they may set off."""

from datetime import timedelta

import pytest
from slack_sdk import WebClient

from bot.models.messages import Block
from bot.models.requests import RequestState
from bot.models.slack import SlackFailure, SlackFailureKind
from bot.models.trail import Act
from bot.views.home import NONE_OF_YOURS, ON_ITS_WAY
from bot.views.home_requests import NOTHING_WAITS
from handlers.tabs import Tabs
from tests.app.home_tab import changed, labels, now, opened, says, shown_hash
from tests.app.house import CHANNEL, CONFIGURATION, House, eventually, house, shown

__all__ = ["house"]

KEY = "payments/card-vault"


def test_the_home_tab_shows_the_posture_and_what_others_wait_for(house: House) -> None:
    house.key()
    with house.running():
        house.ask(house.mara, KEY)
        told = opened(house, house.slack.person("U0PRIYA")).visible_text
    assert "1 key does not rotate as it should" in told
    assert NOTHING_WAITS in told
    assert "Other open requests" in told
    assert "Go to the request" in told
    assert "The last scans" in told


def test_somebody_who_may_approve_decides_on_the_tab_and_sees_it_gone(house: House) -> None:
    arn = house.key()
    with house.running():
        house.ask(house.mara, KEY)
        view = opened(house, house.jonas)
        assert "Waiting for you: 1 request" in view.visible_text
        house.jonas.click(view, text="Approve")
        after = says(house, house.jonas, NOTHING_WAITS)
        assert house.settled().state is RequestState.DONE
        assert "Waiting for you" not in after.visible_text
    assert house.rotates(arn)


def test_a_request_is_denied_on_the_tab(house: House) -> None:
    arn = house.key()
    with house.running():
        message = house.ask(house.mara, KEY)
        house.jonas.click(opened(house, house.jonas), text="Deny")
        house.until_shown(message, "Denied")
        says(house, house.jonas, NOTHING_WAITS)
    assert not house.rotates(arn)


def test_an_act_on_a_tab_that_another_process_has_shown_is_seen_there_as_well(house: House) -> None:
    house.key()
    with house.running():
        house.ask(house.mara, KEY)
        view = opened(house, house.jonas)
    with house.running():
        house.jonas.click(view, text="Deny")
        says(house, house.jonas, NOTHING_WAITS)


def test_what_somebody_does_elsewhere_is_seen_on_the_tab_that_another_process_has_shown(house: House) -> None:
    house.key()
    with house.running():
        assert "You asked for" not in opened(house, house.jonas).visible_text
    with house.running():
        house.ask(house.jonas, KEY)
        says(house, house.jonas, "You asked for")


def test_whoever_asked_sees_their_request_and_no_button_to_approve_it(house: House) -> None:
    house.key()
    with house.running():
        house.ask(house.jonas, KEY)
        view = opened(house, house.jonas)
    assert "You asked for" in view.visible_text
    assert NOTHING_WAITS in view.visible_text
    assert "Approve" not in labels(view)


def test_a_button_of_an_old_tab_lets_nobody_do_more_than_they_may(house: House) -> None:
    arn = house.key()
    with house.running():
        house.ask(house.mara, KEY)
        pressed = house.jonas.click(opened(house, house.jonas), text="Deny")
        house.settled()
        assert pressed is not None
        again = house.ask(house.mara, KEY)
        request = next(each for each in house.requests.in_state(*RequestState) if each.is_open)
        body = {**pressed.payload, "user": {**pressed.payload["user"], "id": "U0MARA"}}
        body["actions"] = [{**pressed.payload["actions"][0], "action_id": f"approve_request:{request.id}"}]
        body["actions"][0]["value"] = request.id
        house.mara.replay(body)
        eventually(lambda: house.mara.direct_messages, "the refusal")
        assert "somebody else has to approve it" in shown(house.mara.direct_messages[-1])
        assert "Waiting for 1 approval" in shown(house.now(again))
    assert not house.rotates(arn)


def test_keys_that_name_somebody_or_their_group_as_owner_are_theirs(house: House) -> None:
    house.key("payments/mine", tags={"owner": "U0PRIYA"})
    house.key("payments/ours", tags={"Team": "on-call crew"})
    house.key("payments/theirs", tags={"owner": "U0JONAS"})
    house.key("payments/mine-and-fine", rotation=365, tags={"owner": "U0PRIYA"})
    house.configure(CONFIGURATION + '\n[owners.people]\n"on-call crew" = "S0ONCALL"\n')
    with house.running():
        told = opened(house, house.slack.person("U0PRIYA")).visible_text
        others = opened(house, house.slack.person("U0AIKO")).visible_text
    mine = told[told.index("Yours") : told.index("The last scans")]
    assert "Yours: 2 open keys" in mine
    assert "payments/mine\n" in mine
    assert "payments/ours" in mine
    assert "payments/theirs" not in mine
    assert NONE_OF_YOURS in others


def test_those_who_may_approve_set_off_a_scan_a_digest_and_its_preview(house: House) -> None:
    house.key()
    with house.running():
        view = opened(house, house.jonas)
        assert {"Scan now", "Digest now", "Preview digest", "Edit the digest …"} <= set(labels(view))
        house.key("payments/new")
        house.jonas.click(view, text="Scan now")
        eventually(
            lambda: any("2 keys do not rotate" in shown(each) for each in house.jonas.direct_messages), "the scan"
        )
        says(house, house.jonas, "2 keys do not rotate")
        before = len(house.channel.roots)
        house.jonas.click(now(house.jonas), text="Preview digest")
        eventually(lambda: any("Preview" in shown(each) for each in house.jonas.direct_messages), "the preview")
        assert len(house.channel.roots) == before
        house.jonas.click(now(house.jonas), text="Digest now")
        eventually(lambda: len(house.channel.roots) > before, "the digest")


@pytest.mark.parametrize("who", ["U0MARA", "U0GUEST"])
def test_nobody_else_is_offered_them_and_a_forged_click_is_refused_on_record(house: House, who: str) -> None:
    house.key()
    with house.running():
        person = house.slack.person(who)
        assert not {"Scan now", "Digest now", "Preview digest"} & set(labels(opened(house, person)))
        pressed = house.jonas.click(opened(house, house.jonas), text="Scan now")
        assert pressed is not None
        body = {**pressed.payload, "user": {**pressed.payload["user"], "id": who, "team_id": person.profile.team_id}}
        for name in ("home_scan", "home_digest", "home_preview"):
            person.replay({**body, "actions": [{**body["actions"][0], "action_id": name}]})
        eventually(lambda: _refusals(house, who) == 3, "the refusals")


def test_a_guest_may_look_and_a_stranger_may_not(house: House) -> None:
    house.key()
    with house.running():
        guest, stranger = house.slack.person("U0GUEST"), house.slack.person("U0ELSE")
        assert "1 key does not rotate" in opened(house, guest).visible_text
        payload = guest.open_home().payload
        event = {name: value for name, value in payload["event"].items() if name != "view"} | {"user": stranger.id}
        guest.replay({**payload, "event": event}, kind="events_api")
        told = changed(house, stranger, "").visible_text
    assert "Only people of this workspace" in told
    assert "1 key" not in told


def test_while_slack_does_not_say_who_is_in_a_group_the_tab_says_so(house: House) -> None:
    house.key()
    with house.running():
        house.ask(house.mara, KEY)
        house.slack.faults.error_next("usergroups.users.list", "internal_error", times=50)
        told = opened(house, house.slack.person("U0AIKO")).visible_text
        assert "so it is not known what you may approve" in told
        house.slack.faults.clear()
        assert "Waiting for you: 1 request" in opened(house, house.slack.person("U0AIKO")).visible_text


def test_whom_nobody_knows_is_shown_nothing(house: House) -> None:
    house.key()
    with house.running():
        house.slack.faults.error_next("users.info", "internal_error", times=50)
        told = opened(house, house.aiko).visible_text
    assert "Slack does not say who you are" in told
    assert "1 key" not in told


def test_an_empty_house_is_pleasant(house: House) -> None:
    house.key(rotation=365)
    with house.running():
        told = opened(house, house.mara).visible_text
    assert NOTHING_WAITS in told
    assert NONE_OF_YOURS in told
    assert "Exemptions" not in told


def test_a_blank_tab_says_at_once_that_more_is_on_its_way(house: House) -> None:
    house.key()
    with house.running():
        opened(house, house.mara)
        views = [call for call in house.slack.calls if call.method == "views.publish"]
    assert ON_ITS_WAY in str(views[0].args)
    assert len(views) == 2


def test_an_opening_that_was_overtaken_shows_what_is_true_now(house: House) -> None:
    """The old event names a rendering that is gone; what is known by now is shown, and nothing older."""
    house.key()
    with house.running():
        opened(house, house.jonas)
        before = shown_hash(house.jonas)
        old = house.jonas.open_home().payload
        changed(house, house.jonas, before)
        house.ask(house.mara, KEY)
        opened(house, house.jonas)
        says(house, house.jonas, "Waiting for you: 1 request")
        before = shown_hash(house.jonas)
        house.jonas.replay(old, kind="events_api")
        assert "Waiting for you: 1 request" in changed(house, house.jonas, before).visible_text


def test_what_another_process_has_shown_meanwhile_stays(house: House) -> None:
    house.key()
    theirs = {"type": "home", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Newer"}}]}
    with house.running() as process:
        opened(house, house.jonas)
        old = house.jonas.open_home().payload
        process.crews.looking.wait(30)
        other = WebClient(house.environ["SLACK_BOT_TOKEN"], base_url=house.environ["SLACK_API_URL"])
        other.views_publish(user_id="U0JONAS", view=theirs)
        house.jonas.replay(old, kind="events_api")
        process.crews.looking.wait(30)
        assert now(house.jonas).visible_text == "Newer"
        assert "1 key does not rotate" in opened(house, house.jonas).visible_text


class Tab:
    """One tab as Slack keeps it: whoever names a hash that is not the present one is refused."""

    def __init__(self) -> None:
        self.hash, self.shown, self.calls = "h0", "", 0

    def publish(self, _user: str, view: Block, known: str) -> str | SlackFailure:
        self.calls += 1
        if known and known != self.hash:
            return SlackFailure(SlackFailureKind.REFUSED, "hash_conflict")
        self.hash, self.shown = f"h{self.calls}", str(view["says"])
        return self.hash


class Shown(dict[str, str]):
    """What our processes have shown."""

    def shown_to(self, user: str) -> str:
        return self.get(user, "")

    def keep(self, user: str, shown: str) -> None:
        self[user] = shown


class Made:
    """Counts how often a rendering is made."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Block:
        self.times += 1
        return {"says": f"ours, {self.times}"}


@pytest.fixture
def tab() -> Tab:
    return Tab()


@pytest.mark.parametrize(
    ("seen", "before", "says_then", "made"),
    [
        ("", (), "ours, 1", 1),
        ("h0", (), "ours, 1", 1),
        ("h0", ("ours",), "ours, 2", 2),  # the event is older than what we showed: made anew, and shown
        ("", ("ours",), "ours, 1", 1),
        ("h0", ("ours", "theirs"), "theirs", 2),
        ("", ("ours", "theirs"), "theirs", 1),
        ("h-old", ("theirs",), "theirs", 1),
    ],
)
def test_nothing_takes_the_place_of_what_we_did_not_see(
    tab: Tab, seen: str, before: tuple[str, ...], says_then: str, made: int
) -> None:
    tabs, make = Tabs(tab.publish, Shown()), Made()
    if "ours" in before:
        tabs.show("U1", lambda: {"says": "before"})
    if "theirs" in before:
        tab.publish("U1", {"says": "theirs"}, tab.hash)
    tabs.show("U1", make, seen)
    assert (tab.shown, make.times) == (says_then, made)


@pytest.mark.parametrize("seen", ["", "h0", "h-old"])
def test_what_another_process_of_ours_has_shown_gives_way_to_what_is_made_after_it(tab: Tab, seen: str) -> None:
    shown = Shown()
    ours, theirs, make = Tabs(tab.publish, shown), Tabs(tab.publish, shown), Made()
    ours.show("U1", lambda: {"says": "before"})
    theirs.show("U1", lambda: {"says": "theirs"})
    ours.show("U1", make, seen)
    assert tab.shown == f"ours, {make.times}"


def test_the_last_scans_are_told_with_what_they_could_not_read(house: House) -> None:
    house.aws.world.account("222222222222", "legacy-erp", roles=False)
    house.key()
    with house.running():
        house.clock.ahead += timedelta(minutes=5)
        house.jonas.slash("/kms-rotation scan account=prod-*", channel=CHANNEL)
        eventually(lambda: house.scans.running() == [] and _narrowed(house), "the narrowed scan")
        told = opened(house, house.mara).visible_text
    last = told[told.index("The last scans") :]
    narrowed, whole = last.split("1 key", 1)
    assert "of account=prod-*" in narrowed
    assert "1 account or Region could not be read" in whole


def _refusals(house: House, who: str) -> int:
    return sum((each.act, each.actor) == (Act.REFUSED, who) for each in house.trail.newest(100))


def _narrowed(house: House) -> bool:
    return any(each.act == Act.SCAN_FINISHED and '"account=prod-*"' in each.details for each in house.trail.newest(20))
