"""The image as the Dockerfile describes it, put together in a folder and entered as its user: there is no Docker here.

What is not proved so is the base image, and pip within it: the packages are those that pip installed here.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from importlib.util import cache_from_source
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deploy.dockerfile import ROOT, last_stage, sent

HOST = ("usr", "bin", "lib", "lib64", "dev", "proc")
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"

_ENTER = """
set -e
mount --bind "$0" "$0"
for each in "$0"/host/*; do mount --rbind -o ro "/${each##*/}" "$0/${each##*/}"; done
mount --rbind -o ro "$1" "$0/opt/python"
mount --bind "$0/var/lib/kms-rotation" "$0/var/lib/kms-rotation"
mount -o remount,ro,bind "$0" "$0"
mount -t tmpfs -o mode=1777 tmpfs "$0/tmp"
user="$2"; root="$0"; shift 2
exec chroot --userspec="$user" "$root" "$@"
"""


@dataclass(frozen=True)
class Built:
    """A folder that holds what the image would."""

    root: Path

    def popen(
        self, command: Sequence[str], environ: Mapping[str, str], configuration: str = ""
    ) -> "subprocess.Popen[str]":
        """Start a command as the image's user, its file system read-only but for /tmp and the data's folder."""
        if configuration:
            (self.root / "etc/kms-rotation/kms-rotation.toml").write_text(configuration, encoding="utf-8")
        image = last_stage()
        said = {name: value.replace("${PATH}", os.environ["PATH"]) for name, value in image.environment.items()}
        return subprocess.Popen(
            [
                "unshare",
                "--mount",
                "sh",
                "-c",
                _ENTER,
                self.root,
                sys.base_prefix,
                image.user,
                "sh",
                "-c",
                _IN,
                *command,
            ],
            env={"HOME": "/app", "LD_LIBRARY_PATH": "/opt/python/lib", **said, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: Sequence[str], environ: Mapping[str, str] | None = None) -> tuple[int, str]:
        with self.popen(command, environ or {}) as running:
            output, _ = running.communicate(timeout=60)
        return running.returncode, output


_IN = 'cd /app && exec "$0" "$@"'


def build(root: Path) -> Built:
    for folder in ("etc/kms-rotation", "tmp", "opt/python", "var/lib/kms-rotation", *(f"host/{each}" for each in HOST)):
        (root / folder).mkdir(parents=True)
    for each in HOST:
        (root / each).mkdir()
    (root / "etc/passwd").write_text("kms-rotation:x:10001:10001::/app:/usr/sbin/nologin\n", encoding="utf-8")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n", encoding="utf-8")
    root.chmod(0o755)
    os.chown(root / "var/lib/kms-rotation", 10001, 10001)
    _copy_sources(root / "app")
    _install(root / "opt/venv")
    return Built(root)


def _copy_sources(app: Path) -> None:
    for source, destination in last_stage().copied:
        for path in sent():
            if path.is_relative_to(source):
                target = app / destination / path.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, target)
                compiled = Path(
                    cache_from_source(str(path))
                )  # as `compileall` would leave it; it names its source's time
                if path.suffix == ".py" and (ROOT / compiled).exists():
                    (target.parent / "__pycache__").mkdir(exist_ok=True)
                    shutil.copy2(ROOT / compiled, target.parent / "__pycache__")


def _install(venv: Path) -> None:
    packages = venv / "lib" / PYTHON / "site-packages"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/python").symlink_to(f"/opt/python/bin/{PYTHON}")
    (venv / "pyvenv.cfg").write_text("home = /opt/python/bin\ninclude-system-site-packages = false\n", encoding="utf-8")
    for package in required():
        for file in package.files or ():
            if ".." in file.parts or not Path(str(file.locate())).exists():
                continue
            target = packages / file
            target.parent.mkdir(parents=True, exist_ok=True)
            _take(Path(str(package.locate_file(file))), target)


def _take(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:  # on another disk
        shutil.copyfile(source, target)


def required() -> Iterator[Distribution]:
    """What pip installs for requirements.txt: each package and what that needs."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    waiting = [Requirement(line.partition("#")[0]) for line in lines if line.partition("#")[0].strip()]
    seen: set[tuple[str, frozenset[str]]] = set()
    installed: set[str] = set()
    while waiting:
        wanted = waiting.pop()
        name, extras = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        package = distribution(name)
        for further in map(Requirement, package.requires or ()):
            marker = further.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in (*extras, "")):
                waiting.append(further)
        if name not in installed:
            installed.add(name)
            yield package
