from pathlib import Path

import pytest

from deploy.sandbox.aws import AwsServer
from tests.scan.audits import aws
from tests.terminal.shell import Shell

__all__ = ["aws"]

SETTINGS = """
[scan]
accounts = "organization"
audit_role = "KmsRotationAudit"
external_id = "sandbox-external-id"
"""


@pytest.fixture
def terminal(aws: AwsServer, tmp_path: Path) -> Shell:
    made = Shell(tmp_path, aws.environment(least_privilege=True))
    made.configure(SETTINGS)
    return made
