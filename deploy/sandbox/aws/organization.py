"""Members and organisational units of the emulated organisation, with ids that are fixed and can be read."""

import re
from typing import Any

from moto.organizations.models import FakeAccount, FakeOrganizationalUnit, FakeRoot, OrganizationsBackend

ROOT = "r-nw1x"
SHORTEST = 8
"""An id is `ou-<the root's part>-<8 to 32>`.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html
"""


class Member(FakeAccount):
    """moto's account, with an id of our choice and without the IAM role that moto would give it."""

    def __init__(self, organizations: OrganizationsBackend, account: str) -> None:
        self.__dict__.update(vars(organizations.accounts[0]))
        self.id, self.tags, self.attached_policies = account, {}, []
        self.joined_method, self.parent_id = "CREATED", ROOT


def name_the_root(organizations: OrganizationsBackend) -> None:
    """Give the root, under which everything stands, its id."""
    [root] = [unit for unit in organizations.ou if isinstance(unit, FakeRoot)]
    organization: Any = organizations.org
    organization.root_id = root.id = organizations.accounts[0].parent_id = ROOT


def add_unit(organizations: OrganizationsBackend, name: str, parent: str) -> str:
    """Make a unit under a root or a unit; its id tells its name. Errors: ValueError for one that is there already."""
    organization: Any = organizations.org
    unit = FakeOrganizationalUnit(organization, Name=name, ParentId=parent)
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    unit.id = f"ou-{ROOT.removeprefix('r-')}-{plain.ljust(SHORTEST, '0')}"
    if not has_unit(organizations, parent) or has_unit(organizations, unit.id):
        raise ValueError(f"there is no unit {parent}, or {unit.id} is there already")
    organizations.ou.append(unit)
    return str(unit.id)


def has_unit(organizations: OrganizationsBackend, unit: str) -> bool:
    return any(each.id == unit for each in organizations.ou)
