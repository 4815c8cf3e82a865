"""What people hear whose fixes did not last."""

from dataclasses import replace

from bot.models.requests import ChangeState, RequestState
from bot.models.undone import UndoneFix
from bot.views.undone import undone
from tests.store.samples import at
from tests.views.samples import open_finding, request_in


def test_the_lines_for_code_say_the_period_of_the_very_keys_that_code_manages() -> None:
    """Fixes that are found at one moment may have been asked for with several periods."""
    asked = request_in(RequestState.DONE, *[ChangeState.SUCCEEDED] * 3)
    periods = zip(asked.changes, (90, 180, 365), (None, "Terraform", "Terraform"), strict=True)
    fixes = [
        UndoneFix(replace(change, period_days=days), asked, open_finding(managed_by=by), "k1", at(9))
        for change, days, by in periods
    ]
    told = str(undone(fixes).blocks)
    assert [days for days in (90, 180, 365) if f"rotation_period_in_days = {days}" in told] == [180, 365]
