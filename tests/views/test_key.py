"""One key in full: what AWS told, and what it did not."""

from dataclasses import replace
from typing import Any

import pytest

from bot.models.keys import KeyMetadata, MultiRegionRole, Reason, Rotation, RotationStatus, Verdict
from bot.views.key import key_details, read_rotation_value
from tests.store.samples import arn_of, at
from tests.views.reading import buttons, lines
from tests.views.samples import (
    ORDINARY,
    details_of,
    every_request,
    open_finding,
    rotating_details,
    unread_details,
)


def test_an_open_key_in_full() -> None:
    shown = key_details(details_of())
    assert lines(shown) == [
        "payments/card-vault",
        "prod-payments (111111111111) · eu-central-1",
        arn_of("key-0"),
        "❌ Not compliant – Automatic rotation is off.",
        "• Enabled · SYMMETRIC_DEFAULT · ENCRYPT_DECRYPT · AWS_KMS",
        "• Description: Automatic rotation is off.",
        "• Created 2024-04-07 01:20 UTC",
        "• Not rotated so far",
        "• Price: $1 a month now, $3 once it has rotated twice, and no more than that",
        "• Owner: payments",
        "• Managed by Terraform",
        "• Tags: team=payments",
        "[Enable rotation] [Rotate now …]",
        "Read from AWS 2026-03-02 12:03 UTC.",
    ]
    assert shown.text == "payments/card-vault: Automatic rotation is off."


@pytest.mark.parametrize(
    ("rotations", "history_line", "price"),
    [
        (0, "• Not rotated so far", "• Price: $1 a month now, $3 once it has rotated twice, and no more than that"),
        (
            1,
            "• Rotated 1 time: 2026-03-01 19:20 UTC",
            "• Price: $2 a month now, $3 once it has rotated twice, and no more than that",
        ),
        (
            2,
            "• Rotated 2 times: 2026-03-01 19:20 UTC (on demand), 2026-03-01 02:40 UTC",
            "• Price: $3 a month; further rotations add nothing",
        ),
    ],
)
def test_history_and_price_follow_the_rotations(rotations: int, history_line: str, price: str) -> None:
    shown = lines(key_details(rotating_details(rotations=rotations)))
    assert history_line in shown
    assert price in shown


def test_old_rotations_are_counted() -> None:
    (line,) = [line for line in lines(key_details(rotating_details(rotations=9))) if "Rotated 9" in line]
    assert line.startswith("• Rotated 9 times: 2026-03-01 19:20 UTC, ")
    assert line.endswith(" and 4 before")


def _metadata() -> KeyMetadata:
    metadata = details_of().metadata
    assert metadata is not None
    return metadata


def test_keys_that_cost_nothing_have_no_price() -> None:
    waiting = details_of(
        finding=open_finding(verdict=Verdict.NOT_APPLICABLE, reason=Reason.PENDING_DELETION),
        metadata=replace(_metadata(), state="PendingDeletion", deletion_date=at(10_000)),
        rotations=(Rotation(at(-5), is_on_demand=False),),
    )
    managed = replace(waiting, finding=open_finding(), metadata=replace(_metadata(), manager="AWS"))
    for details in (waiting, managed):
        assert not any("Price" in line for line in lines(key_details(details)))
    assert "• To be deleted 2026-03-09 10:40 UTC" in lines(key_details(waiting))


def test_a_multi_region_key_says_what_it_is() -> None:
    replica = details_of(metadata=replace(_metadata(), multi_region_role=MultiRegionRole.REPLICA))
    assert any(line.endswith("· multi-Region replica") for line in lines(key_details(replica)))


def test_what_could_not_be_read_of_a_key_is_told_and_not_made_up() -> None:
    shown = lines(key_details(unread_details()))
    assert shown[3] == "⚠️ Unknown – Automatic rotation is off."
    assert shown[-1] == (
        "Tried to read it 2026-03-02 12:03 UTC. | ⚠️ Tags could not be read: Automatic rotation is off. | "
        "⚠️ History could not be read: Automatic rotation is off."
    )
    assert not any(word in line for line in shown for word in ("Price", "Rotated", "Not rotated", "[Enable"))


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("name", [None, *every_request(ORDINARY)])
def test_a_key_offers_its_button_where_rotation_is_missing_and_nobody_has_asked(
    verdict: Verdict, name: str | None
) -> None:
    asked = None if name is None else every_request(ORDINARY)[name]
    shown = key_details(details_of(finding=open_finding(verdict=verdict), request=asked))
    is_open = asked is not None and asked.is_open
    assert ("Enable rotation" in buttons(shown)) == (verdict is Verdict.NON_COMPLIANT and not is_open)
    assert ("Rotate now …" in buttons(shown)) == (not is_open)
    assert any("Asked by @U0MARA" in line for line in lines(shown)) == (asked is not None)


@pytest.mark.parametrize(("verdict", "holds"), [(Verdict.NON_COMPLIANT, False), (Verdict.COMPLIANT, True)])
def test_what_was_done_once_is_told_as_what_is_only_while_it_holds(verdict: Verdict, holds: bool) -> None:
    asked = every_request(ORDINARY)["succeeded"]
    told = "\n".join(lines(key_details(details_of(finding=open_finding(verdict=verdict), request=asked))))
    assert "approved by @U0JONAS" in told
    assert (asked.changes[0].result in told) is holds
    assert ("The key does not comply any more." in told) is not holds


@pytest.mark.parametrize(
    "changes",
    [
        {"metadata": replace(_metadata(), state="Disabled")},
        {"metadata": replace(_metadata(), multi_region_role=MultiRegionRole.REPLICA)},
        {"rotations": tuple(Rotation(at(-5), is_on_demand=True) for _ in range(25))},
        {"status": RotationStatus(enabled=False, on_demand_since=at(-1))},
        {"metadata": None},
        {"status": None},
        {"rotations": None},
    ],
    ids=["disabled", "replica", "used up", "under way", "no metadata", "no status", "no history"],
)
def test_a_key_that_may_not_be_rotated_now_or_was_not_wholly_read_has_no_button_for_it(
    changes: dict[str, Any],
) -> None:
    assert buttons(key_details(details_of(**changes))) == ["Enable rotation"]


@pytest.mark.parametrize("used", [0, 3, 24])
def test_the_button_tells_the_form_how_often_the_key_was_rotated_on_demand(used: int) -> None:
    rotations = tuple(Rotation(at(-5), is_on_demand=number < used) for number in range(30))
    (row,) = [block for block in key_details(details_of(rotations=rotations)).blocks if block["type"] == "actions"]
    assert read_rotation_value(row["elements"][1]["value"]) == ("k0", used)


@pytest.mark.parametrize("value", ["k0", "k0 ", "k0 three", "k0 -1", "k0 26", "k0 1 2", "k0 ²", "k0 ٣"])
def test_a_number_that_no_button_of_ours_carries_is_not_told(value: str) -> None:
    assert read_rotation_value(value) == ("k0", None)


def test_a_few_tags_are_shown_and_the_others_counted() -> None:
    tags = {f"t{number:02}": "x" for number in range(12)}
    (line,) = [line for line in lines(key_details(details_of(tags=tags))) if "Tags" in line]
    assert line.startswith("• Tags: t00=x, t01=x, ")
    assert line.endswith("t09=x and 2 more")
    (line,) = [
        line
        for line in lines(key_details(details_of(tags={"t": "x"} | dict(list(tags.items())[:9]))))
        if "Tags" in line
    ]
    assert "more" not in line


def test_all_aliases_are_shown_where_there_are_several() -> None:
    assert not any("Aliases" in line for line in lines(key_details(details_of())))
    assert "• Aliases: payments/card-vault, payments/card-vault-too" in lines(key_details(rotating_details()))
