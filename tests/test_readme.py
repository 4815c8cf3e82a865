"""The configurations that the pages show are what the settings take."""

import re
import tomllib
from pathlib import Path

import pytest

from bot.settings import load
from bot.settings.rules import RuleSection
from bot.settings.tree import Document

ROOT = Path(__file__).parents[1]
SAMPLES = [
    (path.name, sample)
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    for sample in re.findall(r"^ *```toml\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
]
WHOLE = {"README.md", "approval-rules.md", "configuration.md"}
"""Pages whose sample a bot starts with; the others show a part."""


def test_there_are_samples() -> None:
    assert {name for name, _ in SAMPLES} > WHOLE


@pytest.mark.parametrize(("name", "sample"), SAMPLES)
def test_each_sample_is_taken(tmp_path: Path, name: str, sample: str) -> None:
    filled = sample.replace('external_id = "…"', 'external_id = "made-up"')
    Document.model_validate(tomllib.loads(filled))
    if name in WHOLE:
        path = tmp_path / "kms-rotation.toml"
        path.write_text(filled, encoding="utf-8")
        assert load({"KMS_ROTATION_CONFIG": str(path)}, with_slack=False).approval.rules


def test_every_setting_of_a_rule_is_shown() -> None:
    wholes = [tomllib.loads(sample) for name, sample in SAMPLES if name in WHOLE]
    shown = {setting for whole in wholes for rule in whole["approval"]["rule"] for setting in rule}
    assert shown == set(RuleSection.model_fields)


def test_every_section_and_setting_is_shown_on_the_page_of_the_configuration() -> None:
    (sample,) = [tomllib.loads(sample) for name, sample in SAMPLES if name == "configuration.md"]
    shown = {(section, setting) for section, settings in sample.items() for setting in settings}
    taken = {
        (section, field.alias or setting)
        for section, whole in Document.model_fields.items()
        for setting, field in getattr(whole.annotation, "model_fields", {}).items()
    }
    assert taken - shown == set()
