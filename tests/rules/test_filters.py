"""Filters as people type them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.keys import Finding, Reason, Verdict
from bot.models.scans import Account
from bot.rules.filters import BadFilterError, Filter

KEY_ID = "0a1b2c3d-1111-2222-3333-444455556666"


def finding(**changes: Any) -> Finding:  # noqa: ANN401 - any field of a finding
    fields: dict[str, Any] = {
        "arn": f"arn:aws:kms:eu-central-1:111111111111:key/{KEY_ID}",
        "account": "111111111111",
        "account_name": "Prod-Payments",
        "region": "eu-central-1",
        "aliases": ("alias/web/Checkout", "alias/cards"),
        "verdict": Verdict.NON_COMPLIANT,
        "reason": Reason.ROTATION_DISABLED,
        "message": "Automatic rotation is off.",
        "read_at": datetime(2026, 3, 2, 9, tzinfo=UTC),
        "team": "Payments",
    }
    return Finding(**{**fields, **changes})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "account=111111111111",
        "account=prod-*",
        "ACCOUNT=PROD-PAYMENTS",
        "account=1111*",
        "region=eu-*",
        "region=eu-central-?",
        "team=payments",
        "team=pay*",
        "alias=alias/web/*",
        "alias=web/*",
        "alias=cards",
        "alias=alias/[a-c]ards",
        "cards",
        "CHECKOUT",
        "checkout",
        "card?",
        "web/*",
        "alias/web/*",
        "payments",
        "prod-*",
        "1111",
        "0a1b2c3d",
        f"arn:aws:kms:eu-central-1:111111111111:key/{KEY_ID}",
        "account=prod-* region=eu-* team=payments alias=cards checkout",
        "checkout   account=prod-*",
    ],
)
def test_a_filter_matches_when_every_part_of_it_does(text: str) -> None:
    assert Filter.parse(text).matches(finding())


@pytest.mark.parametrize(
    "text",
    [
        "account=prod",
        "account=2*",
        "region=us-*",
        "region=eu",
        "team=web",
        "alias=alias/web",
        "alias=checkout",
        "ledger",
        "ards?",
        "account=prod-* region=us-*",
        "account=prod-* ledger",
        "team=payments alias=ledger",
    ],
)
def test_a_filter_does_not_match_when_one_part_of_it_does_not(text: str) -> None:
    assert not Filter.parse(text).matches(finding())


def test_a_key_without_team_or_alias_matches_no_team_and_no_alias() -> None:
    bare = finding(team=None, aliases=())

    assert not Filter.parse("team=*a*").matches(bare)
    assert not Filter.parse("alias=*").matches(bare)
    assert Filter.parse("0a1b").matches(bare)


def test_an_account_is_matched_by_its_id_or_its_name() -> None:
    account = Account("111111111111", "Prod-Payments")

    assert Filter.parse("account=prod-*").matches_account(account)
    assert Filter.parse("account=111111111111").matches_account(account)
    assert Filter.parse("region=us-east-1").matches_account(account)
    assert not Filter.parse("account=dev-*").matches_account(account)


@pytest.mark.parametrize("typed", ["payments", "prod-*", "1111", "region=us-east-1", "account=prod-*", ""])
def test_where_accounts_are_looked_for_a_bare_word_is_part_of_their_names_or_ids(typed: str) -> None:
    found = Filter.parse(typed).of_accounts

    assert found.matches_account(Account("111111111111", "Prod-Payments"))
    assert found.matches_account(Account("222222222222", "Dev-Web")) is ("account" not in str(found))


@pytest.mark.parametrize("typed", ["team=payments", "alias=web/*", "account=prod-* web"])
def test_what_no_account_has_is_refused_where_accounts_are_looked_for(typed: str) -> None:
    with pytest.raises(BadFilterError, match="account"):
        _ = Filter.parse(typed).of_accounts


def test_a_region_is_matched_by_its_name() -> None:
    assert Filter.parse("region=EU-*").matches_region("eu-central-1")
    assert Filter.parse("account=prod").matches_region("eu-central-1")
    assert not Filter.parse("region=us-*").matches_region("eu-central-1")


@pytest.mark.parametrize("text", ['team="Web  Shop" x', '"team=web shop" x', 'team=web" "shop "x"'])
def test_quotation_marks_keep_words_together(text: str) -> None:
    assert Filter.parse(text) == Filter(team="web shop", word="x")
    assert str(Filter(team="web shop", word="x")) == 'team="web shop" x'


def test_only_a_filter_without_parts_is_empty() -> None:
    assert Filter.parse(" ").is_empty
    assert not Filter.parse("x").is_empty
    assert not Filter.parse("team=x").is_empty


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("acount=prod", "Did you mean `account=`?"),
        ("regions=eu-*", "Did you mean `region=`?"),
        ("zzz=1", "There is no filter “zzz”. Filters are account=…, region=…, team=…, alias=… or a bare word."),
        ("=prod", "There is no filter “”."),
        ("word=prod", "There is no filter “word”."),
        ("account=", "“account=” needs a value"),
        ("account=a account=b", "“account=” twice"),
        ("account=a ACCOUNT=b", "“account=” twice"),
        ("one two", "a second bare word"),
        ('team="web shop', "opens a quotation mark and does not close it"),
        ('team=""', "“team=” needs a value"),
        ('""', "The quotation marks hold nothing."),
    ],
)
def test_a_filter_that_cannot_be_understood_says_which_part(text: str, words: str) -> None:
    with pytest.raises(BadFilterError) as caught:
        Filter.parse(text)

    assert words in str(caught.value)


LETTERS = st.characters(exclude_categories=["Z", "C"], exclude_characters='"')
TEXT = st.text(LETTERS, min_size=1).filter(lambda text: len(text.split()) == 1)
PARTS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("account", "region", "team", "alias"), TEXT)
    | {"word": TEXT.filter(lambda word: "=" not in word)},
)


@given(PARTS, st.randoms())
def test_a_filter_survives_being_written_and_read_again(parts: dict[str, str], order: Any) -> None:  # noqa: ANN401 - hypothesis's own random
    tokens = [value if name == "word" else f"{name}={value}" for name, value in parts.items()]
    order.shuffle(tokens)
    parsed = Filter.parse(" ".join(tokens))

    assert Filter.parse(str(parsed)) == parsed
    assert parsed.is_empty == (not parts)


@given(st.text())
def test_whatever_is_typed_is_either_understood_for_good_or_refused_in_words(text: str) -> None:
    try:
        parsed = Filter.parse(text)
    except BadFilterError as error:
        assert str(error).endswith(".")  # noqa: PT017 - both outcomes are right, each has its own proof
        return
    assert Filter.parse(str(parsed)) == parsed


PATTERNS = st.sampled_from(["*", "*a*", "prod-*", "1111*", "eu-*", "payments", "cards", "us-*", "ledger"])


@given(st.dictionaries(st.sampled_from(["account", "region", "team", "alias", "word"]), PATTERNS, min_size=1))
def test_a_filter_matches_just_when_each_of_its_parts_alone_does(parts: dict[str, str]) -> None:
    alone = [made_of({name: pattern}).matches(finding()) for name, pattern in parts.items()]

    assert made_of(parts).matches(finding()) == all(alone)


def made_of(parts: dict[str, str]) -> Filter:
    return Filter(**parts)  # type: ignore[arg-type]  # all of these are texts
