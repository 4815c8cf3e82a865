"""Which exemptions a filter means: what may cover a key that it means is never left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.exemptions import Exemption, ExemptionScope, ExemptionState
from bot.rules.excused import may_concern
from bot.rules.exemptions import covers
from bot.rules.filters import Filter
from tests.store.samples import at, finding

ARN = "arn:aws:kms:eu-central-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ONE = ExemptionScope(arn=ARN)
PATTERN = ExemptionScope(account="prod-*", alias="legacy/*", region="eu-*")


def exemption(scope: ExemptionScope, name: str = "legacy/erp-db") -> Exemption:
    return Exemption(
        id="e1",
        state=ExemptionState.ACTIVE,
        scope=scope,
        name=name if scope.is_one_key else str(scope),
        reason="The vendor mends it in May",
        ticket="SEC-1042",
        owner="U0AIKO",
        until=at(60),
        created_at=at(0),
        asked_by="U0MARA",
    )


@pytest.mark.parametrize(
    ("scope", "typed", "is_meant"),
    [
        (ONE, "", True),
        (ONE, "account=prod-*", True),
        (ONE, "account=111111111111", True),
        (ONE, "account=data-*", False),
        (ONE, "region=eu-*", True),
        (ONE, "region=us-*", False),
        (ONE, "alias=legacy/*", True),
        (ONE, "alias=alias/legacy/*", True),
        (ONE, "alias=web/*", False),
        (ONE, "vendor", True),
        (ONE, "sec-1042", True),
        (ONE, "prod-pay", True),
        (ONE, "ven*may", True),
        (ONE, "nobody", False),
        (ONE, "team=erp", True),
        (ONE, "team=payments", False),
        (PATTERN, "team=payments", True),
        (ExemptionScope(tag=("Team", "erp*")), "team=erp-files", True),
        (ExemptionScope(tag=("team", "erp*")), "team=payments", False),
        (PATTERN, "", True),
        (PATTERN, "account=prod-payments", True),
        (PATTERN, "account=prod-*", True),
        (PATTERN, "account=data-*", False),
        (PATTERN, "alias=legacy/erp-db", True),
        (PATTERN, "alias=web/*", False),
        (PATTERN, "region=eu-west-1", True),
        (PATTERN, "region=us-east-1", False),
        (ExemptionScope(tag=("stage", "test*")), "account=prod-*", True),
        (ExemptionScope(tag=("stage", "test*")), "stage", True),
    ],
)
def test_a_filter_means_the_exemptions_that_may_cover_its_keys(
    scope: ExemptionScope, typed: str, *, is_meant: bool
) -> None:
    key = finding(
        "k", account="111111111111", account_name="prod-payments", aliases=("alias/legacy/erp-db",), team="erp"
    )
    assert may_concern(Filter.parse(typed), exemption(scope), key if scope.is_one_key else None) is is_meant


NAMES = st.sampled_from(["", "a", "ab", "b", "a*", "*b", "*"])


@given(
    st.builds(ExemptionScope, account=NAMES, alias=NAMES),
    st.builds(Filter, account=NAMES, alias=NAMES),
    st.sampled_from(["a", "ab", "b"]),
    st.sampled_from(["a", "ab", "b"]),
)
def test_no_exemption_of_a_key_that_a_filter_means_is_left_out(
    scope: ExemptionScope, within: Filter, account: str, alias: str
) -> None:
    key = finding("k", account_name=account, aliases=(f"alias/{alias}",))
    if scope != ExemptionScope() and covers(scope, key) and within.matches(key):
        assert may_concern(within, exemption(scope))


@pytest.mark.parametrize(
    ("typed", "is_meant"),
    [("account=111111111111", True), ("account=222222222222", False), ("account=prod-*", True), ("alias=x", True),
     ("region=us-*", False), ("team=x", True), ("vendor", True), ("nobody", False)],
)  # fmt: skip
def test_of_a_key_that_is_gone_only_its_arn_is_known(typed: str, *, is_meant: bool) -> None:
    assert may_concern(Filter.parse(typed), exemption(ONE)) is is_meant
