"""The lines by which code that manages a key keeps it rotating, so that its next run does not undo the change."""

from collections.abc import Iterable

from bot.models.code import Managed, Tool

LOGICAL_ID = "aws:cloudformation:logical-id"
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html"""

_LINES = {
    # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/kms_key
    Tool.TERRAFORM: "enable_key_rotation     = true\nrotation_period_in_days = {}",
    Tool.OPENTOFU: "enable_key_rotation     = true\nrotation_period_in_days = {}",
    # https://www.pulumi.com/registry/packages/aws/api-docs/kms/key/
    Tool.PULUMI: "enableKeyRotation: true\nrotationPeriodInDays: {}",
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
    Tool.CLOUDFORMATION: "EnableKeyRotation: true\nRotationPeriodInDays: {}",
}


def managed(key_name: str, by: str | None, tags: Iterable[tuple[str, str]] = ()) -> Managed | None:
    """Say what manages a key; None where its tags tell of nothing."""
    if not by:
        return None
    tool = next((each for each in Tool if by.startswith(each.value)), None)
    logical_id = dict(tags).get(LOGICAL_ID, "") if tool is Tool.CLOUDFORMATION else ""
    return Managed(key_name, by, tool, logical_id)


def lines(tool: Tool, period_days: int) -> str:
    """The lines of a tool, to be copied into the resource of the key."""
    return _LINES[tool].format(period_days)


def tools_of(keys: Iterable[Managed]) -> tuple[Tool, ...]:
    """Name the tools whose lines differ, each once; all of them where a tool is not known."""
    found = {each.tool for each in keys}
    if None in found:
        return Tool.TERRAFORM, Tool.CLOUDFORMATION
    chosen: dict[str, Tool] = {}
    for tool in Tool:
        if tool in found:
            chosen.setdefault(_LINES[tool], tool)
    return tuple(chosen.values())
