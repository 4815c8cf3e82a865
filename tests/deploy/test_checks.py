"""The checks of everything in deploy/: clean as it is shipped, and each of them sees a mistake of its kind."""

import shutil
from pathlib import Path
from textwrap import dedent

import pytest

import deploy.check
from deploy.check import FOLDER, checks, kubernetes, main

MISTAKES = {
    "hadolint": ("docker/Dockerfile", "USER 10001:10001", "USER root", "DL3002"),
    "compose-spec": ("docker/compose.yml", "stop_grace_period: 30s", "stop_grace: 30s", "stop_grace"),
    "an unknown field": ("kubernetes/bot.yaml", "readOnlyRootFilesystem", "readonlyRootFilesystem", "readonlyRoot"),
    "of an Ingress": ("kubernetes/http/ingress.yaml", "pathType: Exact", "pathTyp: Exact", "pathTyp"),
    "a wrong type": ("kubernetes/service.yaml", "port: 80", "port: eighty", "eighty"),
    "a directive": (
        "systemd/kms-rotation-bot.service",
        "ExecStart=/opt/kms-rotation/.venv/bin/python",
        "ExecStart=/opt/nothing/here",
        "not executable",
    ),
    "exposure": (
        "systemd/kms-rotation-.service.d/service.conf",
        "SystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources\n",
        "",
        "Overall exposure level",
    ),
    "an alert rule": (
        "prometheus/alerts.yml",
        "max(kms_rotation_database_up) == 0",
        "max(kms_rotation_database_up) =",
        "promtool",
    ),
    "an alert that fires late": ("prometheus/alerts.yml", "for: 3m", "for: 30m", "KmsRotationDown"),
}


KUSTOMIZATIONS = {"kubernetes/kustomization.yaml", "kubernetes/http/kustomization.yaml"}
"""For kubectl; tests/deploy/test_pages.py reads them."""


def test_everything_is_clean_and_nothing_was_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", "true")
    assert main() == 0
    assert capsys.readouterr().out == "deploy: 10 checks, 0 failed, 0 left out\n"


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_found_and_shown(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name, right, wrong, shown = MISTAKES[kind]
    for folder in ("docker", "kubernetes", "prometheus", "systemd"):
        shutil.copytree(FOLDER / folder, tmp_path / folder)
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert right in text
    (tmp_path / name).write_text(text.replace(right, wrong), encoding="utf-8")
    monkeypatch.setattr(deploy.check, "FOLDER", tmp_path)
    assert main() == 1
    output = capsys.readouterr().out
    assert shown in output
    assert " 0 failed" not in output


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_a_tool_that_is_not_there_is_said_and_left_out_except_in_ci(
    ci: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = deploy.check.find
    monkeypatch.setattr(deploy.check, "find", lambda tool: None if tool == "systemd-analyze" else found(tool))
    monkeypatch.setenv("CI", ci)
    assert main() == status
    assert capsys.readouterr().out == dedent("""\
        Left out: systemd-analyze is not on this machine (apt-get install systemd).
        deploy: 6 checks, 0 failed, 4 left out
        """)


def test_every_file_is_looked_at_by_some_check() -> None:
    """Or it is one of those that have their own tests."""
    with checks() as every:
        seen = {argument for check in every for argument in check.arguments}
    assert [path.name for path in kubernetes() if str(path) not in seen] == []
    ours = {path.relative_to(FOLDER).as_posix() for folder in ("docker", "kubernetes") for path in _files(folder)}
    named = {Path(each).relative_to(FOLDER).as_posix() for each in seen if each.startswith(str(FOLDER))}
    assert ours - named == {"docker/.env.example", "docker/Dockerfile.dockerignore", *KUSTOMIZATIONS}


def _files(folder: str) -> list[Path]:
    return [path for path in (FOLDER / folder).rglob("*") if path.is_file()]
