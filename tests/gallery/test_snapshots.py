"""What people read is what was last agreed on. `make gallery ARGS=--update` takes new words over; read the diff."""

from pathlib import Path

import pytest

from deploy.sandbox.gallery.registry import GROUPS, gallery
from deploy.sandbox.gallery.snapshots import differences, texts, update
from deploy.sandbox.gallery.terminal import SNAPSHOTS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("group", GROUPS)
def test_every_word_is_as_it_was(group: str) -> None:
    different = list(differences({group: gallery()[group]}, ROOT / SNAPSHOTS, only=f"{group}.txt"))
    assert not different, "\n".join([*different, "", "If that is meant: make gallery ARGS=--update"])


def test_no_text_is_kept_of_a_group_that_is_no_more() -> None:
    assert {path.name for path in (ROOT / SNAPSHOTS).iterdir()} == {*texts(gallery())}


def test_a_changed_word_is_shown_as_a_difference(tmp_path: Path) -> None:
    update(gallery(), tmp_path)
    assert list(differences(gallery(), tmp_path)) == []
    kept = tmp_path / "too-late.txt"
    kept.write_text(kept.read_text(encoding="utf-8").replace("already", "before"))
    (different,) = differences(gallery(), tmp_path)
    assert "-  You have approved this before; it waits for somebody else." in different
    assert "+  You have approved this already; it waits for somebody else." in different


def test_texts_of_groups_that_are_no_more_are_dropped(tmp_path: Path) -> None:
    (tmp_path / "gone.txt").write_text("")
    (tmp_path / "notes.md").write_text("")
    assert len(list(differences(gallery(), tmp_path))) == len(GROUPS)
    update(gallery(), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*texts(gallery()), "notes.md"}
