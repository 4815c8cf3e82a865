"""The dashboard and the alert rules ask for what the running bot tells, and nothing else."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from bot.models.shares import Depth
from bot.models.watch import Census, Part, Readiness
from bot.web.figures import Figures
from bot.web.pages import PATHS, Pages
from deploy.check import find
from tests.app.house import Clock, House, house
from tests.web.asking import ask

__all__ = ["house"]

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy/prometheus/alerts.yml"
ALERT_TESTS = ROOT / "deploy/prometheus/alerts.test.yml"
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"][0]["rules"]
PAGE = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")

OURS = re.compile(r"\b(?:kms_rotation|process|python)_[a-z0-9_]+")
SELECTED = re.compile(r"\b(kms_rotation_[a-z0-9_]+)\{([^}]*)\}")
LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")


@dataclass(frozen=True)
class Told:
    """Every name of a sample that the bot can tell, and the labels that go with it."""

    labels: Mapping[str, frozenset[str]]


@pytest.fixture
def told(house: House) -> Told:
    """What a bot tells that has scanned, been asked and failed a little, and one that shares its scans out."""
    key = "payments/card-vault"
    house.key(key)
    with house.running() as process:
        house.ask(house.mara, key)
        house.aws.faults.throttle(action="kms:DescribeKey", times=1)
        house.command(house.mara, f"key {key}")
        house.jonas.slash("/kms-rotation digest", channel="C0SECURITY")
        house.slack.wait_for(lambda: len(house.channel.roots) > 1, what="the digest")
        process.watch.metrics.socket_replaced("dropped")
        pages = [ask(process.watch.pages, "/metrics").body, _of_a_bot_with_workers()]
    labels: dict[str, frozenset[str]] = {}
    for page in pages:
        for family in text_string_to_metric_families(page.decode()):
            labels |= {each.name: labels.get(each.name, frozenset()) | set(each.labels) for each in family.samples}
    return Told(labels)


def _of_a_bot_with_workers() -> bytes:
    registry, clock = CollectorRegistry(), Clock()
    registry.register(Figures(lambda: Census(queue=Depth(1, 2, 3.0)), lambda _: None, lambda: None, clock))
    return ask(Pages(lambda: Part("", is_well=True, says=""), lambda: Readiness(()), registry), "/metrics").body


def expressions() -> Iterator[tuple[str, str]]:
    """Everything that Prometheus is asked, and where."""
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def test_every_metric_and_label_that_is_asked_for_is_told(told: Told) -> None:
    unknown = {(place, name) for place, text in expressions() for name in OURS.findall(text) if name not in told.labels}
    assert unknown == set()
    strange = {
        (place, name, label)
        for place, text in expressions()
        for name, selector in SELECTED.findall(text)
        for label in LABEL.findall(selector)
        if label not in told.labels[name]
    }
    assert strange == set()


def test_every_metric_of_the_bot_is_explained_on_its_page_and_no_other(told: Told) -> None:
    ours = {name for name in told.labels if name.startswith("kms_rotation_")}
    ours = {re.sub(r"(_seconds)_(bucket|sum|count|created)$", r"\1", name) for name in ours}
    ours = {name for name in ours if not name.endswith("_created")}
    assert set(re.findall(r"\bkms_rotation_[a-z0-9_]+", PAGE)) == ours


def test_every_alert_is_explained_on_the_page_says_what_to_do_and_is_tested_both_ways() -> None:
    tests = yaml.safe_load(ALERT_TESTS.read_text(encoding="utf-8"))["tests"]
    names = [rule["alert"] for rule in RULES]
    assert len(names) == len(set(names))
    assert {each["name"] for each in tests} == {f"{name} {what}" for name in names for what in ("fires", "is quiet")}
    for rule in RULES:
        assert rule["alert"] in PAGE
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["description"].endswith((".", "…"))


@pytest.mark.parametrize("name", ["bot", "worker"])
def test_the_probes_ask_for_pages_that_there_are(name: str) -> None:
    texts = (ROOT / f"deploy/kubernetes/{name}.yaml").read_text(encoding="utf-8")
    [deployment] = [each for each in yaml.safe_load_all(texts) if each["kind"] == "Deployment"]
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    asked = [container[f"{probe}Probe"]["httpGet"] for probe in ("startup", "liveness", "readiness")]
    assert [each["path"].partition("?")[0] for each in asked] == ["/healthz", "/healthz", "/readyz"]
    assert {each["path"].partition("?")[0] for each in asked} <= set(PATHS)
    assert {each["port"] for each in asked} == {port["name"] for port in container["ports"]}


def test_panels_have_names_of_their_own_and_do_not_overlap() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for place in (panel["gridPos"] for panel in panels):
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_prometheus_understands_every_question_of_the_dashboard(tmp_path: Path) -> None:
    promtool = find("promtool")
    if promtool is None:
        assert not os.environ.get("CI"), "in CI no tool may be missing"
        pytest.skip("promtool is not on this machine: apt-get install prometheus")  # never in CI, which fails above
    rules = [
        {"record": f"asked:{number}", "expr": text.replace("$__rate_interval", "5m").replace("$account", ".*")}
        for number, (_, text) in enumerate(expressions())
    ]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
    ran = subprocess.run([promtool, "check", "rules", str(path)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
