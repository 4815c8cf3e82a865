"""Whether an account is scanned: by name, unit and tag, and never on a guess."""

from itertools import product

import pytest

from bot.models.keys import FailureKind, ReadFailure
from bot.models.scans import Account
from bot.models.selection import EVERYBODY, Conditions, Selection, Tags, UnitContents
from bot.rules.matching import Fit
from bot.rules.selection import NOT_INCLUDED, Choice, Decision, Meeting, Selector, weigh

PAYMENTS = Account("111111111111", "prod-payments")
UNIT, OTHER = "ou-ab12-prod0000", "ou-ab12-test0000"
DENIED = ReadFailure(FailureKind.ACCESS_DENIED, "organizations:ListTagsForResource", "AccessDeniedException", "")
DOWN = ReadFailure(FailureKind.SERVICE_ERROR, "organizations:ListAccountsForParent", "ServiceException", "")

WEIGHED = {
    (Fit.YES, Fit.YES): Choice.LEAVE_OUT,
    (Fit.YES, Fit.NO): Choice.SCAN,
    (Fit.YES, Fit.UNKNOWN): Choice.UNKNOWN,
    (Fit.NO, Fit.YES): Choice.LEAVE_OUT,
    (Fit.NO, Fit.NO): Choice.LEAVE_OUT,
    (Fit.NO, Fit.UNKNOWN): Choice.LEAVE_OUT,
    (Fit.UNKNOWN, Fit.YES): Choice.LEAVE_OUT,
    (Fit.UNKNOWN, Fit.NO): Choice.UNKNOWN,
    (Fit.UNKNOWN, Fit.UNKNOWN): Choice.UNKNOWN,
}
"""By whether an account is included, and whether it is excluded."""


@pytest.mark.parametrize(("included", "excluded"), list(product(Fit, Fit)))
def test_an_account_is_scanned_only_where_both_sides_are_known_to_want_it(included: Fit, excluded: Fit) -> None:
    assert weigh(Meeting(included), Meeting(excluded)).choice is WEIGHED[included, excluded]


_KNOWN = {UNIT: UnitContents(frozenset({PAYMENTS.id})), OTHER: UnitContents(frozenset())}
_SIDES = {
    Fit.YES: Conditions(units=(UNIT,)),
    Fit.NO: Conditions(units=(OTHER,)),
    Fit.UNKNOWN: Conditions(tags=(("stage", "prod"),)),
}


@pytest.mark.parametrize(("included", "excluded"), list(product(Fit, Fit)))
def test_every_pair_of_answers_comes_about_by_conditions(included: Fit, excluded: Fit) -> None:
    selector = Selector(Selection(_SIDES[included], _SIDES[excluded]), _KNOWN)
    decision = selector.decide(PAYMENTS, DENIED)
    assert decision.choice is WEIGHED[included, excluded]
    assert decision.unread == ((DENIED,) if decision.choice is Choice.UNKNOWN else ())


def test_why_an_account_is_left_out_names_the_place_in_the_file() -> None:
    for conditions, tags, by in (
        (Conditions(accounts=("dev-*", "Prod-*")), None, "scan.exclude.accounts[2], “Prod-*”"),
        (Conditions(units=(OTHER, UNIT)), None, f"scan.exclude.units[2], {UNIT}"),
        (Conditions(tags=(("Stage", "PROD*"),)), {"stage": "prod-1"}, "scan.exclude.tags, Stage=“PROD*”"),
    ):
        decision = Selector(Selection(exclude=conditions), _KNOWN).decide(PAYMENTS, tags)
        assert decision == Decision(Choice.LEAVE_OUT, f"It is excluded by {by}.")
    left = Selector(Selection(include=Conditions(accounts=("dev-*",))), {}).decide(PAYMENTS)
    assert left == Decision(Choice.LEAVE_OUT, NOT_INCLUDED)


def test_without_conditions_everybody_is_scanned() -> None:
    assert Selector(EVERYBODY, {}).decide(PAYMENTS) == Decision(Choice.SCAN)


@pytest.mark.parametrize(
    ("patterns", "account", "fits"),
    [
        (("prod-*",), PAYMENTS, True),
        (("PROD-payments",), PAYMENTS, True),
        (("prod-[pq]ayments",), PAYMENTS, True),
        (("111111111111",), PAYMENTS, True),
        (("1111*",), PAYMENTS, True),
        (("prod",), PAYMENTS, False),
        (("prod-paymen?",), PAYMENTS, False),
        (("222222222222", "dev-*"), PAYMENTS, False),
        # A member may call itself what it likes: not by that does it get to be another.
        (("222222222222",), Account("111111111111", "222222222222"), False),
        (("222222222222",), Account("222222222222", "Whatever"), True),
    ],
)
def test_accounts_are_named_by_id_name_or_pattern(patterns: tuple[str, ...], account: Account, *, fits: bool) -> None:
    included = Selector(Selection(include=Conditions(accounts=patterns)), {}).decide(account).choice
    excluded = Selector(Selection(exclude=Conditions(accounts=patterns)), {}).decide(account).choice
    assert (included is Choice.SCAN, excluded is Choice.LEAVE_OUT) == (fits, fits)


@pytest.mark.parametrize(
    ("tags", "fit"),
    [
        ({"stage": "prod", "team": "payments"}, Fit.YES),
        ({"STAGE": "PROD-EU", "Team": "x", "more": ""}, Fit.YES),
        ({"stage": "prod"}, Fit.NO),
        ({"stage": "dev", "team": "payments"}, Fit.NO),
        ({}, Fit.NO),
        (DENIED, Fit.UNKNOWN),
        (None, Fit.UNKNOWN),
    ],
)
def test_every_named_tag_must_match(tags: Tags, fit: Fit) -> None:
    selector = Selector(Selection(include=Conditions(tags=(("stage", "prod*"), ("team", "*")))), {})
    wanted = {Fit.YES: Choice.SCAN, Fit.NO: Choice.LEAVE_OUT, Fit.UNKNOWN: Choice.UNKNOWN}[fit]
    assert selector.decide(PAYMENTS, tags).choice is wanted


def test_any_condition_of_a_table_is_enough() -> None:
    conditions = Conditions(("dev-*",), (UNIT,), (("stage", "prod"),))
    selector = Selector(Selection(include=conditions), _KNOWN)
    assert selector.decide(PAYMENTS).choice is Choice.SCAN
    assert selector.decide(Account("222222222222", "dev-1")).choice is Choice.SCAN
    assert selector.decide(Account("222222222222", "web"), {"stage": "prod"}).choice is Choice.SCAN
    assert selector.decide(Account("222222222222", "web"), {"stage": "test"}).choice is Choice.LEAVE_OUT


def test_a_unit_that_was_half_read_holds_who_was_found_and_may_hold_anybody_else() -> None:
    half = {UNIT: UnitContents(frozenset({PAYMENTS.id}), (DOWN,))}
    selector = Selector(Selection(exclude=Conditions(units=(UNIT,))), half)
    assert selector.decide(PAYMENTS).choice is Choice.LEAVE_OUT
    decision = selector.decide(Account("222222222222", "web"))
    assert decision == Decision(Choice.UNKNOWN, unread=(DOWN,))


def test_what_is_unread_on_both_sides_is_told_of_both() -> None:
    selection = Selection(Conditions(tags=(("a", "*"),)), Conditions(units=(UNIT,), tags=(("b", "*"),)))
    decision = Selector(selection, {UNIT: UnitContents(frozenset(), (DOWN,))}).decide(PAYMENTS, DENIED)
    assert decision == Decision(Choice.UNKNOWN, unread=(DENIED, DOWN))
