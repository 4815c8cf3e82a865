"""Two people at the same moment: both are looked up before either is counted, and one of them is first."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from threading import Barrier

import pytest

from bot.models.people import LookupFailure, Person
from bot.models.requests import ChangeState, RequestState
from bot.slack.people import People
from deploy.sandbox.slack.driver import Actor
from tests.app.house import CONFIGURATION, PATIENCE_SECONDS, House, eventually, house, shown

__all__ = ["house"]

KEY = "payments/card-vault"


@contextmanager
def looked_up_together(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the next two look-ups end at the same moment."""
    together, ask, turns = Barrier(2), People.person, count()

    def person(people: People, user_id: str) -> Person | LookupFailure:
        known = ask(people, user_id)
        if next(turns) < together.parties:
            together.wait(PATIENCE_SECONDS)
        return known

    with monkeypatch.context() as patched:
        patched.setattr(People, "person", person)
        yield


def words_to(*people: Actor) -> list[str]:
    return [shown(each).strip() for person in people for each in person.ephemerals]


def test_two_last_approvals_at_once_both_count(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.configure(CONFIGURATION.replace('accounts = ["two-*"]', 'accounts = ["prod-*"]'))
    house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        with looked_up_together(monkeypatch):
            house.jonas.click(message, text="Approve", wait=False)
            house.aiko.click(message, text="Approve", wait=False)
            eventually(lambda: house.request().state is not RequestState.PENDING or None, "both approvals")
        house.until_shown(message, "Rotation is on")
    assert set(house.request().approvers) == {"U0JONAS", "U0AIKO"}
    assert len(house.enable_calls) == 1


@pytest.mark.parametrize(
    ("first", "second"), [(("jonas", "Approve"), ("aiko", "Deny")), (("jonas", "Approve"), ("mara", "Withdraw"))]
)
def test_of_two_wishes_at_once_one_is_done_and_the_other_person_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch, first: tuple[str, str], second: tuple[str, str]
) -> None:
    arn = house.key(KEY)
    with house.running():
        message = house.ask(house.mara, KEY)
        before = len(words_to(house.mara))
        with looked_up_together(monkeypatch):
            for name, button in (first, second):
                getattr(house, name).click(message, text=button, wait=False)
            eventually(lambda: house.request().state is not RequestState.PENDING or None, "a decision")
        request = house.settled()
        words = eventually(
            lambda: words_to(house.jonas, house.aiko) + words_to(house.mara)[before:], "a word to who came second"
        )
    (word,) = words
    was_approved = request.state is RequestState.DONE
    assert house.rotates(arn) is was_approved
    assert ("was approved already, by <@U0JONAS>" in word) is was_approved
    assert any(each in word for each in ("approved already", "denied this request already", "withdrawn this request"))


def test_trying_again_twice_at_once_changes_the_key_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.key(KEY)
    house.aws.faults.deny(action="kms:EnableKeyRotation", kind="scp")
    with house.running():
        message = house.ask(house.mara, KEY)
        house.press(house.jonas, message, "Approve")
        house.until_shown(message, "AWS refused the change")
        house.aws.faults.clear()
        failed = house.now(message)
        before = len(words_to(house.jonas, house.aiko))
        with looked_up_together(monkeypatch):
            house.jonas.click_stale(failed, text="Try again", wait=False)
            house.aiko.click_stale(failed, text="Try again", wait=False)
            eventually(lambda: len(words_to(house.jonas, house.aiko)) > before, "a word to who came second")
        house.until_shown(message, "Rotation is on")
    [second] = words_to(house.jonas, house.aiko)[before:]
    assert second in {
        "It is being carried out already.",
        "There is nothing to try again: no change of this request has failed.",  # the first has succeeded by then
    }
    assert house.request().changes[0].state is ChangeState.SUCCEEDED
    assert len([call for call in house.enable_calls if call.error is None]) == 1
