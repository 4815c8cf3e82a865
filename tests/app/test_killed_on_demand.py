"""The bot is killed between any two effects of a rotation on demand: a second call would rotate the key once more."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.models.requests import Change, ChangeState
from bot.views.names import RETRY
from deploy.sandbox.aws.calls import RecordedCall
from tests.app.house import CHANNEL, House
from tests.app.lives import KILLED, Life, Morning, day, go_on, make_morning, press
from tests.app.mortal import Doom
from tests.app.test_killed import LOOK_UP, NOTE_READING, POST, READ_KEY, SHOW, points
from tests.app.truth import Truth
from tests.store.databases import MakeUrl

KEY = "batch/key-0"
READ_HISTORY = (*READ_KEY, NOTE_READING, "KMS ListKeyRotations")
EFFECTS = (
    *LOOK_UP,
    "commit APPROVAL_GIVEN REQUEST_APPROVED",
    *SHOW,
    *SHOW,
    *LOOK_UP,
    "commit CHANGE_CLAIMED",
    *SHOW,
    *SHOW,
    "STS AssumeRole",
    *READ_HISTORY,
    "commit CHANGE_CALLING",
    "KMS RotateKeyOnDemand",
    *READ_HISTORY,
    "commit CHANGE_SUCCEEDED REQUEST_DONE",
    *SHOW,
    *SHOW,
    *POST,
)
"""From the approval on."""


class OnDemand(Truth):
    """The same, where a key is rotated once."""

    def is_done(self, change: Change) -> bool:
        times = rotated(self.house, change.arn)
        assert times <= 1
        return times == 1

    @property
    def calls(self) -> Sequence[RecordedCall]:
        return self.house.aws.calls.named("RotateKeyOnDemand")


def rotated(house: House, arn: str) -> int:
    history = house.aws.world.rotation(house.aws.world.find(arn)).history
    return sum(kind == "ON_DEMAND" for _, kind in history)


def ask_to_rotate(house: House) -> None:
    house.command(house.mara, f"key {KEY}", channel=CHANNEL)
    house.open_form(house.mara, lambda: house.mara.click(house.mara.ephemerals[-1], text="Rotate now …"))
    house.mara.submit(house.mara.modal, {"reason": {"text": "It may have leaked."}})
    house.slack.wait_for(lambda: len(house.channel.roots) > 1, what="the request's message")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Morning:
    return make_morning(tmp_path_factory.mktemp("asked"), 1, ask_to_rotate)


def test_the_effects_come_in_the_order_of_the_design(asked: Morning, tmp_path: Path) -> None:
    doom = Doom(tmp_path / "report.txt")
    with day(asked, tmp_path) as house:
        life = Life(house, doom)
        assert go_on(house, life)
        assert tuple(doom.lived_through) == EFFECTS
        OnDemand(house).holds()
        life.end()


@pytest.mark.parametrize(("when", "number"), points(EFFECTS))
def test_death_at_any_point_rotates_the_key_once_all_the_same(
    asked: Morning, tmp_path: Path, make_url: MakeUrl, when: str, number: int
) -> None:
    doom = Doom(tmp_path / "report.txt", when, number)
    with day(asked, tmp_path, make_url("migrated")) as house:
        life = Life(house, doom)
        go_on(house, life)
        assert life.died() == KILLED
        assert tuple(doom.lived_through) == EFFECTS[: number + (when == "after")]
        end_in_the_truth(house, lost_posts=doom.lived_through[-1:] == [POST[0]])


def end_in_the_truth(house: House, *, lost_posts: bool) -> None:
    """Start the bot again, and let it settle everything; what failed for the death is tried again."""
    life = Life(house)
    assert go_on(house, life)
    truth = OnDemand(house, lost_posts=int(lost_posts))
    truth.holds()
    (change,) = house.request().changes
    if change.state is ChangeState.FAILED:
        assert change.result == (
            "The bot was interrupted while it changed this key. "
            "Nobody knows whether AWS carried it out: the key does not show it so far."
        )
        press(house, life, RETRY)
        truth.retries = 1
        truth.holds()
    life.end()
    assert house.request().changes[0].state is ChangeState.SUCCEEDED
    assert rotated(house, change.arn) == 1
    assert " ERROR " not in life.log
