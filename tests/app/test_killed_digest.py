"""The bot is killed between any two effects of a digest, its picture's upload included, and started again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.models.messages import Attachment
from bot.models.scans import Summary
from bot.models.trail import Act
from bot.store.history import note_point
from deploy.sandbox.slack.things import Message
from tests.app.house import CHANNEL, House
from tests.app.lives import KILLED, Life, Morning, day, make_morning, owed
from tests.app.mortal import Doom
from tests.app.truth import stored_messages, unnamed
from tests.store.databases import MakeUrl

UPLOAD = ("Slack files.getUploadURLExternal", "Slack upload", "Slack files.completeUploadExternal")
EFFECTS = (
    "Slack users.info",
    "Slack usergroups.users.list",
    "commit DIGEST_POSTED",
    *UPLOAD,
    "commit digest_pictures",
    "Slack chat.postMessage",
    "commit messages",
    "commit digest_mentions",
    "Slack chat.postMessage",
    "commit messages",
    "Slack response_url",
)
"""The digest is in Slack, and its owners in its thread, before whoever asked for it is told so."""


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Morning:
    return make_morning(tmp_path_factory.mktemp("morning"), 1, remember)


def remember(house: House) -> None:
    """Let there have been digests on the days before."""
    for number in range(1, 6):
        at = datetime.now(UTC) - timedelta(days=number)
        with house.database.write() as connection:
            note_point(connection, "default", at, Summary(90, 10 + number))


def made(house: House) -> int:
    """How many digests were made since the morning."""
    return sum(entry.act == Act.DIGEST_POSTED for entry in house.trail.entries()) - 1


def see_to_it(house: House, life: Life) -> bool:
    """Ask for the digest where none was made, and wait until all is shown; True where the bot lived to see it."""
    if not life.until(lambda: house.slack.connections and not owed(house), "what was under way"):
        return False
    if not made(house):
        house.jonas.slash("/kms-rotation digest", channel=CHANNEL, wait=False)
        if not life.until(lambda: made(house) and not owed(house), "the digest"):
            return False
        if not life.until(lambda: house.jonas.ephemerals, "the answer"):
            return False
    return not life.is_over


def test_the_effects_of_a_digest_come_in_their_order(morning: Morning, tmp_path: Path) -> None:
    doom = Doom(tmp_path / "report.txt")
    with day(morning, tmp_path) as house:
        life = Life(house, doom)
        assert see_to_it(house, life)
        holds(house, morning, lost_posts=0)
        life.end()
    assert tuple(doom.lived_through) == EFFECTS


def points() -> list[tuple[str, int]]:
    commits = [("before", number) for number, name in enumerate(EFFECTS) if name.startswith("commit")]
    return sorted([*commits, *(("after", number) for number in range(len(EFFECTS) - 1))], key=lambda point: point[1])


def named(point: tuple[str, int]) -> str:
    return f"{point[0]} {point[1]} {EFFECTS[point[1]]}"


@pytest.mark.parametrize("point", points(), ids=named)
def test_death_at_any_point_of_a_digest_loses_none_and_makes_none_twice(
    morning: Morning, tmp_path: Path, make_url: MakeUrl, point: tuple[str, int]
) -> None:
    when, number = point
    doom = Doom(tmp_path / "report.txt", when, number)
    with day(morning, tmp_path, make_url("migrated")) as house:
        life = Life(house, doom)
        see_to_it(house, life)
        assert life.died() == KILLED
        assert tuple(doom.lived_through) == EFFECTS[: number + (when == "after")]
        life = Life(house)
        assert see_to_it(house, life)
        holds(house, morning, lost_posts=doom.lived_through[-1] == "Slack chat.postMessage")
        life.end()
        assert " ERROR " not in life.log


def holds(house: House, morning: Morning, lost_posts: int) -> None:
    """One digest was made, Slack shows it with one picture, and what is recorded is true."""
    assert made(house) == 1
    assert house.trail.verify().fault is None
    seen = {message.ts for message in morning.seen}
    rows = [row for row in stored_messages(house) if row.ts not in seen]
    assert not any(row.lost for row in rows)
    posted = {message.ts for message in house.channel.messages} - seen
    assert len(posted - {row.ts for row in rows}) == lost_posts
    newest = max(house.channel.roots, key=lambda message: message.ts)
    assert picture_of(newest) in house.slack.state.files
    for row in rows:
        rendered = house.presenter.render(row)
        assert rendered is not None
        assert not isinstance(rendered, Attachment)
        assert unnamed(house.channel.message(str(row.ts)).blocks) == unnamed(rendered.blocks)


def picture_of(message: Message) -> Any:  # noqa: ANN401 - None where it has none
    return next((block["slack_file"]["id"] for block in message.blocks if block["type"] == "image"), None)
