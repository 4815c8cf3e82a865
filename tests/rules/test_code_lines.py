"""The lines by which code that manages a key keeps it rotating."""

import pytest

from bot.models.code import Managed, Tool
from bot.rules.code_lines import lines, managed, tools_of

TERRAFORM = "enable_key_rotation     = true\nrotation_period_in_days = 180"


def test_a_key_without_a_trace_of_code_is_managed_by_none() -> None:
    assert managed("vault", None) is None


@pytest.mark.parametrize(
    ("by", "tool"),
    [
        ("Terraform", Tool.TERRAFORM),
        ("OpenTofu", Tool.OPENTOFU),
        ("Pulumi", Tool.PULUMI),
        ("CloudFormation stack vault", Tool.CLOUDFORMATION),
        ("something else", None),
    ],
)
def test_the_tool_is_known_by_what_its_tags_were_read_as(by: str, tool: Tool | None) -> None:
    assert managed("vault", by) == Managed("vault", by, tool)


def test_cloudformation_tells_what_the_key_is_called_in_its_template() -> None:
    tags = (("aws:cloudformation:logical-id", "CardVault"), ("team", "web"))
    found = managed("vault", "CloudFormation stack vault", tags)
    assert found is not None
    assert found.logical_id == "CardVault"
    of_another_tool = managed("vault", "Terraform", tags)
    assert of_another_tool is not None
    assert of_another_tool.logical_id == ""


@pytest.mark.parametrize(
    ("tool", "written"),
    [
        (Tool.TERRAFORM, TERRAFORM),
        (Tool.OPENTOFU, TERRAFORM),
        (Tool.PULUMI, "enableKeyRotation: true\nrotationPeriodInDays: 180"),
        (Tool.CLOUDFORMATION, "EnableKeyRotation: true\nRotationPeriodInDays: 180"),
    ],
)
def test_each_tool_has_its_own_words_for_it(tool: Tool, written: str) -> None:
    assert lines(tool, 180) == written


def test_lines_that_are_alike_are_told_once_and_all_where_the_tool_is_not_known() -> None:
    def of(*tools: Tool | None) -> list[Managed]:
        return [Managed("vault", "", tool) for tool in tools]

    assert tools_of(of(Tool.OPENTOFU, Tool.TERRAFORM, Tool.TERRAFORM)) == (Tool.TERRAFORM,)
    assert tools_of(of(Tool.OPENTOFU)) == (Tool.OPENTOFU,)
    assert tools_of(of(Tool.CLOUDFORMATION, Tool.PULUMI)) == (Tool.PULUMI, Tool.CLOUDFORMATION)
    assert tools_of(of(None, Tool.PULUMI)) == (Tool.TERRAFORM, Tool.CLOUDFORMATION)
