"""What a scope covers, how it is typed, and until when a key is excused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.exemptions import Exemption, ExemptionScope, ExemptionState
from bot.models.keys import Finding, Reason, Verdict
from bot.rules.exemptions import Excuses, covers, parse_scope, tidy
from bot.rules.filters import BadFilterError

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ARN = "arn:aws:kms:eu-central-1:111111111111:key/a"
KEY = Finding(
    arn=ARN,
    account="111111111111",
    account_name="Prod-Payments",
    region="eu-central-1",
    aliases=("alias/legacy/vault", "alias/Other"),
    verdict=Verdict.NON_COMPLIANT,
    reason=Reason.ROTATION_DISABLED,
    message="Automatic rotation is off.",
    read_at=NOON,
    tags=(("Team", "Payments"), ("stage", "prod")),
)

COVERING = (
    ARN,
    "account=111111111111",
    "account=prod-*",
    "account=1111*",
    "region=eu-central-1 account=prod-payments",
    "region=eu-*",
    "alias=legacy/*",
    "alias=alias/legacy/*",
    "alias=other",
    "alias=*",
    "tag:team=payments",
    "tag:TEAM=pay*",
    "tag:stage=* alias=legacy/vault region=*-central-?",
)
NOT_COVERING = (
    ARN + "b",
    "account=222222222222",
    "account=prod",
    "account=prod-* region=us-*",
    "alias=alias/alias/legacy/*",
    "alias=al*",
    "alias=legacy",
    "alias=legacy/* tag:team=web",
    "tag:owner=*",
    "tag:team=prod",
    "region=eu-central",
)


@pytest.mark.parametrize("text", COVERING)
def test_these_cover_the_key(text: str) -> None:
    assert covers(parse_scope(text), KEY)


@pytest.mark.parametrize("text", NOT_COVERING)
def test_these_do_not(text: str) -> None:
    assert not covers(parse_scope(text), KEY)


def test_an_account_id_matches_no_account_that_was_given_an_id_for_a_name() -> None:
    renamed = replace(KEY, account="222222222222", account_name="111111111111")
    assert not covers(parse_scope("account=111111111111"), renamed)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The scope names nothing."),
        ("prod", "“prod” is no part of a scope."),
        ("acount=prod-*", "There is no “acount=” in a scope. Did you mean `account=`?"),
        ("account=", "“account=” needs a value, for example account=prod-*."),
        ("region=a region=b", "The scope has “region=” twice"),
        ("tag:a=1 tag:b=2", "The scope has two tags; give one."),
        ("tag:=x", "A tag needs a name and a value"),
        ("tag:team=", "A tag needs a name and a value"),
        ("account=1234", "“1234” has 4 digits; the id of an account has 12."),
        ("alias=käse", "“käse” matches no alias"),
        ("region=eu_central", "“eu_central” matches no Region"),
        ('account="prod', "opens a quotation mark"),
        ("alias=" + "a" * 300, "256 are the most"),
        ("arn:aws:s3:::bucket", "is not the ARN of a KMS key"),
    ],
)
def test_what_can_match_nothing_is_said_to_be_wrong(text: str, sentence: str) -> None:
    with pytest.raises(BadFilterError, match=r".") as raised:
        parse_scope(text)
    assert sentence in str(raised.value)


PATTERNS = st.text("ab1-/*?", min_size=1, max_size=6)
NAMES = st.text("ab1-/", min_size=1, max_size=6)
SCOPES = st.builds(
    ExemptionScope,
    account=st.sampled_from(["", "111111111111", "222222222222"]) | PATTERNS.filter(lambda text: not text.isdigit()),
    region=st.just("") | st.text("ab1-*?", min_size=1, max_size=6),
    alias=st.just("") | PATTERNS,
    tag=st.none() | st.tuples(st.sampled_from(["a", "b", "A"]), PATTERNS),
)
KEYS = st.builds(
    replace,
    st.just(KEY),
    account=st.sampled_from(["111111111111", "222222222222"]),
    account_name=NAMES | st.just("111111111111"),
    region=st.text("ab1-", min_size=1, max_size=6),
    aliases=st.lists(NAMES.map("alias/{}".format), max_size=2).map(tuple),
    tags=st.lists(st.tuples(st.sampled_from(["a", "b", "A"]), NAMES), max_size=2).map(tuple),
)


@given(SCOPES, KEYS)
def test_a_scope_covers_what_all_of_its_parts_match(scope: ExemptionScope, key: Finding) -> None:
    def any_like(pattern: str, *texts: str) -> bool:
        return not pattern or any(fnmatchcase(text.lower(), pattern.lower()) for text in texts)

    names = [key.account] if scope.account.isdigit() else [key.account, key.account_name]
    values = [value for name, value in key.tags if scope.tag is not None and name.lower() == scope.tag[0].lower()]
    assert covers(scope, key) == (
        any_like(scope.account, *names)
        and any_like(scope.region, key.region)
        and any_like(scope.alias, *(alias[len("alias/") :] for alias in key.aliases))
        and (scope.tag is None or any_like(scope.tag[1], *values))
    )


@given(SCOPES)
def test_what_is_written_is_read_as_the_same(scope: ExemptionScope) -> None:
    try:
        kept = tidy(scope)
    except BadFilterError:
        return
    assert parse_scope(str(kept)) == kept == tidy(kept)


def test_blanks_in_a_name_survive() -> None:
    scope = tidy(ExemptionScope(account="The  Shop*", tag=("Cost Center", "A b")))
    assert str(scope) == '"account=the shop*" "tag:Cost Center=a b"'
    assert parse_scope(str(scope)) == scope


def exemption(scope: ExemptionScope, days: int) -> Exemption:
    until = NOON + timedelta(days=days)
    return Exemption(f"e{days}", ExemptionState.ACTIVE, scope, "n", "r", "", "", until, NOON, "U0MARA")


@given(st.lists(st.tuples(SCOPES | st.just(ExemptionScope(arn=ARN)), st.integers(1, 99)), max_size=5), KEYS)
def test_a_key_is_excused_until_the_last_exemption_that_covers_it_ends(
    given_out: list[tuple[ExemptionScope, int]], key: Finding
) -> None:
    held = [exemption(scope, days) for scope, days in given_out]
    expected = max((each.until for each in held if covers(each.scope, key)), default=None)
    assert Excuses(held).until(key) == expected
