"""The main job, end to end, over the wire."""

import pytest

from tests.app.house import CHANNEL, CONFIGURATION, PAYMENTS, House, house, shown

__all__ = ["house"]


@pytest.mark.parametrize("mode", ["socket", "http"])
def test_from_the_digest_to_a_key_that_rotates(house: House, mode: str) -> None:
    house.configure(CONFIGURATION.replace("[slack]", f'[slack]\nmode = "{mode}"'))
    arn = house.aws.world.key(account=PAYMENTS, alias="alias/payments/card-vault")
    house.aws.world.key(account=PAYMENTS, alias="alias/payments/ledger", rotation=365)
    with house.running():
        assert "50% compliant" in house.command(house.mara, "status")
        house.jonas.slash("/kms-rotation digest", channel=CHANNEL)
        house.slack.wait_for(lambda: house.channel.roots, what="the digest")
        digest = house.channel.roots[0]
        assert "1 key does not rotate as it should" in shown(digest)

        house.open_form(house.mara, lambda: house.mara.click(digest, text="Enable rotation"))
        house.mara.submit(house.mara.modal, {"reason": {"text": "Audit on Monday"}})
        house.slack.wait_for(house.request_messages, what="the request")
        request = house.request_messages()[0]
        assert "Audit on Monday" in shown(request)
        assert "waiting for approval" in house.until_shown(digest, "Asked by")

        refused = house.whisper(house.mara, lambda: house.press(house.mara, request, "Approve"))
        assert refused == "You asked for this change, so somebody else has to approve it."
        guest = house.slack.person("U0GUEST")
        assert "Only full members" in house.whisper(guest, lambda: house.press(guest, request, "Approve"))
        assert house.aws.calls.named("EnableKeyRotation") == []

        house.press(house.jonas, request, "Approve")
        told = house.until_shown(request, "Rotation is on, every 365 days")
        assert "Asked by <@U0MARA>, approved by <@U0JONAS>" in told
        assert "Next rotation" in told
        assert "Rotation is on" in house.until_shown(digest, "Rotation is on")
        assert house.aws.world.rotation(house.aws.world.find(arn)).enabled
        assert len(house.aws.calls.named("EnableKeyRotation")) == 1
        assert "100% compliant" in house.command(house.mara, "status")
        house.slack.wait_for(lambda: house.channel.thread(request.ts), what="the result in the thread")
    assert house.trail.verify().fault is None
    assert any(call.method == "apps.connections.open" for call in house.slack.calls) is (mode == "socket")
