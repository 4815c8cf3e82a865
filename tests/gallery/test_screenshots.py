"""The pictures of the documents: taken of the real thing, light, and never half done for want of a browser."""

import os
import struct
from pathlib import Path

import pytest

from deploy.sandbox.gallery import screenshots
from tests.sandbox.browser import chromium

ROOT = Path(__file__).parents[2]
NAMES = {"digest", "modal", "request", "status", "home"}
MOST_BYTES = 300_000


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height. https://www.w3.org/TR/png-3/#11IHDR."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return int(width), int(height)


@pytest.mark.browser
def test_every_picture_is_taken_and_is_light(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chromium(os.environ)
    assert screenshots.main([str(tmp_path / "docs")]) == 0
    taken = {path.stem: path.read_bytes() for path in (tmp_path / "docs").iterdir()}
    assert set(taken) == NAMES
    assert [name for name, png in taken.items() if len(png) > MOST_BYTES] == []
    sizes = {name: size_of(png) for name, png in taken.items()}
    assert sizes["digest"][0] == 1280
    assert all(400 < width <= 1280 and 300 < height < 1000 for width, height in sizes.values()), sizes
    assert len(capsys.readouterr().out.splitlines()) == len(NAMES)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_documents_have_their_pictures(name: str) -> None:
    png = (ROOT / "docs" / f"{name}.png").read_bytes()
    assert len(png) <= MOST_BYTES
    assert size_of(png)[1] < 1000
    assert f"docs/{name}.png" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_without_a_browser_it_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert screenshots.main([str(tmp_path / "docs")]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("Chromium was not found. Install it: apt-get install")
    assert len(told.err.splitlines()) == 1
    assert not (tmp_path / "docs").exists()
