"""The approval rules in the file: every setting of theirs, what is wrong inside one, and between two."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ConfigurationError
from bot.models.approval import ApprovalRule, KeyFacts, RuledKey
from bot.models.scans import Account
from bot.rules.matching import Fit, match
from bot.settings import load
from bot.settings.rules import RuleSection, Written, _covers, faults
from bot.settings.tree import Approval

RULE = '[[approval.rule]]\naccounts = ["*"]\napprovers = ["U0A"]\n'
FILE = "rotation.toml"


def approval(folder: Path, text: str) -> Approval:
    path = folder / FILE
    path.write_text(text, encoding="utf-8")
    return load({"KMS_ROTATION_CONFIG": str(path)}, with_slack=False).approval


def complaints(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        approval(folder, text)
    for problem in caught.value.problems:
        assert problem.what.endswith("."), problem
        assert problem.remedy.endswith((".", "?")), problem
    return [str(problem).removeprefix(f"{folder / FILE}:") for problem in caught.value.problems]


def test_a_rule_may_say_all_of_this(tmp_path: Path) -> None:
    read = approval(
        tmp_path,
        """
[approval]
expires_after = "3d"
remind_after = "2h"

[[approval.rule]]
name = "payments in production"
accounts = ["prod-*", "111111111111"]
organizational_units = ["ou-ab12-payments1", "r-ab12"]
tags = { team = "payments", Stage = "prod*" }
aliases = ["payments/*", "alias/card"]
regions = ["eu-*", "us-east-1"]
requesters = ["S0DEVELOPERS", "U0LENA"]
approvers = ["S0KEYADMINS", "S0SECURITY"]
quiet_approvers = ["W0CISO"]
required = 2
from_different_groups = true
self_approval = true
break_glass = ["S0ONCALL"]
expires_after = "8h"
remind_after = "never"

[[approval.rule]]
accounts = ["dev-*"]
required = 0
daily_cap = 20
""",
    )
    assert read.remind_after == timedelta(hours=2)
    assert read.rules == (
        ApprovalRule(
            name="payments in production",
            accounts=("prod-*", "111111111111"),
            units=("ou-ab12-payments1", "r-ab12"),
            tags=(("Stage", "prod*"), ("team", "payments")),
            aliases=("payments/*", "alias/card"),
            regions=("eu-*", "us-east-1"),
            requesters=("S0DEVELOPERS", "U0LENA"),
            approvers=("S0KEYADMINS", "S0SECURITY"),
            quiet_approvers=("W0CISO",),
            required=2,
            from_different_groups=True,
            self_approval=True,
            break_glass=("S0ONCALL",),
            expires_after=timedelta(hours=8),
            remind_after=timedelta(0),
        ),
        ApprovalRule(name="rule 2", accounts=("dev-*",), required=0, daily_cap=20),
    )


def test_what_a_rule_does_not_say_is_the_stricter_of_both(tmp_path: Path) -> None:
    [rule] = approval(tmp_path, RULE).rules
    assert not any((rule.self_approval, rule.break_glass, rule.is_pre_approved, rule.quiet_approvers))
    assert (rule.required, rule.daily_cap, rule.expires_after, rule.remind_after) == (1, 0, None, None)


ONE_RULE = [
    # what is added to a sound rule, its place, what is wrong with it, the remedy
    ('name = "a*b"', ":4: approval.rule[1].name", "“a*b” is not a name for a rule", "up to 60 letters"),
    ('name = " a"', ":4: approval.rule[1].name", "is not a name for a rule", "up to 60 letters"),
    (f'name = "{"x" * 61}"', ":4: approval.rule[1].name", "is not a name for a rule", "up to 60 letters"),
    ("name = 5", ":4: approval.rule[1].name", "a number, not text", "in quotes"),
    (
        'organizational_units = ["Payments"]',
        ":4: approval.rule[1].organizational_units[1]",
        "“Payments” is not the id of an organisational unit",
        "ou-…",
    ),
    (
        'organizational_units = ["ou-ab12-*"]',
        ":4: approval.rule[1].organizational_units[1]",
        "is not the id of an organisational unit",
        "ou-…",
    ),
    ("organizational_units = 5", ":4: approval.rule[1].organizational_units", "not a list", "Write a list"),
    ('ou = ["r-ab12"]', ":4: approval.rule[1].ou", "no such setting", "Known here: name, accounts,"),
    ('tags = ["team"]', ":4: approval.rule[1].tags", "not a table of tags", '{ team = "payments"'),
    ("tags = { team = 5 }", ":4: approval.rule[1].tags", "not a table of tags", '{ team = "payments"'),
    ('tags = { team = "" }', ":4: approval.rule[1].tags", "no name or no value", "any value"),
    ('tags = { " " = "x" }', ":4: approval.rule[1].tags", "no name or no value", "any value"),
    ('aliases = ["a b"]', ":4: approval.rule[1].aliases[1]", "“a b” is not the alias of a key", '"payments/*"'),
    ('aliases = [""]', ":4: approval.rule[1].aliases[1]", "is not the alias of a key", '"payments/*"'),
    ('regions = ["Frankfurt"]', ":4: approval.rule[1].regions[1]", "not the name of a Region", "eu-central-1"),
    ('regions = ["eu-west-1a"]', ":4: approval.rule[1].regions[1]", "availability zone", "eu-west-1."),
    ('regions = ["EU-*"]', ":4: approval.rule[1].regions[1]", "not the name of a Region", "eu-central-1"),
    ('requesters = ["@lena"]', ":4: approval.rule[1].requesters[1]", "“@lena” is a name", "person's id"),
    ('requesters = ["*"]', ":4: approval.rule[1].requesters[1]", "not the id of a Slack user or group", "person's id"),
    ('requesters = ["U0A"]', ":4: approval.rule[1].requesters", "Whoever may ask is needed", "self_approval = true"),
    ('quiet_approvers = ["bob"]', ":4: approval.rule[1].quiet_approvers[1]", "not the id of a Slack", "person's id"),
    ('quiet_approvers = ["U0A"]', ":4: approval.rule[1].quiet_approvers", "“U0A” is among the approvers", "one of the"),
    ('break_glass = ["U0B", "U0B"]', ":4: approval.rule[1].break_glass[2]", "in this list twice", "once"),
    ("break_glass = true", ":4: approval.rule[1].break_glass", "true or false, not a list", "Write a list"),
    ("required = 0", ":4: approval.rule[1].required", "let everything through", "Add daily_cap"),
    ("required = -1", ":4: approval.rule[1].required", "-1 is out of range", "from 0 to 10"),
    ("required = 11", ":4: approval.rule[1].required", "11 is out of range", "from 0 to 10"),
    ("required = true", ":4: approval.rule[1].required", "true or false, not a whole number", "whole number"),
    ("required = 2", ":4: approval.rule[1].required", "2 approvals are required of 1 named", "require fewer"),
    ("daily_cap = 5", ":4: approval.rule[1].daily_cap", "for rules that ask for no approval", "required = 0"),
    ("required = 0\ndaily_cap = 0", ":5: approval.rule[1].daily_cap", "0 is out of range", "from 1 to 1000 keys"),
    ("required = 0\ndaily_cap = 1001", ":5: approval.rule[1].daily_cap", "1001 is out of range", "from 1 to 1000"),
    ('self_approval = "yes"', ":4: approval.rule[1].self_approval", "text, not true or false", "without quotes"),
    ("self_approval = 1", ":4: approval.rule[1].self_approval", "a number, not true or false", "without quotes"),
    (
        "from_different_groups = true",
        ":4: approval.rule[1].from_different_groups",
        "One approval alone cannot come from different groups",
        "Require 2 or more",
    ),
    ('expires_after = "0h"', ":4: approval.rule[1].expires_after", "no time at all", "at least"),
    ('expires_after = "31d"', ":4: approval.rule[1].expires_after", "longer than 30 days", "at most"),
    ('expires_after = "never"', ":4: approval.rule[1].expires_after", "not a length of time", '"24h"'),
    ('remind_after = "4m"', ":4: approval.rule[1].remind_after", "0:04:00 is out of range", '"5m"'),
    ('remind_after = "31d"', ":4: approval.rule[1].remind_after", "out of range", '"30d"'),
    ('remind_after = "often"', ":4: approval.rule[1].remind_after", "not a length of time", '"24h"'),
    ('remind_after = "24h"', ":4: approval.rule[1].remind_after", "after the request has expired", '"never"'),
    (
        'expires_after = "2h"\nremind_after = "2h"',
        ":5: approval.rule[1].remind_after",
        "after the request has expired",
        "less than expires_after",
    ),
    ("account = []", ":4: approval.rule[1].account", "no such setting", "Did you mean accounts?"),
    ('approver = "U0A"', ":4: approval.rule[1].approver", "no such setting", "Did you mean approvers?"),
    ('quiet = ["U0B"]', ":4: approval.rule[1].quiet", "no such setting", "?"),
    ("breakglass = []", ":4: approval.rule[1].breakglass", "no such setting", "Did you mean break_glass?"),
]


@pytest.mark.parametrize(("added", "place", "what", "remedy"), ONE_RULE, ids=[case[0][:40] for case in ONE_RULE])
def test_one_mistake_in_a_rule_is_told_once_with_place_and_remedy(
    tmp_path: Path, added: str, place: str, what: str, remedy: str
) -> None:
    [line] = complaints(tmp_path, f"{RULE}{added}\n")
    assert line.startswith(place.removeprefix(":"))
    assert what in line
    assert line.rindex(remedy) > line.index(what)


WHOLE_FILES = [
    # the text, its place, what is wrong with it, the remedy
    (
        '[[approval.rule]]\napprovers = ["U0A"]\nrequired = 1',
        "1: approval.rule[1].accounts",
        "The rule is for no account",
        "every account",
    ),
    (
        '[[approval.rule]]\naccounts = ["*"]\nquiet_approvers = ["U0A"]',
        "1: approval.rule[1].approvers",
        "All who may approve are quiet, so nobody would be told of a request",
        "user ids (U…)",
    ),
    (
        '[[approval.rule]]\naccounts = ["*"]\ndaily_cap = 5',
        "3: approval.rule[1].daily_cap",
        "for rules that ask for no approval",
        "required = 0",
    ),
    (
        '[[approval.rule]]\naccounts = ["*"]\napprovers = ["U0A", "U0B"]\nquiet_approvers = ["U0C"]\nrequired = 4',
        "5: approval.rule[1].required",
        "4 approvals are required of 3 named",
        "Name more people",
    ),
    (
        '[[approval.rule]]\naccounts = ["*"]\napprovers = ["S0A", "S0B"]\nrequired = 3\nfrom_different_groups = true',
        "5: approval.rule[1].from_different_groups",
        "3 approvals are required, each from another group, and only 2 are named",
        "Name more groups",
    ),
    (
        '[[approval.rule]]\naccounts = ["*"]\nrequesters = ["U0A", "U0B"]\napprovers = ["U0A", "U0B"]\nrequired = 2',
        "3: approval.rule[1].requesters",
        "Whoever may ask is needed to approve as well",
        "Name more approvers",
    ),
    (
        '[approval]\nexpires_after = "2h"\nremind_after = "2h"',
        "3: approval.remind_after",
        "after a request has expired",
        '"never"',
    ),
    (
        f'[approval]\nexpires_after = "2h"\n{RULE}remind_after = "3h"',
        "6: approval.rule[1].remind_after",
        "after the request has expired",
        '"never"',
    ),
]


@pytest.mark.parametrize(("text", "place", "what", "remedy"), WHOLE_FILES, ids=[case[2][:50] for case in WHOLE_FILES])
def test_what_cannot_be_is_told_at_the_start(tmp_path: Path, text: str, place: str, what: str, remedy: str) -> None:
    [line] = complaints(tmp_path, text)
    assert line.startswith(place)
    assert what in line
    assert line.rindex(remedy) > line.index(what)


@pytest.mark.parametrize(
    "text",
    [
        '[approval]\nexpires_after = "1h"',  # the reminder after four hours is nobody's wish, only the default
        f'[approval]\nexpires_after = "1h"\n{RULE}expires_after = "9h"\nremind_after = "8h"',
        f'{RULE}remind_after = "never"',
        f'{RULE}requesters = ["U0A"]\nself_approval = true',
        f'{RULE}requesters = ["U0A", "U0B"]',
        f'{RULE}requesters = ["S0TEAM"]',
        f'{RULE.replace("U0A", "S0ADMINS")}requesters = ["U0A"]\nrequired = 3',
        '[[approval.rule]]\nregions = ["*"]\napprovers = ["U0A"]',
        '[[approval.rule]]\naccounts = ["*"]\nrequired = 0\ndaily_cap = 1',
        '[[approval.rule]]\naccounts = ["*"]\napprovers = ["S0A", "U0B"]\nrequired = 2\nfrom_different_groups = true',
        '[[approval.rule]]\nname = "größte"\naccounts = ["*"]\napprovers = ["U0A"]',
        f"{RULE}[approval.rule.tags]\nteam = 'x'\n",
    ],
)
def test_what_can_be_is_left_alone(tmp_path: Path, text: str) -> None:
    approval(tmp_path, text)


def rules(*written: str) -> str:
    return "\n".join(f'[[approval.rule]]\napprovers = ["U0A"]\n{each}' for each in written)


BETWEEN_RULES = [
    # the rules, and the place and the words of the one complaint about them; or that there is none
    (['accounts = ["*"]', 'accounts = ["prod"]'], "4: approval.rule[2]", "rule[1] before, so it decides nothing"),
    (['accounts = ["Prod-*"]', 'accounts = ["prod-a"]'], "4: approval.rule[2]", "decides nothing"),
    (['accounts = ["prod-*"]', 'accounts = ["prod-?", "prod-pay*"]'], "4: approval.rule[2]", "decides nothing"),
    (['regions = ["*"]', 'regions = ["eu-*"]'], "4: approval.rule[2]", "decides nothing"),
    (['aliases = ["pay/*"]', 'aliases = ["alias/pay/card"]'], "4: approval.rule[2]", "decides nothing"),
    (['aliases = ["alias/pay/*"]', 'aliases = ["pay/card"]'], "4: approval.rule[2]", "decides nothing"),
    (['tags = { team = "*" }', 'tags = { Team = "pay", x = "y" }'], "4: approval.rule[2]", "decides nothing"),
    (
        ['organizational_units = ["r-ab12"]', 'organizational_units = ["r-ab12"]\naccounts = ["prod"]'],
        "4: approval.rule[2]",
        "decides nothing",
    ),
    (
        ['accounts = ["prod-*"]', 'accounts = ["test", "prod-a"]'],
        "6: approval.rule[2].accounts[2]",
        "“prod-a” falls under rule[1] before, so this rule never decides over it",
    ),
    (
        ['accounts = ["111111111111"]', 'accounts = ["*", "111111111111"]'],
        "6: approval.rule[2].accounts[2]",
        "“111111111111” falls under rule[1] before",
    ),
    (
        ['name = "mine"\naccounts = ["a"]', 'name = "mine"\naccounts = ["b"]'],
        "7: approval.rule[2].name",
        "There are two rules “mine”",
    ),
    (['name = "rule 2"\naccounts = ["a"]', 'accounts = ["b"]'], "5: approval.rule[2].name", "two rules “rule 2”"),
    (['accounts = ["prod-*"]', 'accounts = ["*"]'], None, ""),
    (['accounts = ["prod-a"]', 'accounts = ["prod-*"]'], None, ""),
    (['accounts = ["*"]\nregions = ["eu-*"]', 'accounts = ["prod"]'], None, ""),
    (['aliases = ["a*"]', 'aliases = ["alias/foo"]'], None, ""),  # not alias/foo, but foo
    (['accounts = ["*"]\ntags = { team = "x" }', 'accounts = ["*"]'], None, ""),
    (['tags = { team = "x", stage = "y" }', 'tags = { team = "x" }'], None, ""),
    (['organizational_units = ["ou-ab12-aaaaaaaa"]', 'organizational_units = ["ou-ab12-bbbbbbbb"]'], None, ""),
    (['accounts = ["???????"]', 'accounts = ["prod-*"]'], None, ""),
    (['accounts = ["1111*"]', 'accounts = ["111111111111"]'], "4: approval.rule[2]", "decides nothing"),
    (['accounts = ["111111111111"]', 'accounts = ["1111*"]'], None, ""),
]


@pytest.mark.parametrize(("written", "place", "what"), BETWEEN_RULES)
def test_a_rule_that_an_earlier_one_hides_is_told(
    tmp_path: Path, written: list[str], place: str | None, what: str
) -> None:
    if place is None:
        assert len(approval(tmp_path, rules(*written)).rules) == len(written)
    else:
        [line] = complaints(tmp_path, rules(*written))
        assert line.startswith(place)
        assert what in line


def test_everything_wrong_with_rules_is_told_at_once(tmp_path: Path) -> None:
    lines = complaints(
        tmp_path,
        """
[approval]
expires_after = "0h"
[[approval.rule]]
accounts = ["*"]
required = 0
[[approval.rule]]
accounts = ["prod"]
approvers = ["nobody"]
[[approval.rule]]
accounts = ["test"]
approvers = ["U0A"]
required = 2
remind_after = "25h"
""",
    )
    assert [line.split(": ")[1] for line in lines] == [
        "approval.expires_after",
        "approval.rule[1].approvers",
        "approval.rule[1].required",
        "approval.rule[2].approvers[1]",
        "approval.rule[3]",
        "approval.rule[3].required",
        "approval.rule[3].remind_after",
    ]


def texts(alphabet: str, longest: int) -> Iterator[str]:
    for length in range(longest + 1):
        yield from map("".join, product(alphabet, repeat=length))


def test_of_all_short_patterns_one_covers_another_only_if_it_matches_all_that_the_other_does() -> None:
    """Every pair of the 341 patterns of up to four signs of a, b, * and ?, over every text of up to six letters."""
    patterns, words = list(texts("ab*?", 4)), list(texts("ab", 6))
    matched = {each: {word for word in words if fnmatchcase(word, each)} for each in patterns}
    covered = 0
    for wide in patterns:
        for narrow in patterns:
            if _covers((wide,), narrow):
                assert matched[narrow] <= matched[wide], (wide, narrow)
                covered += wide != narrow
    assert len(patterns) == 341
    assert covered > 10_000


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [("??*", "[ab]"), ("[[]*", "[ab]*"), ("[a]", "a"), ("*[!a]", "*b"), ("111111111111", "1*"), ("", "*")],
)
def test_in_doubt_a_pattern_is_not_covered(wide: str, narrow: str) -> None:
    assert not _covers((wide,), narrow)


signs = st.text("ab1-*?[]!A", max_size=7)
names = st.text("ab1-[]!A", max_size=9)


@given(signs, signs, names)
def test_what_a_covered_pattern_matches_the_wider_one_matches_too(wide: str, narrow: str, text: str) -> None:
    if _covers((wide,), narrow) and fnmatchcase(text.lower(), narrow.lower()):
        assert fnmatchcase(text.lower(), wide.lower())


ACCOUNTS = ["*", "prod-*", "prod-a", "PROD-?", "1*", "111111111111"]
UNITS = ["r-ab12", "ou-ab12-aaaaaaaa"]
ALIASES = ["*", "a*", "alias/*", "alias/a", "foo", "alias/f*"]
REGIONS = ["*", "eu-*", "eu-west-1"]
TAGS = [{name: pattern} for name in ("team", "Team", "x") for pattern in ("*", "p*", "pay")]
EACH: Mapping[str, Sequence[object]] = {
    "accounts": [(each,) for each in ACCOUNTS],
    "organizational_units": [(each,) for each in UNITS],
    "aliases": [(each,) for each in ALIASES],
    "regions": [(each,) for each in REGIONS],
    "tags": TAGS,
}
CONDITIONS = [{name: pattern} for name, patterns in EACH.items() for pattern in patterns]
KEYS = [
    RuledKey("arn", Account(account, name), region, KeyFacts(alias, tag, unit))
    for account, name, region, alias, tag, unit in product(
        ("111111111111", "222222222222"),
        ("prod-a", "prod-bb", "1x"),
        ("eu-west-1", "us-east-1"),
        ((), ("alias/a",), ("alias/foo",), ("alias/b", "alias/foo")),
        ((), (("team", "pay"),), (("TEAM", "p"),), (("x", "hr"), ("Team", "pay"))),
        ((), ("r-ab12",), ("ou-ab12-aaaaaaaa", "r-ab12")),
    )
]


def section(**conditions: object) -> RuleSection:
    return RuleSection.model_validate({"approvers": ("U0A",), **conditions})


def hides(first: RuleSection, second: RuleSection) -> bool:
    found = faults((Written(0, first), Written(1, second)), timedelta(days=1))
    return any("decides nothing" in what for _, what, _ in found)


def test_a_rule_that_is_said_to_decide_nothing_means_no_key_that_the_earlier_does_not() -> None:
    """Every pair of 26 conditions, and of those with an account before one, over 576 keys."""
    met = [
        {number for number, key in enumerate(KEYS) if match(section(**each).rule(1), key).fit is Fit.YES}
        for each in CONDITIONS
    ]
    hidden = 0
    for one, other in product(range(len(CONDITIONS)), repeat=2):
        if hides(section(**CONDITIONS[one]), section(**CONDITIONS[other])):
            assert met[other] <= met[one], (CONDITIONS[one], CONDITIONS[other])
            hidden += 1
        for account in range(len(ACCOUNTS)):
            narrowed = CONDITIONS[account] | CONDITIONS[other]
            if hides(section(**CONDITIONS[one]), section(**narrowed)):
                of_both = met[other] if "accounts" in CONDITIONS[other] else met[account] & met[other]
                assert of_both <= met[one], (CONDITIONS[one], narrowed)
    assert hidden > len(CONDITIONS)


sections = st.builds(
    section,
    accounts=st.lists(st.sampled_from(ACCOUNTS), max_size=2, unique=True).map(tuple),
    organizational_units=st.lists(st.sampled_from(UNITS), max_size=2, unique=True).map(tuple),
    aliases=st.lists(st.sampled_from(ALIASES), max_size=2, unique=True).map(tuple),
    regions=st.lists(st.sampled_from(REGIONS), max_size=2, unique=True).map(tuple),
    tags=st.dictionaries(st.sampled_from(["team", "Team", "x"]), st.sampled_from(["*", "p*", "pay"]), max_size=2),
)


@given(sections, sections)
def test_a_rule_of_many_conditions_that_is_said_to_decide_nothing_never_decides(
    first: RuleSection, second: RuleSection
) -> None:
    if hides(first, second):
        for key in KEYS:
            if match(second.rule(2), key).fit is Fit.YES:
                assert match(first.rule(1), key).fit is Fit.YES
