"""Reads the pages on deploying as somebody would who has nothing but the page: its commands, names and settings."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.deploy.dockerfile import ROOT

PAGES = sorted((ROOT / "docs").glob("deploy-*.md"))

_FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`]+)`")
_PLACEHOLDER = re.compile(r"<[^<>\n]+>")


@dataclass(frozen=True)
class Page:
    """One way to run the bot."""

    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def spans(self) -> list[str]:
        """What stands between backticks in running text."""
        return [" ".join(span.split()) for span in _INLINE.findall(_FENCED.sub("", self.text))]

    @property
    def scripts(self) -> list[str]:
        return [body for kind, body in _FENCED.findall(self.text) if kind == "sh"]

    @property
    def commands(self) -> list[list[str]]:
        """Every command in words, with PLACEHOLDER for what the reader puts in."""
        lines = [line for script in self.scripts for line in _statements(script)]
        lines += [span for span in self.spans if " " in span]
        return [_words(line) for line in lines if line.strip()]

    @property
    def anchors(self) -> set[str]:
        """What may follow `#` in a link to the page: its headings, as GitHub writes them."""
        headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", self.text), re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    def section(self, title: str) -> str:
        """The text under a heading that ends so."""
        (found,) = re.findall(rf"^## [^\n]*{title}\n(.*?)(?=^## |\Z)", self.text, re.MULTILINE | re.DOTALL)
        return str(found)


def fill(script: str) -> str:
    """The script with a word in place of each `<…>`."""
    return _PLACEHOLDER.sub("PLACEHOLDER", script)


def _statements(script: str) -> Iterator[str]:
    """The script's lines, those in one put together that a quotation or a backslash keeps together."""
    open_line = ""
    for line in script.replace("\\\n", " ").splitlines():
        open_line += line
        try:
            shlex.split(fill(open_line))
        except ValueError:
            continue
        yield open_line
        open_line = ""


def _words(line: str) -> list[str]:
    try:
        return shlex.split(fill(line))
    except ValueError:  # a quotation of something else
        return fill(line).split()
