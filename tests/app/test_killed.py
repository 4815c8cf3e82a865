"""The bot is killed between any two of its effects, and started again on what it left behind."""

from collections import Counter
from pathlib import Path

import pytest

from bot.models.requests import ChangeState
from bot.views.names import RETRY
from tests.app.house import House
from tests.app.lives import KILLED, Life, Morning, ask_for_all, day, go_on, make_morning, press
from tests.app.mortal import Doom
from tests.app.truth import Truth
from tests.store.databases import MakeUrl

READ_KEY = ("KMS DescribeKey", "KMS GetKeyRotationStatus")
LOOK_UP = ("Slack users.info", "Slack usergroups.users.list")
NOTE_READING = "commit findings"
NOTE_CHANGE = "commit findings finding_counts scans"
SHOW = ("Slack chat.update", "commit messages")
POST = ("Slack chat.postMessage", "commit messages")
ASKING = (
    "Slack views.open",
    "Slack users.info",
    "STS GetCallerIdentity",
    "STS AssumeRole",
    *READ_KEY,
    NOTE_READING,
    "commit REQUEST_CREATED",
    *SHOW,
    *POST,
    "Slack views.update",
)
DECIDING = (*LOOK_UP, "commit APPROVAL_GIVEN REQUEST_APPROVED", *SHOW, *SHOW)
CHANGING = (
    *LOOK_UP,
    "commit CHANGE_CLAIMED",
    *SHOW,
    *SHOW,
    "STS AssumeRole",
    *READ_KEY,
    NOTE_READING,
    "commit CHANGE_CALLING",
    "KMS EnableKeyRotation",
    *READ_KEY,
    NOTE_CHANGE,
    "commit CHANGE_SUCCEEDED REQUEST_DONE",
    *SHOW,
    *SHOW,
    *POST,
)
"""The digest is shown before the request, and both before the result."""

EFFECTS = (*ASKING, *DECIDING, *CHANGING)

KEYS = 3
EFFECTS_OF_SEVERAL = Counter(
    [*LOOK_UP, "commit APPROVAL_GIVEN REQUEST_APPROVED", *SHOW, *SHOW]
    + [*LOOK_UP, *POST]
    + KEYS * ["commit CHANGE_CLAIMED", *SHOW, *SHOW, "STS AssumeRole", *READ_KEY, NOTE_READING]
    + KEYS * ["commit CHANGE_CALLING", "KMS EnableKeyRotation", *READ_KEY, NOTE_CHANGE, *SHOW, *SHOW]
    + (KEYS - 1) * ["commit CHANGE_SUCCEEDED"]
    + ["commit CHANGE_SUCCEEDED REQUEST_DONE"]
)
"""From the approval of three keys on; which key is first is open."""


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Morning:
    return make_morning(tmp_path_factory.mktemp("morning"), 1)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Morning:
    return make_morning(tmp_path_factory.mktemp("asked"), KEYS, ask_for_all)


def test_the_effects_come_in_the_order_of_the_design(morning: Morning, tmp_path: Path) -> None:
    assert tuple(lived_through(morning, tmp_path)) == EFFECTS


def test_the_effects_of_several_keys_are_those_of_each(asked: Morning, tmp_path: Path) -> None:
    assert Counter(lived_through(asked, tmp_path)) == EFFECTS_OF_SEVERAL


def lived_through(morning: Morning, folder: Path) -> list[str]:
    """The effects of a life that nothing interrupts."""
    doom = Doom(folder / "report.txt")
    with day(morning, folder) as house:
        life = Life(house, doom)
        assert go_on(house, life)
        effects = doom.lived_through
        Truth(house).holds()
        life.end()
    return effects


def points(effects: tuple[str, ...]) -> list[tuple[str, int]]:
    """Every point between two effects, and every transaction that is open."""
    commits = [("before", number) for number, name in enumerate(effects) if name.startswith("commit")]
    return sorted([("before", 0), *commits, *(("after", number) for number in range(len(effects)))], key=lambda p: p[1])


def named(point: tuple[str, int]) -> str:
    when, number = point
    return f"{when} {number} {EFFECTS[number]}"


@pytest.mark.parametrize("point", points(EFFECTS), ids=named)
def test_death_at_any_point_repeats_nothing_and_loses_nothing(
    morning: Morning, tmp_path: Path, make_url: MakeUrl, point: tuple[str, int]
) -> None:
    when, number = point
    doom = Doom(tmp_path / "report.txt", when, number)
    with day(morning, tmp_path, make_url("migrated")) as house:
        die(house, doom)
        assert tuple(doom.lived_through) == EFFECTS[: number + (when == "after")]
        end_in_the_truth(house, [doom])


@pytest.mark.parametrize("number", range(EFFECTS_OF_SEVERAL.total()))
def test_death_at_any_point_of_several_changes_repeats_none_and_loses_none(
    asked: Morning, tmp_path: Path, number: int
) -> None:
    doom = Doom(tmp_path / "report.txt", "after", number)
    with day(asked, tmp_path) as house:
        die(house, doom)
        assert len(doom.lived_through) == number + 1
        end_in_the_truth(house, [doom])


@pytest.mark.parametrize(
    "first", ["commit APPROVAL_GIVEN REQUEST_APPROVED", "commit CHANGE_CALLING", "KMS EnableKeyRotation"]
)
def test_dying_again_and_again_still_ends_in_the_truth(morning: Morning, tmp_path: Path, first: str) -> None:
    """Each life sees one effect more than the one before it, until one sees the end."""
    dooms = [Doom(tmp_path / "report.txt", "after", EFFECTS.index(first))]
    with day(morning, tmp_path) as house:
        die(house, dooms[0])
        for number in range(len(EFFECTS)):
            dooms.append(Doom(tmp_path / f"report-{number}.txt", "after", number))
            life = Life(house, dooms[-1])
            if go_on(house, life):
                life.end()
                break
            assert life.died() == KILLED
        assert len(dooms) > 2, "it died but once"
        end_in_the_truth(house, dooms)


def die(house: House, doom: Doom) -> None:
    life = Life(house, doom)
    go_on(house, life)
    assert life.died() == KILLED


def end_in_the_truth(house: House, dooms: list[Doom]) -> None:
    """Start the bot again, and let it settle everything; what failed for the death is tried again."""
    life = Life(house)
    assert go_on(house, life)
    truth = Truth(house, lost_posts=sum(doom.lived_through[-1:] == ["Slack chat.postMessage"] for doom in dooms))
    truth.holds()
    failed = [change for change in house.request().changes if change.state is ChangeState.FAILED]
    if failed:
        assert all("The bot was interrupted" in change.result for change in failed)
        press(house, life, RETRY)
        truth.retries = 1
        truth.holds()
    life.end()
    assert {change.state for change in house.request().changes} == {ChangeState.SUCCEEDED}
    assert " ERROR " not in life.log
