"""Open keys as a spreadsheet."""

import csv
from dataclasses import replace

import pytest

from bot.models.owners import UNKNOWN
from bot.views.sheet import COLUMNS, NOT_KNOWN, sheet
from tests.views.samples import ORDINARY, open_finding

FINDING = open_finding(ORDINARY, 1)


def row(text: str) -> dict[str, str]:
    (found,) = csv.DictReader(text.splitlines())
    return found


@pytest.mark.parametrize(("owner", "told"), [("payments", "payments"), (None, ""), (UNKNOWN, NOT_KNOWN)])
def test_a_line_tells_whose_a_key_is_and_nobody_is_told_apart_from_not_known(owner: str | None, told: str) -> None:
    found = row(sheet([replace(FINDING, owner=owner)]))
    assert tuple(found) == COLUMNS
    assert (found["arn"], found["name"], found["owner"]) == (FINDING.arn, FINDING.name, told)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_nothing_that_somebody_wrote_is_taken_for_a_formula(sign: str) -> None:
    written = f"{sign}HYPERLINK(1)"
    found = replace(FINDING, account_name=written, team=written, managed_by=written, owner=written)
    text = sheet([replace(found, aliases=(f"alias/{written}",))])
    assert text.count(f"'{sign}HYPERLINK(1)") == 5


def test_without_keys_there_are_the_names_of_the_columns() -> None:
    assert sheet([]) == ",".join(COLUMNS) + "\r\n"
