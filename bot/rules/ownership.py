"""Whose a key is and what manages it, as its tags tell.

CloudFormation tags what it makes: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
"""

from collections.abc import Mapping

_TEAM = "team"
_STACK = "aws:cloudformation:stack-name"
_MANAGED_BY = frozenset({"managed-by", "managed_by", "managedby", "managed by"})
_TOOLS = {"terraform": "Terraform", "opentofu": "OpenTofu", "pulumi": "Pulumi"}


def team(tags: Mapping[str, str]) -> str | None:
    """Return the value of the tag `team`, however its name is capitalised."""
    return _lowered(tags).get(_TEAM) or None


def managed_by(tags: Mapping[str, str]) -> str | None:
    """Name the tool that would undo or be surprised by a change made by hand."""
    if stack := tags.get(_STACK):
        return f"CloudFormation stack {stack}"
    for name, value in _lowered(tags).items():
        if name in _MANAGED_BY and value.lower() in _TOOLS:
            return _TOOLS[value.lower()]
    return None


def _lowered(tags: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in tags.items()}
