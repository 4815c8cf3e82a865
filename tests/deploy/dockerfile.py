"""Reads a Dockerfile as far as ours goes: its last stage, instruction by instruction."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"


@dataclass(frozen=True)
class Image:
    """What the last stage says."""

    instructions: tuple[tuple[str, str], ...]

    def every(self, name: str) -> list[str]:
        return [rest for instruction, rest in self.instructions if instruction == name]

    @property
    def environment(self) -> dict[str, str]:
        return dict(word.split("=", 1) for rest in self.every("ENV") for word in rest.split())

    @property
    def user(self) -> str:
        (user,) = self.every("USER")
        return user

    @property
    def command(self) -> list[str]:
        """What runs where nothing else is said."""
        (entry,), (command,) = self.every("ENTRYPOINT"), self.every("CMD")
        return [*json.loads(entry), *json.loads(command)]

    @property
    def health(self) -> list[str]:
        (check,) = self.every("HEALTHCHECK")
        words: list[str] = json.loads(check.partition(" CMD ")[2])
        return words

    @property
    def copied(self) -> list[tuple[str, str]]:
        """What comes from the repository: source and destination."""
        pairs = (rest.split() for rest in self.every("COPY") if not rest.startswith("--from"))
        return [(source, destination) for source, destination in pairs]


def last_stage() -> Image:
    stages: list[list[tuple[str, str]]] = []
    for name, rest in _instructions():
        if name == "FROM":
            stages.append([])
        if stages:
            stages[-1].append((name, rest))
    return Image(tuple(stages[-1]))


def _instructions() -> Iterator[tuple[str, str]]:
    lines = [line for line in DOCKERFILE.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, _, rest = line.strip().partition(" ")
        if name:
            yield name, rest


def sent() -> list[Path]:
    """The files that git knows and the ignore file lets through, relative to the repository."""
    rules = [
        line
        for line in DOCKERFILE.with_name("Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    return [path for path in _files() if _is_sent(path, rules)]


def _files() -> Iterator[Path]:
    for top in sorted(ROOT.iterdir()):
        if top.name in {".git", ".venv", "build"} or top.name.endswith("_cache"):
            continue
        yield from (
            found.relative_to(ROOT) for found in ([top] if top.is_file() else top.rglob("*")) if found.is_file()
        )


def _is_sent(path: Path, rules: list[str]) -> bool:
    """Later rules win. https://docs.docker.com/build/concepts/context/#dockerignore-files."""
    is_sent = True
    for rule in rules:
        pattern = rule.removeprefix("!")
        ways = (path, *path.parents)
        if any(
            fnmatch(str(way), pattern) or fnmatch(f"/{way}", pattern.removeprefix("**")) for way in ways if way.name
        ):
            is_sent = rule.startswith("!")
    return is_sent
