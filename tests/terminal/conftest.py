from pathlib import Path

import pytest

from deploy.sandbox.aws import AwsServer
from tests.scan.audits import aws
from tests.store.databases import MakeUrl
from tests.terminal.shell import Shell

__all__ = ["aws"]

SETTINGS = """
[scan]
accounts = "organization"
audit_role = "KmsRotationAudit"
external_id = "sandbox-external-id"
"""


@pytest.fixture
def shell(tmp_path: Path, make_url: MakeUrl) -> Shell:
    """On a database of each kind in which nothing is yet."""
    return Shell(tmp_path, {"DATABASE_URL": make_url("empty")})


@pytest.fixture
def terminal(aws: AwsServer, shell: Shell) -> Shell:
    """The same beside an AWS."""
    shell.environment |= aws.environment(least_privilege=True)
    shell.configure(SETTINGS)
    return shell
