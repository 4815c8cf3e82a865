"""Which keys a rule means, and which rule decides over a key; what could not be read never leads to a later rule."""

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.approval import ApprovalRule, KeyFacts, RefusalReason, Refused, RuledKey
from bot.models.scans import Account
from bot.rules.house import House, Needs
from bot.rules.matching import Fit, Match, match
from tests.rules.approval_cases import ID, ME, OTHER_ID, OURS

PROD, UNNAMED = Account(ID, "Prod-Payments"), Account(ID, ID)
FACTS = KeyFacts(
    aliases=("alias/Payments/card", "alias/old"),
    tags=(("Stage", "Prod"), ("team", "payments")),
    units=("ou-ab12-payments1", "ou-ab12-allofprod", "r-ab12"),
)
KEY = RuledKey(f"arn:aws:kms:eu-central-1:{ID}:key/1", PROD, "eu-central-1", FACTS)
UNREAD = replace(KEY, account=UNNAMED, facts=KeyFacts())

HOLDS: Mapping[str, tuple[object, ...]] = {
    "accounts": ("prod-*",),
    "units": ("ou-ab12-allofprod",),
    "tags": (("team", "pay*"),),
    "aliases": ("payments/*",),
    "regions": ("eu-*",),
}
FAILS: Mapping[str, tuple[object, ...]] = {
    "accounts": (OTHER_ID,),
    "units": ("ou-ab12-elsewhere",),
    "tags": (("team", "hr"),),
    "aliases": ("hr/*",),
    "regions": ("us-*",),
}


def rule(**conditions: object) -> ApprovalRule:
    return ApprovalRule("it", approvers=(ME,), **conditions)  # type: ignore[arg-type]  # conditions by their names


def house(*rules: ApprovalRule) -> House:
    return House(frozenset({OURS}), rules)


def found(key: RuledKey, *rules: ApprovalRule) -> int | None:
    """Say which rule decides, by its position; None where none does."""
    decides = house(*rules).ruling(key).decides
    return rules.index(decides) if isinstance(decides, ApprovalRule) else None


ABSENT, YES, NO, UNKNOWN = "absent", "holds", "does not hold", "could not be read"


def test_every_combination_of_conditions() -> None:
    """A condition is absent, holds, does not, or could not be read; a Region is always known: 4⁴ · 3 combinations."""
    seen = 0
    states = (ABSENT, YES, NO, UNKNOWN)
    for account, unit, tag, alias, region in product(states, states, states, states, (ABSENT, YES, NO)):
        chosen = {"accounts": account, "units": unit, "tags": tag, "aliases": alias, "regions": region}
        conditions = {
            name: (FAILS if state == NO else HOLDS)[name] for name, state in chosen.items() if state != ABSENT
        }
        key = replace(
            KEY,
            account=UNNAMED if account == UNKNOWN else PROD,
            facts=KeyFacts(
                aliases=None if alias == UNKNOWN else FACTS.aliases,
                tags=None if tag == UNKNOWN else FACTS.tags,
                units=None if unit == UNKNOWN else FACTS.units,
            ),
        )
        met = match(rule(**conditions), key)
        expected = Fit.NO if NO in chosen.values() else Fit.UNKNOWN if UNKNOWN in chosen.values() else Fit.YES
        assert met.fit is expected, chosen
        assert bool(met.why) == (expected is not Fit.YES)
        seen += 1
    assert seen == 768


def test_the_first_rule_that_means_a_key_decides_and_one_that_nobody_can_tell_stops_the_search() -> None:
    """Every list of up to four rules, of which each means the key, does not, or may: 120 lists."""
    key = replace(KEY, facts=replace(FACTS, aliases=None))
    kinds = {Fit.YES: rule(accounts=(ID,)), Fit.NO: rule(accounts=(OTHER_ID,)), Fit.UNKNOWN: rule(aliases=("x",))}
    seen = 0
    for length in range(1, 5):
        for fits in product(Fit, repeat=length):
            rules = tuple(replace(kinds[fit], name=str(number)) for number, fit in enumerate(fits))
            ruling = house(*rules).ruling(key)
            first = next((number for number, fit in enumerate(fits) if fit is not Fit.NO), None)
            assert [each for each, _ in ruling.passed_over] == list(rules[:first])
            assert all(why for _, why in ruling.passed_over)
            if first is not None and fits[first] is Fit.YES:
                assert ruling.decides == rules[first]
            else:
                assert isinstance(ruling.decides, Refused)
                assert ruling.decides.reason is RefusalReason.NO_RULE
            seen += 1
    assert seen == 3 + 9 + 27 + 81


def test_what_could_not_be_read_never_leads_to_another_rule() -> None:
    """Every list of three rules, each with one of 18 sets of conditions, and every set of facts that are missing."""
    conditions = [
        {name: patterns[name] for name in names}
        for patterns in (HOLDS, FAILS)
        for names in (("accounts",), ("units",), ("tags",), ("aliases",), ("regions",), ("accounts", "tags"))
    ] + [
        {"tags": HOLDS["tags"], "aliases": FAILS["aliases"]},
        {"tags": FAILS["tags"], "units": HOLDS["units"]},
        {"accounts": ("*",)},
        {"accounts": (ID,)},
        {"accounts": ("prod-*", ID)},
        {"accounts": ("nonprod-*",)},
    ]
    keys = [
        replace(
            KEY,
            account=PROD if named else UNNAMED,
            facts=KeyFacts(
                aliases=FACTS.aliases if aliases else None,
                tags=FACTS.tags if tags else None,
                units=FACTS.units if units else None,
            ),
        )
        for named, aliases, tags, units in product((False, True), repeat=4)
    ]
    fits = [[match(rule(**each), key).fit for each in conditions] for key in (KEY, *keys)]
    for chosen in product(range(len(conditions)), repeat=3):
        rules = [replace(rule(**conditions[each]), name=str(number)) for number, each in enumerate(chosen)]
        of_all = next((number for number, each in enumerate(chosen) if fits[0][each] is Fit.YES), None)
        assert found(KEY, *rules) == of_all
        for of_key, key in zip(fits[1:], keys, strict=True):
            if any(of_key[each] is Fit.UNKNOWN for each in chosen):
                assert found(key, *rules) in {None, of_all}


@pytest.mark.parametrize(
    ("patterns", "account", "expected"),
    [
        ([["*"]], PROD, 0),
        ([["prod-*"], ["*"]], PROD, 0),
        ([["PROD-PAYMENTS"], ["*"]], PROD, 0),
        ([["test-*"], ["*"], ["prod-*"]], PROD, 1),
        ([["test-*", "prod-*"], ["*"]], PROD, 0),
        ([[OTHER_ID], [ID], ["*"]], PROD, 1),
        ([["1111*"], ["*"]], PROD, 0),
        ([["prod-payment?"], ["*"]], PROD, 0),
        ([["[op]rod-*"], ["*"]], PROD, 0),
        ([["[OP]rod-*"], ["*"]], PROD, 0),
        ([["prod"], ["payments"]], PROD, None),
        ([], PROD, None),
        ([[OTHER_ID], ["*"]], Account(ID, OTHER_ID), 1),  # whoever names an account may not choose its rule
        ([["2222*"], ["*"]], Account(ID, OTHER_ID), 0),  # … except that a pattern may be for names
        ([["*"]], UNNAMED, 0),
        ([[ID], ["prod-*"]], UNNAMED, 0),
        ([[OTHER_ID], [ID]], UNNAMED, 1),
        ([["prod-*", ID], ["*"]], UNNAMED, 0),
        ([["prod-*"], ["*"]], UNNAMED, None),
        ([["prod-*"], [ID]], UNNAMED, None),
        ([[OTHER_ID, "prod-*"], ["*"]], UNNAMED, None),
    ],
)
def test_accounts_are_told_by_id_or_name(patterns: list[list[str]], account: Account, expected: int | None) -> None:
    rules = [replace(rule(accounts=tuple(each)), name=str(number)) for number, each in enumerate(patterns)]
    assert found(replace(KEY, account=account), *rules) == expected


@pytest.mark.parametrize(
    ("conditions", "fit"),
    [
        ({"units": ("r-ab12",)}, Fit.YES),
        ({"units": ("ou-ab12-elsewhere", "ou-ab12-payments1")}, Fit.YES),
        ({"units": ("ou-ab12-payments",)}, Fit.NO),
        ({"units": ("ou-ab12-*",)}, Fit.NO),  # ids, not patterns
        ({"regions": ("eu-central-1",)}, Fit.YES),
        ({"regions": ("us-*", "EU-CENTRAL-?")}, Fit.YES),
        ({"regions": ("eu-central",)}, Fit.NO),
        ({"aliases": ("payments/card",)}, Fit.YES),
        ({"aliases": ("alias/payments/*",)}, Fit.YES),
        ({"aliases": ("OLD",)}, Fit.YES),
        ({"aliases": ("hr/*", "*card")}, Fit.YES),
        ({"aliases": ("card",)}, Fit.NO),
        ({"aliases": ("alias*",)}, Fit.NO),
        ({"tags": (("team", "PAYMENTS"),)}, Fit.YES),
        ({"tags": (("TEAM", "payments"), ("stage", "p*"))}, Fit.YES),
        ({"tags": (("team", "payments"), ("stage", "test"))}, Fit.NO),
        ({"tags": (("team", "pay"),)}, Fit.NO),
        ({"tags": (("te*", "payments"),)}, Fit.NO),  # names are names
        ({"tags": (("owner", "*"),)}, Fit.NO),
    ],
)
def test_patterns_ignore_case_and_must_match_the_whole(conditions: dict[str, object], fit: Fit) -> None:
    assert match(rule(**conditions), KEY).fit is fit


@pytest.mark.parametrize(
    ("facts", "conditions", "fit"),
    [
        (KeyFacts(aliases=()), {"aliases": ("*",)}, Fit.NO),
        (KeyFacts(tags=()), {"tags": (("team", "*"),)}, Fit.NO),
        (KeyFacts(tags=(("team", ""),)), {"tags": (("team", "*"),)}, Fit.YES),
        (KeyFacts(tags=(("TEAM", "hr"), ("team", "it"))), {"tags": (("Team", "hr"),)}, Fit.YES),
        (KeyFacts(tags=(("TEAM", "hr"), ("team", "it"))), {"tags": (("Team", "it"),)}, Fit.YES),
        (KeyFacts(units=()), {"units": ("r-ab12",)}, Fit.NO),
    ],
)
def test_what_a_key_does_not_have_is_known_where_it_was_read(
    facts: KeyFacts, conditions: dict[str, object], fit: Fit
) -> None:
    assert match(rule(**conditions), replace(KEY, facts=facts)).fit is fit


@pytest.mark.parametrize(
    ("conditions", "why"),
    [
        ({"accounts": ("test-*", OTHER_ID)}, f"account “Prod-Payments” ({ID}) is not among test-*, {OTHER_ID}"),
        (
            {"units": ("ou-ab12-elsewhere",)},
            f"account “Prod-Payments” ({ID}), by its organisational units, is not among ou-ab12-elsewhere",
        ),
        ({"regions": ("us-*",)}, "Region eu-central-1 is not among us-*"),
        ({"aliases": ("hr/*", "it/*")}, "none of the 2 aliases is among hr/*, it/*"),
        ({"tags": (("team", "hr"),)}, "tag team=“payments” is not hr"),
        ({"tags": (("owner", "*"),)}, "the key has no tag “owner”"),
    ],
)
def test_a_rule_that_is_passed_over_says_why(conditions: dict[str, object], why: str) -> None:
    assert match(rule(**conditions), KEY) == Match(Fit.NO, why)


@pytest.mark.parametrize(
    ("aliases", "why"),
    [
        (("alias/one",), "alias “one” is not among hr/*"),
        ((), "the key has no alias"),
    ],
)
def test_a_key_with_one_alias_or_none_says_so(aliases: tuple[str, ...], why: str) -> None:
    key = replace(KEY, facts=replace(FACTS, aliases=aliases))
    assert match(rule(aliases=("hr/*",)), key) == Match(Fit.NO, why)


@pytest.mark.parametrize(
    ("conditions", "why"),
    [
        (
            {"accounts": (OTHER_ID, "prod-*")},
            (
                f"The name of account {ID} could not be read, so nobody can tell whether the approval rule for "
                "“prod-*” means it. Name the account by its id in a rule, or allow organizations:ListAccounts."
            ),
        ),
        (
            {"units": ("r-ab12",)},
            (
                f"The organisational units of account {ID} could not be read, so nobody can tell whether the approval "
                "rule “it” means it. Allow organizations:ListParents, and ask again."
            ),
        ),
        (
            {"aliases": ("x",)},
            (
                "The aliases of the key could not be read, so nobody can tell whether the approval rule “it” means it. "
                "Allow kms:ListAliases, and ask again."
            ),
        ),
        (
            {"tags": (("team", "x"),)},
            (
                "The tags of the key could not be read, so nobody can tell whether the approval rule “it” means it. "
                "Allow kms:ListResourceTags, and ask again."
            ),
        ),
    ],
)
def test_what_could_not_be_read_is_told_with_the_rule_in_doubt_and_the_remedy(
    conditions: dict[str, object], why: str
) -> None:
    assert match(rule(**conditions), UNREAD) == Match(Fit.UNKNOWN, why)
    assert house(rule(**conditions)).ruling(UNREAD).decides == Refused(RefusalReason.NO_RULE, why)


def test_a_key_without_a_rule_is_named_with_the_remedy() -> None:
    assert house(rule(accounts=("x",))).ruling(KEY).decides == Refused(
        RefusalReason.NO_RULE,
        f"No approval rule covers account “Prod-Payments” ({ID}), so nobody may approve. Add one to the configuration.",
    )
    assert house(rule(tags=(("team", "x"),))).ruling(KEY).decides == Refused(
        RefusalReason.NO_RULE,
        f"No approval rule means this key of account “Prod-Payments” ({ID}), eu-central-1, so nobody may approve. "
        "Add one to the configuration.",
    )


def test_only_what_the_rules_look_at_has_to_be_read() -> None:
    for units, tags, aliases in product((False, True), repeat=3):
        rules = [
            rule(accounts=("*",), regions=("eu-*",)),
            *([rule(units=("r-ab12",))] if units else []),
            *([rule(tags=(("team", "x"),))] if tags else []),
            *([rule(aliases=("x",))] if aliases else []),
        ]
        assert house(*rules).needs == Needs(units=units, tags=tags, aliases=aliases)


texts = st.sampled_from(["prod-a", "prod-b", "test-a", "Prod-A", ID, OTHER_ID, "", "ß", "[x]", "alias/a"])
patterns = st.sampled_from(["*", "prod-*", "PROD-A", "test-?", ID, OTHER_ID, "1*", "x", "[a-p]*", "", "[", "alias/*"])
rules = st.builds(
    ApprovalRule,
    name=st.just("it"),
    accounts=st.lists(patterns, max_size=2).map(tuple),
    units=st.lists(st.sampled_from(["r-1", "ou-1"]), max_size=2).map(tuple),
    tags=st.lists(st.tuples(st.sampled_from(["team", "TEAM", "stage"]), patterns), max_size=2).map(tuple),
    aliases=st.lists(patterns, max_size=2).map(tuple),
    regions=st.lists(st.sampled_from(["eu-*", "us-east-1", "EU-WEST-?"]), max_size=2).map(tuple),
)
keys = st.builds(
    RuledKey,
    arn=st.just(KEY.arn),
    account=st.builds(Account, st.sampled_from([ID, OTHER_ID]), texts),
    region=st.sampled_from(["eu-west-1", "us-east-1"]),
    facts=st.builds(
        KeyFacts,
        aliases=st.none() | st.lists(texts.map("alias/".__add__), max_size=2).map(tuple),
        tags=st.none() | st.lists(st.tuples(st.sampled_from(["team", "Team", "stage"]), texts), max_size=2).map(tuple),
        units=st.none() | st.lists(st.sampled_from(["r-1", "ou-1"]), max_size=2).map(tuple),
    ),
)


def like(text: str, pattern: str) -> bool:
    return fnmatchcase(text.casefold(), pattern.casefold())


def means(rule: ApprovalRule, key: RuledKey) -> bool:
    """What the conditions say of a key of which everything is known."""
    account, facts = key.account, key.facts
    return (
        (
            not rule.accounts
            or any(
                each == account.id if each.isdigit() else like(account.id, each) or like(account.name, each)
                for each in rule.accounts
            )
        )
        and (not rule.units or any(each in (facts.units or ()) for each in rule.units))
        and (not rule.regions or any(like(key.region, each) for each in rule.regions))
        and (
            not rule.aliases
            or any(
                like(alias.removeprefix("alias/"), each.removeprefix("alias/"))
                for alias in facts.aliases or ()
                for each in rule.aliases
            )
        )
        and all(
            any(name.lower() == tag.lower() and like(value, pattern) for tag, value in facts.tags or ())
            for name, pattern in rule.tags
        )
    )


@given(rules, keys)
def test_a_rule_means_what_its_conditions_say(rule: ApprovalRule, key: RuledKey) -> None:
    met = match(rule, key)
    if met.fit is Fit.YES:
        assert means(rule, key)
    elif met.fit is Fit.NO:
        assert not means(rule, key)
    else:
        hidden = [fact for fact in (key.facts.aliases, key.facts.tags, key.facts.units) if fact is None]
        assert hidden or key.account.name == key.account.id
