"""`slack.mode`, and what each of its two values needs of the environment."""

from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.settings import Settings, load
from bot.settings.web import EVERY_NETWORK, ListenAddress

BOT_TOKEN, APP_TOKEN, SECRET = "xoxb-1-geheim", "xapp-1-geheim", "0f1e2d-geheim"
SOCKET = '[slack]\nchannel = "C0SECURITY"\n'
HTTP = '[slack]\nmode = "http"\nchannel = "C0SECURITY"\n'


def environment(folder: Path, text: str, environ: dict[str, str]) -> dict[str, str]:
    path = folder / "kms-rotation.toml"
    path.write_text(text, encoding="utf-8")
    return {"KMS_ROTATION_CONFIG": str(path), "SLACK_BOT_TOKEN": BOT_TOKEN} | environ


def read(folder: Path, text: str, **environ: str) -> Settings:
    return load(environment(folder, text, environ), with_slack=True)


def complaints(folder: Path, text: str, **environ: str) -> list[str]:
    with pytest.raises(ConfigurationError) as error:
        read(folder, text, **environ)
    assert "geheim" not in str(error.value)
    return str(error.value).splitlines()


def test_a_socket_is_the_default_and_needs_the_app_level_token(tmp_path: Path) -> None:
    slack = read(tmp_path, SOCKET, SLACK_APP_TOKEN=APP_TOKEN, PORT="nonsense of somebody else's").slack
    assert slack is not None
    assert not slack.over_http
    [complaint] = complaints(tmp_path, SOCKET, SLACK_SIGNING_SECRET=SECRET)
    assert complaint.startswith("environment: SLACK_APP_TOKEN: It is not set.")


def test_http_needs_the_signing_secret_and_no_app_level_token(tmp_path: Path) -> None:
    slack = read(tmp_path, HTTP, SLACK_SIGNING_SECRET=SECRET).slack
    assert slack is not None
    assert slack.over_http
    assert slack.signing_secret is not None
    [complaint] = complaints(tmp_path, HTTP, SLACK_APP_TOKEN=APP_TOKEN)
    assert complaint == (
        'environment: SLACK_SIGNING_SECRET: It is not set, and with slack.mode = "http" nobody could tell Slack\'s '
        "requests from others. Set it to the signing secret under “Basic Information” of the app."
    )


def test_a_way_that_there_is_not_is_told(tmp_path: Path) -> None:
    text = SOCKET.replace("[slack]", '[slack]\nmode = "webhook"')
    [complaint] = complaints(tmp_path, text, SLACK_APP_TOKEN=APP_TOKEN)
    assert "slack.mode: “webhook” is not a way by which Slack reaches the bot." in complaint
    assert 'Write "socket" for a socket that the bot opens, or "http"' in complaint


@pytest.mark.parametrize(
    ("more", "environ", "listen"),
    [
        ("", {}, ListenAddress("127.0.0.1", 8080)),
        ('[web]\nlisten = "10.0.0.5:9000"\n', {}, ListenAddress("10.0.0.5", 9000)),
        ("", {"PORT": "5000"}, ListenAddress(EVERY_NETWORK, 5000)),
        ('[web]\nlisten = "10.0.0.5:9000"\n', {"PORT": "5000"}, ListenAddress(EVERY_NETWORK, 5000)),
    ],
)
def test_over_http_the_bot_listens(tmp_path: Path, more: str, environ: dict[str, str], listen: ListenAddress) -> None:
    assert read(tmp_path, HTTP + more, SLACK_SIGNING_SECRET=SECRET, **environ).web.listen == listen


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "８０８０", "9" * 5000])
def test_a_port_that_is_none_is_told(tmp_path: Path, port: str) -> None:
    [complaint] = complaints(tmp_path, HTTP, SLACK_SIGNING_SECRET=SECRET, PORT=port)
    assert complaint.startswith("environment: PORT: It is not a port.")


def test_over_a_socket_and_where_nothing_runs_nothing_listens_unasked(tmp_path: Path) -> None:
    assert read(tmp_path, SOCKET, SLACK_APP_TOKEN=APP_TOKEN, PORT="5000").web.listen is None
    assert load(environment(tmp_path, HTTP, {"PORT": "5000"}), with_slack=False).web.listen is None
