"""Code that manages a key, and would undo what is changed by hand."""

from dataclasses import dataclass
from enum import StrEnum


class Tool(StrEnum):
    """What runs the code."""

    TERRAFORM = "Terraform"
    OPENTOFU = "OpenTofu"
    PULUMI = "Pulumi"
    CLOUDFORMATION = "CloudFormation"


@dataclass(frozen=True, slots=True)
class Managed:
    """A key that code manages, as its tags tell: `by` in words, the tool where it is known, and for CloudFormation the
    name that the key has in the template, where a tag tells that.
    """

    key_name: str
    by: str
    tool: Tool | None
    logical_id: str = ""
