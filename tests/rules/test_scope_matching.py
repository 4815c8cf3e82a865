"""Which approval rules decide over keys that are to be excused together."""

from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.models.approval import ApprovalRule, KeyFacts, RefusalReason, Refused, RuledKey, RuledScope
from bot.models.exemptions import ExemptionScope
from bot.models.scans import Account
from bot.rules.exemptions import covers
from bot.rules.house import House
from bot.rules.patterns import is_wider
from bot.rules.scope_matching import NEEDS_APPROVAL, NO_RULE
from tests.rules.test_exemptions import KEY

ALPHA = Account("111111111111", "prod-alpha")
WHO = ("S0ADMINS",)
LAST = ApprovalRule("last", ("*",), approvers=WHO)


def rule(**conditions: object) -> ApprovalRule:
    return replace(ApprovalRule("narrow", approvers=WHO), **conditions)  # type: ignore[arg-type]  # any field of a rule


def decides(narrow: ApprovalRule, ruled: RuledScope) -> list[str] | str:
    """Which of two rules decide, the other one being for every key; or the refusal's sentence."""
    found = House(frozenset(), (narrow, LAST)).rules_for([ruled])
    return found.sentence if isinstance(found, Refused) else [each.name for each in found]


def of_pattern(**parts: object) -> RuledScope:
    return RuledScope(ExemptionScope(**parts))  # type: ignore[arg-type]  # any field of a scope


def of_account(*units: str, is_read: bool = True, name: str = ALPHA.name) -> RuledScope:
    facts = KeyFacts(units=units if is_read else None)
    return RuledScope(ExemptionScope(account=ALPHA.id), Account(ALPHA.id, name), facts)


ALL, SOME, NONE = ["narrow"], ["narrow", "last"], ["last"]


@pytest.mark.parametrize(
    ("narrow", "ruled", "expected"),
    [
        # accounts: sure for an account that is named by its id
        (rule(accounts=("*",)), of_account(), ALL),
        (rule(accounts=(ALPHA.id,)), of_account(), ALL),
        (rule(accounts=("prod-*",)), of_account(), ALL),
        (rule(accounts=("dev-*", "222222222222")), of_account(), NONE),
        # and for patterns where one is surely within the other, or surely apart from it
        (rule(accounts=("*",)), of_pattern(), ALL),
        (rule(accounts=("prod-*",)), of_pattern(), SOME),
        (rule(accounts=("prod-*",)), of_pattern(account="prod-*"), ALL),
        (rule(accounts=("prod-*",)), of_pattern(account="prod-payments"), ALL),
        (rule(accounts=("PROD-*",)), of_pattern(account="prod-pay*"), ALL),
        (rule(accounts=("prod-*",)), of_pattern(account="dev-*"), NONE),
        (rule(accounts=("prod-*",)), of_pattern(account="dev-web"), NONE),
        (rule(accounts=("*-prod",)), of_pattern(account="*-dev"), NONE),
        (rule(accounts=("prod-pay*",)), of_pattern(account="prod-*"), SOME),
        (rule(accounts=("*pay*",)), of_pattern(account="*prod*"), SOME),
        (rule(accounts=(ALPHA.id,)), of_pattern(account="dev-*"), SOME),  # an account of that id may be called dev-…
        (rule(accounts=("prod-*",)), of_pattern(account="1*"), SOME),  # an account of such an id may be called prod-…
        # units: known of a named account alone
        (rule(units=("ou-ab12-payments1",)), of_account("ou-ab12-payments1", "r-ab12"), ALL),
        (rule(units=("ou-ab12-payments1",)), of_account("r-ab12"), NONE),
        (rule(units=("ou-ab12-payments1",)), of_pattern(account="prod-*"), SOME),
        # Regions
        (rule(regions=("*",)), of_pattern(), ALL),
        (rule(regions=("eu-*",)), of_pattern(), SOME),
        (rule(regions=("eu-*",)), of_pattern(region="eu-west-1"), ALL),
        (rule(regions=("us-*", "eu-*")), of_pattern(region="eu-*"), ALL),
        (rule(regions=("eu-*",)), of_pattern(region="us-*"), NONE),
        (rule(regions=("eu-west-1",)), of_pattern(region="eu-*"), SOME),
        # aliases: a key may have others as well, so that nothing is surely apart
        (rule(aliases=("payments/*",)), of_pattern(), SOME),
        (rule(aliases=("*",)), of_pattern(), SOME),
        (rule(aliases=("*",)), of_pattern(alias="x"), ALL),
        (rule(aliases=("alias/payments/*",)), of_pattern(alias="payments/old-*"), ALL),
        (rule(aliases=("payments/*",)), of_pattern(alias="web/*"), SOME),
        # tags: of a key that has the tag of the scope
        (rule(tags=(("team", "pay*"),)), of_pattern(), SOME),
        (rule(tags=(("team", "pay*"),)), of_pattern(tag=("Team", "payments")), ALL),
        (rule(tags=(("team", "*"),)), of_pattern(tag=("team", "web")), ALL),
        (rule(tags=(("team", "pay*"),)), of_pattern(tag=("team", "web")), SOME),
        (rule(tags=(("stage", "prod"), ("team", "*"))), of_pattern(tag=("team", "web")), SOME),
        # several conditions: one that surely fails weighs most, then one that is not sure
        (rule(accounts=("prod-*",), regions=("eu-*",)), of_pattern(account="prod-*", region="us-*"), NONE),
        (rule(accounts=("prod-*",), regions=("eu-*",)), of_pattern(account="prod-*"), SOME),
        (rule(accounts=("prod-*",), regions=("eu-*",)), of_pattern(account="prod-*", region="eu-*"), ALL),
        # what was not read of the account: no guess, unless another condition fails anyway
        (rule(units=("ou-ab12-payments1",), regions=("us-*",)), of_account(is_read=False), "organizations:ListParents"),
        (rule(accounts=("prod-*",)), of_account(name=ALPHA.id), "organizations:ListAccounts"),
    ],
)
def test_a_rule_is_passed_over_included_or_ends_the_search(
    narrow: ApprovalRule, ruled: RuledScope, expected: list[str] | str
) -> None:
    found = decides(narrow, ruled)
    assert found == expected if isinstance(expected, list) else expected in found


def test_a_condition_that_surely_fails_weighs_more_than_one_that_was_not_read() -> None:
    scope = replace(of_account(is_read=False), scope=ExemptionScope(account=ALPHA.id, region="eu-west-1"))
    assert decides(rule(units=("ou-ab12-payments1",), regions=("us-*",)), scope) == NONE


def test_without_a_rule_that_is_sure_some_keys_would_be_nobodys() -> None:
    house = House(frozenset(), (rule(accounts=("prod-*",)),))
    assert house.rules_for([of_pattern()]) == Refused(RefusalReason.NO_RULE, NO_RULE)
    assert house.rules_for([of_pattern(account="prod-*")]) == house.rules


def test_rules_that_ask_for_no_approval_let_single_keys_through_and_no_patterns() -> None:
    free = rule(required=0, daily_cap=5, approvers=())
    assert decides(replace(free, accounts=("*",)), of_pattern()) == NEEDS_APPROVAL
    assert decides(replace(free, accounts=("play-*",)), of_pattern()) == SOME


PATTERNS = st.text("ab1*?[]", min_size=1, max_size=4)
ACCOUNTS = PATTERNS.filter(lambda text: not text.isdigit()) | st.sampled_from(["111111111111", "222222222222"])
TAGS = st.tuples(st.sampled_from(["t", "T", "u"]), PATTERNS)
RULES = st.builds(
    ApprovalRule,
    name=st.sampled_from(["x", "y", "z"]),
    accounts=st.lists(ACCOUNTS, max_size=2).map(tuple),
    units=st.sampled_from([(), (), ("ou-1",)]),
    tags=st.lists(TAGS, max_size=1).map(tuple),
    aliases=st.lists(PATTERNS, max_size=1).map(tuple),
    regions=st.lists(PATTERNS, max_size=1).map(tuple),
    approvers=st.just(WHO),
)
SCOPES = st.builds(
    ExemptionScope,
    account=st.just("") | ACCOUNTS,
    region=st.just("") | PATTERNS,
    alias=st.just("") | PATTERNS,
    tag=st.none() | TAGS,
)
TEXTS = st.text("ab1", min_size=1, max_size=4)


@st.composite
def keys(draw: st.DrawFn) -> RuledKey:
    account = Account(draw(st.sampled_from(["111111111111", "222222222222"])), draw(TEXTS))
    facts = KeyFacts(
        aliases=tuple(draw(st.lists(TEXTS.map("alias/{}".format), max_size=2))),
        tags=tuple(draw(st.lists(st.tuples(st.sampled_from(["t", "T", "u"]), TEXTS), max_size=2))),
        units=draw(st.sampled_from([(), ("ou-1",)])),
    )
    return RuledKey("arn", account, draw(TEXTS), facts)


@given(st.lists(RULES, min_size=1, max_size=4), SCOPES, keys())
def test_the_rule_of_every_key_that_a_scope_covers_is_among_those_that_decide(
    rules: list[ApprovalRule], scope: ExemptionScope, key: RuledKey
) -> None:
    """Whatever keys come: nobody can get one excused past the people who would decide over it."""
    seen = replace(
        KEY,
        account=key.account.id,
        account_name=key.account.name,
        region=key.region,
        aliases=key.facts.aliases or (),
        tags=key.facts.tags or (),
    )
    assume(covers(scope, seen))
    house = House(frozenset(), tuple(rules))
    account, facts = (key.account, KeyFacts(units=key.facts.units)) if scope.one_account else (None, KeyFacts())
    over_scope = house.rules_for([RuledScope(scope, account, facts)])
    over_key = house.ruling(key).decides
    assert isinstance(over_scope, Refused) or over_key in over_scope


@given(PATTERNS, PATTERNS, TEXTS)
def test_a_wider_pattern_matches_all_that_the_narrower_one_does(wide: str, narrow: str, text: str) -> None:

    if is_wider(wide, narrow) and fnmatchcase(text, narrow):
        assert fnmatchcase(text, wide)
