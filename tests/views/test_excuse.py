"""What a pattern covers, in words."""

from dataclasses import replace

import pytest

from bot.views.excuse import owner, reach
from bot.views.rich import group, user
from tests.views.exempted import reach_of
from tests.views.samples import ORDINARY


@pytest.mark.parametrize(
    ("excused", "told"), [(0, ""), (1, " 1 more is exempt already."), (100, " 100 more are exempt already.")]
)
def test_what_is_exempt_already_is_told_beside_the_open_keys_and_not_among_them(excused: int, told: str) -> None:
    covered = replace(reach_of(ORDINARY), open_keys=1, names=("legacy/a",), is_everything=False, excused=excused)

    assert reach(covered) == f"As of the last scan it would cover 1 open key: “legacy/a”.{told}"


@pytest.mark.parametrize(
    "name", ["SRE", "SECURITY", "WEB", "US", "USA", "WEBOPS", "S", "U", "the ERP team", "s0keyadmins"]
)
def test_an_owner_who_is_a_name_is_shown_as_it_was_written_also_in_capital_letters(name: str) -> None:
    assert owner(name) == name


@pytest.mark.parametrize("slack_id", ["U0AIKO", "W0AIKO", "U024BE7LH", "UHGKLMNOP", "U01ABCDEFGH"])
def test_an_owner_who_is_somebody_in_slack_is_mentioned(slack_id: str) -> None:
    assert owner(slack_id) == user(slack_id)


@pytest.mark.parametrize("slack_id", ["S0KEYADMINS", "S0614TZR7", "SAZGHKLMB"])
def test_an_owner_who_is_a_user_group_is_mentioned(slack_id: str) -> None:
    assert owner(slack_id) == group(slack_id)
