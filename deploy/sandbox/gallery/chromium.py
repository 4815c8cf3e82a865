"""Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from deploy.sandbox.errors import CannotStartError

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
REMEDY = "Chromium was not found. Install it: apt-get install --no-install-recommends chromium fonts-noto-color-emoji"


def executable(path: str) -> str:
    """Find it in the folders of `path`. Errors: CannotStartError."""
    for name in NAMES:
        if found := shutil.which(name, path=path):
            return found
    raise CannotStartError(REMEDY)


@contextmanager
def browser() -> Iterator[Browser]:
    """Run it. Errors: CannotStartError where it is not on this machine."""
    found = executable(os.environ.get("PATH", os.defpath))
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        try:
            yield started
        finally:
            started.close()
