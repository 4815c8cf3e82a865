"""A thousand people press Approve at once, in Slack, with the real bot: the key is changed once."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import monotonic

import pytest
from slack_sdk import WebClient
from slack_sdk.http_retry import RateLimitErrorRetryHandler

from bot.models.requests import RequestState
from deploy.sandbox.aws import AwsServer
from deploy.sandbox.slack import SlackServer, acting
from deploy.sandbox.slack.clock import Clock
from deploy.sandbox.slack.delivery import Delivery, Outcome
from deploy.sandbox.slack.people import Group, Person
from deploy.sandbox.slack.sockets import ACK_SECONDS
from deploy.sandbox.slack.things import Message
from deploy.sandbox.slack.workspace import Workspace, default_workspace
from tests.app.house import CONFIGURATION, PAYMENTS, House, eventually, shown
from tests.app.lives import Life, end_all_lives
from tests.store.databases import MakeUrl

Record = Callable[[str, object], None]

THOUSAND = 1000
KEY = "payments/card-vault"
MOST_SECONDS = 90
GROUP_READS_A_MINUTE, LEFT = 20, 5
"""https://docs.slack.dev/reference/methods/usergroups.users.list"""
CROWD = tuple(Person(f"U{number:04}", f"Approver {number}", f"approver{number}") for number in range(THOUSAND))


def crowded() -> Workspace:
    """Northwind, with a thousand key administrators in the channel."""
    usual, ids = default_workspace(), tuple(person.id for person in CROWD)
    everywhere = tuple(replace(channel, members=channel.members | set(ids)) for channel in usual.channels)
    groups = (Group("S0KEYADMINS", "key-admins", "Key administrators", ids),)
    return replace(usual, people=(*usual.people, *CROWD), groups=groups, channels=everywhere)


class Noon(Clock):
    """Slack's clock stands still: what one minute allows is all there is."""

    def __init__(self) -> None:
        super().__init__()
        self._noon = super().now()

    def now(self) -> float:
        return self._noon


@pytest.fixture
def house(tmp_path: Path, make_url: MakeUrl, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with AwsServer(seed=False) as aws, SlackServer(crowded(), clock=Noon()) as slack:
        aws.world.account(PAYMENTS, "prod-payments")
        for name, value in aws.environment(least_privilege=True).items():
            monkeypatch.setenv(name, value)
        slack.sockets.ack_seconds = MOST_SECONDS  # how many are acked in Slack's three is measured, not demanded
        made = House(aws, slack, tmp_path, make_url("migrated"))
        made.configure()
        made.key(KEY)
        yield made
        end_all_lives()
        made.database.close()


def everybody_approves(house: House, message: Message) -> list[Delivery]:
    """Have all clicks at hand, and send them in one go."""
    button = acting.find_element(message.blocks, acting.Wanted(text="Approve"))
    clicks = [acting.on_message(house.slack.state, person.id, message, button, None) for person in CROWD]
    return [house.slack.send(click, wait=False) for click in clicks]


def told(house: House) -> dict[str, list[str]]:
    """What each of them was told."""
    with house.slack.state.lock:
        everything = [message for room in house.slack.state.messages.values() for message in room.values()]
    heard: dict[str, list[str]] = {person.id: [] for person in CROWD}
    for message in everything:
        if message.ephemeral_for in heard:
            heard[message.ephemeral_for].append(shown(message).strip())
    return heard


def told_all_but(house: House, counted: int) -> dict[str, list[str]]:
    """What each of them was told, once all have heard something but so many; to look takes time from the bot."""

    def heard() -> dict[str, list[str]] | None:
        words = told(house)
        return words if sum(map(bool, words.values())) >= THOUSAND - counted else None

    return eventually(heard, "a word to everybody who was not counted", MOST_SECONDS, every=0.25)


def test_a_thousand_clicks_at_once_change_the_key_once(house: House, record_property: Record) -> None:
    life = Life(house)
    house.slack.wait_for_bot()
    eventually(house.scans.current, "the first scan")
    message = house.ask(house.mara, KEY)
    began = monotonic()
    clicks = everybody_approves(house, message)
    eventually(lambda: all(click.settled for click in clicks), "the acks", MOST_SECONDS)
    house.settled()
    changed = monotonic() - began
    words = told_all_but(house, 1)
    seconds = sorted(click.seconds for click in clicks if click.seconds is not None)
    record_property("acked in time", sum(each <= ACK_SECONDS for each in seconds))
    record_property("acked after", f"{median(seconds):.2f} s (median), {seconds[-1]:.2f} s (last)")
    record_property("changed after", f"{changed:.1f} s")
    record_property("all told after", f"{monotonic() - began:.1f} s")
    house.until_shown(message, "Rotation is on")
    life.end()

    (first,) = house.request().approvers
    assert len(house.enable_calls) == 1
    assert {click.outcome for click in clicks} == {Outcome.ACKED}
    too_late = f"This request was approved already, by <@{first}>. Nothing was changed by your click."
    assert words == {person.id: [] if person.id == first else [too_late] for person in CROWD}
    assert acts(house) == {"APPROVAL_GIVEN": 1, "REQUEST_APPROVED": 1, "CHANGE_CLAIMED": 1, "CHANGE_CALLING": 1}
    assert " ERROR " not in life.log


def test_nobody_whom_slack_does_not_tell_of_is_counted(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack lets a user group be read 20 times a minute. Here no look-up waits for the next one."""
    monkeypatch.setattr(RateLimitErrorRetryHandler, "prepare_for_next_attempt", lambda *_, **__: None)
    house.configure(CONFIGURATION + "required = 10\n")
    with house.running():
        message = house.ask(house.mara, KEY)
        house.slack.enforce_rates = True
        slack = WebClient(house.slack.workspace.app.bot_token, base_url=house.slack.api_url)
        for _ in range(GROUP_READS_A_MINUTE - LEFT):
            slack.usergroups_users_list(usergroup="S0KEYADMINS")
        clicks = everybody_approves(house, message)
        words = told_all_but(house, LEFT)
    counted = house.request().approvers
    assert {click.outcome for click in clicks} == {Outcome.ACKED}
    assert len(counted) == LEFT
    assert all(not words[each] for each in counted)
    refusals = [word for each in words.values() for word in each]
    assert len(refusals) == THOUSAND - LEFT
    assert all("nobody can tell whether you may do that. Nothing was changed" in word for word in refusals)
    assert acts(house) == {"APPROVAL_GIVEN": LEFT, "REFUSED": THOUSAND - LEFT}
    assert house.request().state is RequestState.PENDING
    assert house.enable_calls == []


def acts(house: House) -> Counter[str]:
    decisive = ("APPROVAL_GIVEN", "REQUEST_APPROVED", "CHANGE_CLAIMED", "CHANGE_CALLING", "REFUSED")
    return Counter(entry.act for entry in house.trail.entries() if entry.act in decisive)
