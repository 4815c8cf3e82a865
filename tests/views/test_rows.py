"""The row of an open key: what it says, and when it has its button."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from bot.models.digests import Delta, DeltaKind
from bot.views.digest import digest, digest_page
from bot.views.rows import key_row
from tests.store.samples import at
from tests.views.reading import buttons, lines
from tests.views.samples import (
    ORDINARY,
    WORDS,
    Words,
    digest_of,
    every_request,
    open_key,
)


@pytest.mark.parametrize("name", every_request(ORDINARY))
def test_a_row_offers_its_button_while_nothing_is_under_way(name: str) -> None:
    requested = every_request(ORDINARY)[name]
    shown = lines({"blocks": key_row(open_key(), requested, at(2))})
    can_ask = name in {"failed", "denied", "cancelled", "expired", "expired, partly approved"}
    assert ("[Enable rotation]" in shown) == can_ask
    assert any("Asked by @U0MARA" in line for line in shown)
    assert any("Open for 3 days" in line for line in shown) == can_ask
    assert ("Automatic rotation is off." in shown[1]) == (name not in {"succeeded", "not needed"})
    if name == "failed":
        assert "AWS refused the change: kms:EnableKeyRotation is denied (by the key policy)." in shown
    if name == "succeeded":
        assert "Rotation is on, every 365 days." in shown[2]
        assert "Next rotation 2027-03-02" in shown[2]


def test_a_request_for_other_keys_leaves_the_button_alone() -> None:
    assert buttons({"blocks": key_row(open_key(ORDINARY, 7), every_request(ORDINARY)["pending"])}) == [
        "Enable rotation"
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "Open for 3 days · owner payments · managed by Terraform"),
        ({"is_production": True}, "Production · open for 3 days · owner payments · managed by Terraform"),
        ({"news": DeltaKind.NEW, "managed_by": None}, "New · owner payments"),
        ({"news": DeltaKind.REGRESSED, "managed_by": None}, "Open again · owner payments"),
        ({"owner": None, "managed_by": None}, "Open for 3 days · no owner"),
        ({"owner": "", "managed_by": None}, "Open for 3 days · team payments"),
        ({"owner": "", "team": None, "open_since": None, "managed_by": None}, "[Enable rotation]"),
    ],
)
def test_a_row_says_how_long_its_key_is_open_whose_it_is_and_what_manages_it(
    changes: dict[str, Any], told: str
) -> None:
    assert lines({"blocks": key_row(replace(open_key(), **changes), None, at(2))})[2] == told


def test_where_no_digest_was_before_no_age_is_told() -> None:
    assert lines({"blocks": key_row(open_key(), None)})[2] == "Owner payments · managed by Terraform"
    assert not any("pen for" in line for line in lines(digest(digest_of(top=1), {})))


@pytest.mark.parametrize(("kind", "length"), list(product(WORDS, (1, 15))))
def test_each_row_begins_with_its_keys_name(kind: str, length: int) -> None:
    words: Words = WORDS[kind]
    shown = lines(digest(digest_of(words, top=length), {}))
    assert sum(line.startswith(words.alias[:60]) for line in shown) == length


def test_a_line_of_the_thread_tells_what_a_row_does() -> None:
    keys = (
        open_key(),
        replace(open_key(), owner=None, is_production=True, news=DeltaKind.NEW),
        replace(open_key(), owner="", team=None, open_since=None),
    )
    start = "• payments/card-vault – prod-payments · eu-central-1 · Automatic rotation is off."
    assert lines(digest_page(digest_of(rest=(keys,), open_total=3, delta=Delta()), 0)) == [
        "Open keys 1 to 3 of 3",
        f"{start} · open for 3 days · owner payments",
        f"{start} · production · new · no owner",
        start,
    ]
