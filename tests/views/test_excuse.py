"""What a pattern covers, in words."""

from dataclasses import replace

import pytest

from bot.views.excuse import reach
from tests.views.exempted import reach_of
from tests.views.samples import ORDINARY


@pytest.mark.parametrize(
    ("excused", "told"), [(0, ""), (1, " 1 more is exempt already."), (100, " 100 more are exempt already.")]
)
def test_what_is_exempt_already_is_told_beside_the_open_keys_and_not_among_them(excused: int, told: str) -> None:
    covered = replace(reach_of(ORDINARY), open_keys=1, names=("legacy/a",), is_everything=False, excused=excused)

    assert reach(covered) == f"As of the last scan it would cover 1 open key: “legacy/a”.{told}"
