"""The peers' own virtual environments, made once under build/bench/."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
HOME = HERE.parents[2] / "build" / "bench"


def commands_of(peer: str) -> Path:
    """Return the folder of a peer's commands, installed from its list of requirements where it is not yet.

    Raises subprocess.CalledProcessError where pip cannot install it.
    """
    wanted, environment = HERE / f"{peer}.txt", HOME / peer
    stamp = environment / "installed.txt"
    if not stamp.exists() or stamp.read_text() != wanted.read_text():
        print(f"Installing {peer} into {environment} (minutes, once) …", file=sys.stderr, flush=True)  # noqa: T201 - who waits wants to know for what
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        pip = [str(environment / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", str(wanted)], check=True, stdout=sys.stderr)
        stamp.write_text(wanted.read_text())
    return environment / "bin"
