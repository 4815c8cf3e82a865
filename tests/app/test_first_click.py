"""The first click after a start: the bot knows by then who it is, and nobody waits until Slack says so again."""

from collections.abc import Callable

import pytest

from deploy.sandbox.slack.delivery import Outcome
from tests.app.house import HANGS, House, house
from tests.app.served import over_http

__all__ = ["house"]

KEY = "payments/card-vault"


def over_a_socket(_house: House) -> None:
    """It is that already."""


@pytest.mark.parametrize("prepare", [over_a_socket, over_http])
def test_the_first_click_is_acked_and_carried_out_though_slack_does_not_say_again_who_the_bot_is(
    house: House, prepare: Callable[[House], None]
) -> None:
    house.key(KEY)
    prepare(house)
    with house.running():
        message = house.ask(house.mara, KEY)
    with house.running(scanned=False):
        house.slack.faults.hang_next("auth.test", times=99, seconds=HANGS)
        click = house.jonas.click(house.now(message), text="Approve")
        assert click is not None
        assert click.outcome is Outcome.ACKED
        house.until_shown(message, "Rotation is on")
