"""Runs over everything in deploy/ the checks that need no account: `python -m deploy.check`.

CloudFormation and IAM policies have theirs in `make policies`.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

FOLDER = Path(__file__).parent
UNITS = ("kms-rotation-bot.service", "kms-rotation-worker@1.service")
INSTALLED_PYTHON = "/opt/kms-rotation/.venv/bin/python"
MOST_EXPOSED = 15
"""In tenths: what `systemd-analyze security` calls 1.5, of 10."""


@dataclass(frozen=True, slots=True)
class Check:
    """One tool and what it looks at."""

    tool: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    package: str = ""
    """The Debian package where the tool is not one of requirements-dev.txt."""


@contextmanager
def checks() -> Iterator[list[Check]]:
    """Every check. What a tool wants rendered exists as long as this lasts."""
    with TemporaryDirectory(prefix="kms-rotation-units-") as units:
        _render_units(Path(units))
        systemd = {"SYSTEMD_UNIT_PATH": f"{units}:"}
        compose, image = FOLDER / "docker/compose.yml", FOLDER / "docker/Dockerfile"
        yield [
            Check(sys.executable, ("-m", "deploy.slack", "--check"), {}),
            Check("hadolint", (str(image),), {}),
            Check("check-jsonschema", ("--builtin-schema", "vendor.compose-spec", str(compose)), {}),
            Check("kubernetes-validate", ("--strict", "--quiet", *map(str, kubernetes())), {}),
            *(Check("systemd-analyze", ("verify", unit), systemd, "systemd") for unit in UNITS),
            *(
                Check(
                    "systemd-analyze",
                    ("security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", unit),
                    systemd,
                    "systemd",
                )
                for unit in UNITS
            ),
            Check("promtool", ("check", "rules", str(FOLDER / "prometheus/alerts.yml")), {}, "prometheus"),
            Check("promtool", ("test", "rules", str(FOLDER / "prometheus/alerts.test.yml")), {}, "prometheus"),
        ]


def kubernetes() -> list[Path]:
    """The files that a cluster gets; kustomization.yaml is for kubectl alone, and no cluster knows its kind."""
    return [path for path in sorted((FOLDER / "kubernetes").rglob("*.yaml")) if path.name != "kustomization.yaml"]


def _render_units(folder: Path) -> None:
    """The units with a Python that there is on this machine: systemd-analyze wants the program to exist."""
    shutil.copytree(FOLDER / "systemd", folder, dirs_exist_ok=True)
    for path in folder.glob("*.service"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(INSTALLED_PYTHON, sys.executable), encoding="utf-8")


def find(tool: str) -> str | None:
    """Look beside this Python first, where requirements-dev.txt puts its tools."""
    return shutil.which(tool, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")


def main(say: Callable[[str], None] = print) -> int:
    failed, left_out, done = [], set(), 0
    with checks() as every:
        for check in every:
            found = find(check.tool)
            if found is None:
                left_out.add(f"{check.tool} is not on this machine (apt-get install {check.package})")
                continue
            ran = subprocess.run(  # noqa: S603 - our own tools
                [found, *check.arguments],
                env={**os.environ, **check.environment},
                capture_output=True,
                text=True,
                check=False,
            )
            done += 1
            if ran.returncode != 0:
                failed.append(f"{Path(check.tool).name} {' '.join(check.arguments)}\n{ran.stdout}{ran.stderr}")
    for each in failed:
        say(each)
    for each in sorted(left_out):
        say(f"Left out: {each}.")
    say(f"deploy: {done} checks, {len(failed)} failed, {len(every) - done} left out")
    return 1 if failed or (left_out and os.environ.get("CI")) else 0


if __name__ == "__main__":
    sys.exit(main())
