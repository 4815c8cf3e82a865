"""The container image: what the Dockerfile puts into it is what the bot needs, and no more than it may have."""

import json
import os
import re
import socket
import subprocess

import pytest

from tests.app.house import CONFIGURATION, House, house
from tests.deploy.dockerfile import last_stage, sent
from tests.deploy.image import Built, build
from tests.store.databases import SQLITE_ALONE

__all__ = ["house"]

EVERYTHING = """
import importlib, pkgutil, warnings
warnings.simplefilter("error", ImportWarning)
names = [each.name for top in ("bot", "handlers") for each in pkgutil.walk_packages([top], top + ".")]
skipped = ("bot.__main__", "bot.store.migrations.")
for name in names:
    if not name.startswith(skipped):
        importlib.import_module(name)
import matplotlib.figure, os, psycopg
print(len(names), os.getuid(), os.getgid())
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Built:
    entering = subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True)
    if entering.returncode != 0:
        assert not os.environ.get("CI"), "in CI the image must be entered; that needs root"
        pytest.skip("the image cannot be entered here: that needs root")  # never in CI, which fails above
    return build(tmp_path_factory.mktemp("image"))


def test_nothing_is_sent_to_the_builder_but_the_bot_and_its_requirements() -> None:
    assert {path.parts[0] for path in sent()} == {"bot", "handlers", "requirements.txt"}
    assert [path for path in sent() if path.suffix not in {".py", ".txt", ".sql", ".mako"}] == []


def test_the_user_is_a_number_that_is_not_roots() -> None:
    """Kubernetes cannot tell a name's from root's: https://kubernetes.io/docs/tasks/configure-pod-container/security-context."""
    assert re.fullmatch(r"[1-9]\d{4,}:[1-9]\d{4,}", last_stage().user)


def test_no_secret_is_baked_in() -> None:
    words = " ".join(f"{name} {rest}" for name, rest in last_stage().instructions)
    assert re.findall(r"xox[a-z]-|xapp-|AKIA|TOKEN|SECRET|PASSWORD|DATABASE_URL", words) == []


def test_every_module_loads_with_the_required_packages_alone(image: Built) -> None:
    status, output = image.run(["python", "-c", EVERYTHING])
    count, *user = output.splitlines()[-1].split()  # before it, this machine's fontconfig may miss its own files
    assert (status, user) == (0, ["10001", "10001"]), output
    assert int(count) > 100


def test_the_help_is_what_a_bare_option_shows(image: Built) -> None:
    status, output = image.run([*last_stage().command[:-1], "--help"])
    assert status == 0
    assert "usage: python -m bot" in output


def test_it_cannot_write_where_it_is_installed(image: Built) -> None:
    for place in ("/app/bot/new.py", "/opt/venv/new", "/etc/kms-rotation/kms-rotation.toml"):
        status, output = image.run(["python", "-c", f"open({place!r}, 'w')"])
        assert (status, "Read-only file system" in output) == (1, True), output
    assert image.run(["python", "-c", "open('/tmp/new', 'w')"]) == (0, "")


@SQLITE_ALONE
@pytest.mark.parametrize("mode", ["socket", "http"])
def test_the_bot_runs_in_it_answers_its_health_check_and_ends_in_time(image: Built, house: House, mode: str) -> None:
    port = str(_free_port())
    environ = {
        **house.aws.environment(least_privilege=True),
        **house.slack.environment(),
        "DATABASE_URL": "sqlite:////var/lib/kms-rotation/kms-rotation.sqlite3",
        "PORT": port,
    }
    configuration = CONFIGURATION.replace("[slack]", f'[web]\nlisten = "0.0.0.0:{port}"\n[slack]\nmode = "{mode}"', 1)
    with image.popen(last_stage().command, environ, configuration) as bot:
        try:
            said = _until_ready(bot)
            assert image.run(last_stage().health, {"PORT": port}) == (0, "")
            assert bool(house.slack.sockets.connections) is (mode == "socket")
        finally:
            bot.terminate()
            more, _ = bot.communicate(timeout=25)
    assert (bot.returncode, "Traceback" in said + more) == (0, False), said + more
    assert image.run(last_stage().health, {"PORT": port})[0] == 1


def _until_ready(bot: "subprocess.Popen[str]") -> str:
    said = ""
    while "Ready." not in said:
        line = bot.stdout.readline() if bot.stdout else ""
        assert line, f"it ended before it was ready:\n{said}"
        said += line
    return said


def test_the_health_check_looks_where_the_port_is_exposed_and_the_example_listens() -> None:
    (port,) = last_stage().every("EXPOSE")
    assert f"or {port}" in " ".join(last_stage().health)
    assert json.loads(last_stage().every("CMD")[0]) == ["run"]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
