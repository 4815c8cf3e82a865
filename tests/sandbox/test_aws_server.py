"""Starting the emulated AWS."""

from socket import create_server

import pytest

from deploy.sandbox.aws import AwsServer
from deploy.sandbox.aws.seed import sow
from deploy.sandbox.aws.world import World


def test_a_taken_port_is_an_error_and_not_the_end_of_the_process() -> None:
    with create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="in use"):
        AwsServer(other.getsockname()[1])


def test_the_keys_have_the_same_ids_at_every_start() -> None:
    assert _sown() == _sown()


def _sown() -> set[tuple[str, str]]:
    world = World()
    sow(world)
    assert len(world.rotations) > 50, "nothing was sown"
    return set(world.rotations)
