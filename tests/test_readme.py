"""The README's samples are what the settings take."""

import re
import tomllib
from pathlib import Path

import pytest

from bot.settings import load
from bot.settings.rules import RuleSection

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
SAMPLES = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)


def test_there_are_samples() -> None:
    assert len(SAMPLES) == 2


@pytest.mark.parametrize("sample", SAMPLES)
def test_each_sample_loads(tmp_path: Path, sample: str) -> None:
    path = tmp_path / "kms-rotation.toml"
    path.write_text(sample.replace('external_id = "…"', 'external_id = "made-up"'), encoding="utf-8")
    assert load({"KMS_ROTATION_CONFIG": str(path)}, with_slack=False).approval.rules


def test_every_setting_of_a_rule_is_shown() -> None:
    shown = {name for sample in SAMPLES for rule in tomllib.loads(sample)["approval"]["rule"] for name in rule}
    assert shown == set(RuleSection.model_fields)
