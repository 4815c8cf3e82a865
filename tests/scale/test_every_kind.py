"""In organisations with every kind of key and fault, verdicts and coverage equal the generator's truth, all of them."""

from collections import Counter
from pathlib import Path

import pytest

from bot.aws import failures
from bot.models.keys import Reason
from bot.models.scans import ScanState
from bot.rules import verdict
from bot.scan import reading
from tests.scale.kinds import KINDS, REPLICA
from tests.scale.organisation import ACCOUNT_FATES, generate
from tests.scale.scanning import House, differences
from tests.scan.audits import impatient
from tests.store.databases import MakeUrl

__all__ = ["impatient"]

SMALL = {"accounts": 14, "regions": 3, "keys_a_place": 4}
WITH_EVERY_KIND = {**SMALL, "large_place": 370}
LARGE = {"seed": 20, "accounts": 60, "regions": 3, "keys_a_place": 20, "large_place": 1250}


@pytest.fixture
def house(tmp_path: Path, make_url: MakeUrl, monkeypatch: pytest.MonkeyPatch) -> House:
    return House(tmp_path, make_url("migrated"), monkeypatch)


def test_the_kinds_have_every_reason_and_the_large_organisation_has_every_kind() -> None:
    assert {kind.reason for kind in (*KINDS, REPLICA)} == {reason.value for reason in Reason}
    world, truth = generate(**LARGE)
    found = Counter(finding.kind for finding in truth.findings.values())
    assert set(found) == {kind.name for kind in (*KINDS, REPLICA)}
    assert min(found.values()) >= 5
    assert len(truth.findings) > 2500
    assert len(world.accounts) > 4 * len(ACCOUNT_FATES)
    places = Counter(tuple(sorted(place.unread)) for place in truth.coverage.values())
    assert len(places) > 10


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("seed", range(4))
def test_a_small_organisation_is_told_as_it_is(house: House, seed: int) -> None:
    scanned, truth = house.scan(seed=seed, **SMALL)
    assert differences(scanned, truth) == []


@pytest.mark.usefixtures("impatient")
def test_a_large_organisation_is_told_as_it_is(house: House) -> None:
    scanned, truth = house.scan(**LARGE)
    assert differences(scanned, truth) == []
    counted = Counter(finding.verdict for finding in truth.findings.values())
    summary = scanned.scan.summary
    assert scanned.scan.state is ScanState.FINISHED
    assert {
        "COMPLIANT": summary.compliant,
        "NON_COMPLIANT": summary.non_compliant,
        "NOT_APPLICABLE": summary.not_applicable,
        "INSUFFICIENT_DATA": summary.insufficient_data,
    } == counted


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("mutation", "kinds"),
    [
        ((verdict, "DELETION_STATES", frozenset()), {"awaiting deletion"}),
        ((verdict, "UNREADY_STATES", frozenset({"Creating"})), {"unavailable"}),
        ((verdict, "CUSTOM_STORE_ORIGINS", frozenset({"AWS_CLOUDHSM"})), {"in an external key store"}),
        ((verdict, "ROTATABLE_USAGE", "SIGN_VERIFY"), {"does not rotate"}),
        ((failures, "_NOT_FOUND", frozenset()), {"deleted after being listed", "deleted after being described"}),
        ((failures, "_DENIED", frozenset()), {"may not be described", "its status denied, rotates"}),
        ((reading, "AWS_MANAGED_ALIAS", "alias/key"), {"rotates every 90 days", "RSA"}),
    ],
)
def test_a_wrong_rule_is_found_out(
    house: House, monkeypatch: pytest.MonkeyPatch, mutation: tuple[object, str, object], kinds: set[str]
) -> None:
    monkeypatch.setattr(*mutation)
    scanned, truth = house.scan(seed=5, **WITH_EVERY_KIND)
    told = differences(scanned, truth)
    assert kinds <= {sentence.partition(":")[0] for sentence in told}


@pytest.mark.usefixtures("impatient")
def test_a_lost_finding_and_a_lost_place_are_found_out(house: House) -> None:
    scanned, truth = house.scan(seed=6, **SMALL)
    arn, where = scanned.findings[0].arn, (scanned.coverage[0].account, scanned.coverage[0].region)
    object.__setattr__(scanned, "findings", scanned.findings[1:])
    object.__setattr__(scanned, "coverage", scanned.coverage[1:])
    assert differences(scanned, truth) == [f"the finding {arn} is missing", f"the coverage {where} is missing"]


@pytest.mark.usefixtures("impatient")
def test_an_account_that_fails_for_ever_leaves_others_their_retries(house: House) -> None:
    scanned, truth = house.scan_of("tests.scale.neighbours", failing=150, recovering=150)
    assert differences(scanned, truth) == []
