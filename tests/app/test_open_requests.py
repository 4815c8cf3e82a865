"""What waits, a page at a time, and the way from there and from Home to each request's message."""

import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from bot.models.requests import Change, ChangeState, Request, RequestState
from deploy.sandbox.slack.driver import Actor
from handlers.actions import OLD_BUTTON
from tests.app.home_tab import opened
from tests.app.house import CHANNEL, CONFIGURATION, PAYMENTS, House, eventually, house, shown
from tests.app.lives import owed
from tests.store.databases import SQLITE_ALONE

__all__ = ["house"]

pytestmark = SQLITE_ALONE

LAKE, VAULT = "333333333333", "777777777777"
NAMES = {PAYMENTS: "prod-payments", LAKE: "lake", VAULT: "secret-vault"}
HIDING = '\n[[visibility.rule]]\naccounts = ["secret-*"]\nvisible_to = ["U0JONAS"]\n'
UNSEEN = "Keys of 1 account are not shown to you."
OF_AIKO_ALONE = '[[approval.rule]]\naccounts = ["lake"]\napprovers = ["U0AIKO"]\n\n'


def asked(house: House, number: int, account: str = PAYMENTS, requester: str = "U0MARA") -> None:
    """Put a request into the database as if somebody had made it; those with higher numbers came later."""
    at = datetime.now(UTC) - timedelta(hours=1) + timedelta(seconds=number)
    arn = f"arn:aws:kms:eu-central-1:{account}:key/00000000-0000-4000-8000-{number:012}"
    key = Change(f"c{number}", f"r{number}", arn, f"key-{number:02}", NAMES[account], ChangeState.QUEUED, 365)
    until = at + timedelta(days=1)
    request = Request(f"r{number}", RequestState.PENDING, requester, "T0OURS", "", 1, at, until, (key,))
    assert house.requests.create(request, CHANNEL) == request


def listed(told: str) -> list[int]:
    """The numbers of the requests that a page shows."""
    return [int(line.split()[0].removeprefix("key-")) for line in told.splitlines() if line.startswith("key-")]


def turned(house: House, who: Actor, button: str, title: str) -> str:
    """Press a button of the page that is shown, and wait for what takes its place."""
    pages = len(who.ephemerals)
    who.click(who.ephemerals[-1], text=button)
    told = until_shown(house, who, title)
    assert len(who.ephemerals) == pages
    return told


def until_shown(house: House, who: Actor, title: str) -> str:
    """Wait until a page has taken the place of the one before."""
    house.slack.wait_for(lambda: title in shown(who.ephemerals[-1]), what=title)
    return shown(who.ephemerals[-1])


def next_of(house: House, who: Actor) -> Mapping[str, Any]:
    """What the client sends when somebody turns the first page."""
    house.command(who, "requests")
    delivery = who.click(who.ephemerals[-1], text="Next ▶")
    until_shown(house, who, "page 2")
    assert delivery is not None
    return delivery.payload


def with_value(payload: Mapping[str, Any], value: str) -> dict[str, Any]:
    forged = deepcopy(dict(payload))
    forged["actions"][0]["value"] = value
    return forged


def test_open_requests_turn_their_pages_in_place(house: House) -> None:
    for number in range(25):
        asked(house, number)
    with house.running():
        told = house.command(house.mara, "requests")
        assert "25 open requests · page 1 of 3" in told
        assert listed(told) == [*range(12)]
        assert listed(turned(house, house.mara, "Next ▶", "page 2 of 3")) == [*range(12, 24)]
        assert listed(turned(house, house.mara, "Next ▶", "page 3 of 3")) == [24]
        assert listed(turned(house, house.mara, "◀ Previous", "page 2 of 3")) == [*range(12, 24)]


def test_a_page_that_is_there_no_more_gives_way_to_the_nearest_one(house: House) -> None:
    for number in range(13):
        asked(house, number)
    with house.running():
        sent = next_of(house, house.mara)
        for number, there in ((99, "page 2 of 2"), (-7, "page 1 of 2")):
            house.mara.replay(with_value(sent, json.dumps({"scope": "", "page": number})))
            until_shown(house, house.mara, there)


def test_a_forged_page_is_called_an_old_button(house: House) -> None:
    for number in range(13):
        asked(house, number)
    with house.running():
        sent = next_of(house, house.mara)
        for value in ("", "null", "[" * 1999, '{"page":2}', '{"scope":"","page":"2"}'):
            told = house.whisper(house.mara, partial(house.mara.replay, with_value(sent, value)))
            assert told == OLD_BUTTON.replace("`", "")


def test_no_page_shows_a_request_to_whom_its_key_is_hidden_from(house: House) -> None:
    """Neither to whoever turns their own pages, nor to one who sends what the button of somebody else carries."""
    house.aws.world.account(VAULT, NAMES[VAULT])
    house.key(account=VAULT)
    house.configure(CONFIGURATION + HIDING)
    for number in range(26):
        asked(house, number, VAULT if number % 2 else PAYMENTS)
    evens = [*range(0, 26, 2)]
    with house.running():
        told = house.command(house.jonas, "requests")
        assert "26 open requests · page 1 of 3" in told
        assert UNSEEN not in told
        told = house.command(house.aiko, "requests")
        assert "13 open requests · page 1 of 2" in told
        assert UNSEEN in told
        assert listed(told) == evens[:12]
        told = turned(house, house.aiko, "Next ▶", "page 2 of 2")
        assert UNSEEN in told
        assert listed(told) == evens[12:]
        turned(house, house.jonas, "Next ▶", "page 2 of 3")
        pressed = house.jonas.click(house.jonas.ephemerals[-1], text="Next ▶")
        assert pressed is not None
        until_shown(house, house.jonas, "page 3 of 3")
        by_aiko = {**pressed.payload, "user": {**pressed.payload["user"], "id": "U0AIKO"}}
        house.aiko.replay(by_aiko)  # answered at the address of Jonas' click, which the payload carries
        told = until_shown(house, house.jonas, "page 2 of 2")
    assert listed(told) == evens[12:]
    assert UNSEEN in told
    assert NAMES[VAULT] not in told


def test_somebody_of_another_workspace_turns_no_page(house: House) -> None:
    for number in range(13):
        asked(house, number)
    with house.running():
        sent = next_of(house, house.mara)
        stranger = {**sent, "user": {**sent["user"], "id": "U0ELSE", "team_id": "T0ELSE"}}
        told = house.whisper(house.mara, lambda: house.mara.replay(stranger))
    assert listed(told) == []
    assert "Only people of this workspace" in told


def test_home_leads_to_each_request_that_it_shows(house: House) -> None:
    house.aws.world.account(LAKE, NAMES[LAKE])
    house.configure(CONFIGURATION.replace("[[approval.rule]]", OF_AIKO_ALONE + "[[approval.rule]]", 1))
    for number in range(5):
        asked(house, number)
        asked(house, 10 + number, PAYMENTS, requester="U0JONAS")
        asked(house, 20 + number, LAKE)
    with house.running():
        eventually(lambda: not owed(house), "all messages of requests")
        told = opened(house, house.jonas).visible_text
    assert "Waiting for you: 5 requests" in told
    assert "… and 1 more: /kms-rotation requests." in told
    assert told.count("Go to the request") == 5 + 4 + 5
