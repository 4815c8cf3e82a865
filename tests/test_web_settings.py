"""`[web]` and `[log]`: where the pages are served, and how the log is written."""

from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.settings import Settings, load
from bot.settings.web import ListenAddress

PAGES = [
    ("127.0.0.1:8080", ListenAddress("127.0.0.1", 8080)),
    ("0.0.0.0:80", ListenAddress("0.0.0.0", 80)),  # noqa: S104 - as it may be written
    ("localhost:65535", ListenAddress("localhost", 65535)),
    ("[::1]:8080", ListenAddress("::1", 8080)),
]

REFUSED = [
    ('[web]\nlisten = "8080"', ":2: web.listen", "“8080” is not an address", "127.0.0.1:8080"),
    ('[web]\nlisten = ":8080"', ":2: web.listen", "is not an address", "127.0.0.1:8080"),
    ('[web]\nlisten = "http://127.0.0.1:8080"', ":2: web.listen", "is not an address", "127.0.0.1:8080"),
    ('[web]\nlisten = "::1:8080"', ":2: web.listen", "is not an address", "[::1]:8080"),
    ("[web]\nlisten = 8080", ":2: web.listen", "“8080” is not an address", "127.0.0.1:8080"),
    ('[web]\nlisten = "127.0.0.1:0"', ":2: web.listen", "0 is not a port", "1 to 65535"),
    ('[web]\nlisten = "127.0.0.1:65536"', ":2: web.listen", "65536 is not a port", "1 to 65535"),
    ('[web]\nlisen = "127.0.0.1:80"', ":2: web.lisen", "no such setting", "Did you mean listen?"),
    ('[log]\nformat = "xml"', ":2: log.format", "“xml” is not a format", '"json"'),
    ("[log]\nformat = true", ":2: log.format", "true or false, not text", "in quotes"),
    ('[log]\nlevel = "debug"', ":2: log.level", "no such setting", "format"),
]


def read(folder: Path, text: str) -> Settings:
    path = folder / "kms-rotation.toml"
    path.write_text(text, encoding="utf-8")
    return load({"KMS_ROTATION_CONFIG": str(path)}, with_slack=False)


def test_nothing_listens_and_the_log_is_text_unless_set(tmp_path: Path) -> None:
    settings = read(tmp_path, "")
    assert (settings.web.listen, settings.log.format) == (None, "text")


@pytest.mark.parametrize(("text", "address"), PAGES)
def test_an_address_is_read_and_written_alike(tmp_path: Path, text: str, address: ListenAddress) -> None:
    listen = read(tmp_path, f'[web]\nlisten = "{text}"\n').web.listen
    assert listen == address
    assert str(listen) == text


@pytest.mark.parametrize("name", ["text", "json"])
def test_the_log_is_text_or_json(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, f'[log]\nformat = "{name}"\n').log.format == name


@pytest.mark.parametrize(("text", "place", "what", "remedy"), REFUSED)
def test_what_cannot_be_meant_is_refused_with_its_place(
    tmp_path: Path, text: str, place: str, what: str, remedy: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text)
    [problem] = caught.value.problems
    assert problem.place.endswith(place)
    assert what in problem.what
    assert remedy in problem.remedy
