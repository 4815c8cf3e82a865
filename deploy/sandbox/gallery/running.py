"""The sandbox as a process of its own, with the real bot, in a temporary folder."""

import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory

from deploy.sandbox.errors import CannotStartError

END_SECONDS = 30
_ADDRESS = re.compile(r"^Open (\S+)$", re.MULTILINE)


@contextmanager
def sandbox() -> Iterator[str]:
    """Run it, and answer with the page's address once the first digest is in the channel. Errors: CannotStartError."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "deploy.sandbox", "--port", "0", "--data", folder]
        process = Popen(command, stdout=PIPE, text=True)  # noqa: S603 - our own command
        try:
            yield _address(process)
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=END_SECONDS)


def _address(process: "Popen[str]") -> str:
    assert process.stdout is not None  # noqa: S101 - it is piped
    printed = ""
    for line in process.stdout:
        printed += line
        if line.startswith("Ctrl-C ends it"):
            break
    found = _ADDRESS.search(printed)
    if found is None:
        raise CannotStartError(f"The sandbox did not start: {printed}")
    return found[1]
