"""The page itself: whole, the same every time, and nothing of what others wrote acts in it."""

import re
import signal
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from subprocess import PIPE, Popen
from urllib.request import urlopen

import pytest

from bot.models.messages import Rendered
from bot.views.parts import header, plain, section
from deploy.sandbox.gallery import registry, terminal
from deploy.sandbox.gallery.checking import blocks_of, faults, usage
from deploy.sandbox.gallery.page import page
from deploy.sandbox.gallery.registry import gallery
from deploy.sandbox.gallery.sample import Sample, Surface, shown


class Reading(HTMLParser):
    """Every element with what it points at."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.sources: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.sources += [given[name] or "" for name in ("src", "srcset") if name in given]
        self.sources += [given["href"] or ""] if tag == "link" else []
        self.handlers += [name for name in given if name.startswith("on")]


@pytest.fixture(scope="module")
def written() -> str:
    return page(gallery())


@pytest.fixture(scope="module")
def read(written: str) -> Reading:
    reading = Reading()
    reading.feed(written)
    return reading


def test_every_sample_is_valid() -> None:
    assert list(faults(gallery())) == []


def test_it_is_the_same_every_time(written: str) -> None:
    assert page(gallery()) == written
    registry.gallery.cache_clear()
    assert page(gallery()) == written


def test_it_needs_nothing_else(read: Reading) -> None:
    assert {"script", "iframe", "object", "embed"}.isdisjoint(read.tags)
    assert read.handlers == []
    assert [source for source in read.sources if not source.startswith("data:")] == []


def test_every_sample_hangs_there_once_under_its_own_address(written: str, read: Reading) -> None:
    count = sum(map(len, gallery().values()))
    assert read.tags.count("figcaption") == count
    assert f"{count} samples" in written
    assert len(read.ids) == len(set(read.ids)) > count
    for target in re.findall(r'href="#([^"]*)"', written):
        assert target in written


def test_buttons_fields_modals_and_fallbacks_are_there(written: str, read: Reading) -> None:
    modals = sum(sample.surface is Surface.MODAL for group in gallery().values() for sample in group)
    assert read.tags.count("dialog") == modals
    assert ">Enable rotation</button>" in written
    assert "textarea" in read.tags
    assert "Read aloud: </b>KMS key rotation: 22 keys do not rotate as they should." in written
    assert "Enter a whole number of days from 90" in written
    assert "[Approve] asks first: Approve this change? The bot re-reads the key" in written


def test_limits_are_counted_as_slack_counts_them() -> None:
    sample = shown("two", Surface.CHANNEL, "two blocks").by(
        lambda: Rendered("Hello.", (header("four"), section(plain("fiver"))))
    )
    assert str(usage(sample)) == "2 of 50 blocks · 9 of 13,200 characters"
    home = next(iter(gallery()["home"]))
    assert usage(home).most_blocks == 100


# The command


def test_it_writes_the_page_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str], written: str) -> None:
    assert terminal.main([str(tmp_path / "new" / "folder")]) == 0
    path = tmp_path / "new" / "folder" / "index.html"
    assert capsys.readouterr().out == f"{path}\n"
    assert path.read_text(encoding="utf-8") == written


def test_what_slack_would_refuse_fails_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = next(iter(gallery()["digest"]))
    content = good.content
    assert isinstance(content, Rendered)
    bad: list[Sample] = [
        replace(good, name="too many", content=Rendered("Hello.", content.blocks * 9)),
        replace(good, name="speechless", content=Rendered("", content.blocks)),
        replace(good, name="empty", content=Rendered("Hello.", (section({"type": "plain_text", "text": ""}),))),
    ]
    monkeypatch.setattr(terminal, "gallery", lambda: {"digest": (good, *bad)})
    assert terminal.main([str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert [line.partition(":")[0] for line in told.err.splitlines()] == [
        "digest, too many", "digest, speechless", "digest, empty"
    ]  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert terminal.main([str(tmp_path / "file")]) == 2
    assert "cannot be used" in capsys.readouterr().err


def test_every_block_of_every_sample_reads_as_something() -> None:
    for group, samples in gallery().items():
        for sample in samples:
            assert blocks_of(sample) or sample.surface is Surface.FILE, (group, sample.name)


FEW = """
import runpy
from deploy.sandbox.gallery import terminal
from deploy.sandbox.gallery.registry import GROUPS
few = {"digest": tuple(GROUPS["digest"]())}
terminal.gallery = lambda: few
runpy.run_module("deploy.sandbox.gallery", run_name="__main__", alter_sys=True)
"""
"""`python -m deploy.sandbox.gallery` with one group of samples: to draw all of them takes most of its time."""


def test_it_is_served_until_told_to_stop(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FEW, str(tmp_path), "--serve", "0"]
    with Popen(command, cwd=Path(__file__).parents[2], stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"{tmp_path / 'index.html'}\n"
        found = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
        assert found is not None
        with urlopen(found[0]) as answer:  # noqa: S310 - our own server
            assert answer.read() == (tmp_path / "index.html").read_bytes()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
