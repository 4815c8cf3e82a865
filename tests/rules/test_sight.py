"""What somebody may see."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from bot.models.approval import KeyFacts
from bot.models.exemptions import ExemptionScope, ExemptionTerms
from bot.models.requests import Change, ChangeKind, ChangeState, Decision, DecisionKind, Request, RequestState
from bot.models.scans import EVERYWHERE, Account
from bot.models.visibility import VisibilityRule
from bot.rules.filters import Filter
from bot.rules.sight import EVERYTHING, Sight, groups_asked_about, hidden_from, is_hidden, scope_named
from bot.rules.veil import veiled

VAULT, ERP, SHOP = (
    Account("111111111111", "secret-vault"),
    Account("222222222222", "secret-erp"),
    Account("3" * 12, "shop"),
)
RULES = (
    VisibilityRule(("secret-*",), ("S0SEC", "U0CISO")),
    VisibilityRule(("222222222222",), ("S0ERP",)),
)
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def arn(account: Account) -> str:
    return f"arn:aws:kms:eu-central-1:{account.id}:key/1234abcd"


def request(*changes: Change) -> Request:
    return Request("r1", RequestState.PENDING, "U0MARA", "T0OURS", "for the secret vault", 1, NOW, NOW, changes)


def change(account: Account, scope: ExemptionScope | None = None) -> Change:
    terms = None if scope is None else ExemptionTerms(scope, NOW, "https://tickets/1", "U0MARA")
    kind = ChangeKind.ENABLE_ROTATION if scope is None else ChangeKind.EXEMPT
    where = arn(account) if scope is None else str(scope)
    facts = KeyFacts(aliases=("alias/vault",))
    return Change(
        "c1", "r1", where, "vault", account.name, ChangeState.FAILED, 365, kind, "rule", facts, result="No, vault.",
        aws_request_id="a1", exemption=terms,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "hidden"),
    [
        ((), ("secret-*", "222222222222")),
        (("U0NOBODY",), ("secret-*", "222222222222")),
        (("U0CISO",), ("222222222222",)),
        (("U0X", "S0SEC"), ("222222222222",)),
        (("U0X", "S0ERP"), ("secret-*",)),
        (("U0X", "S0SEC", "S0ERP"), ()),
    ],
)
def test_an_account_is_shown_to_whom_each_of_its_rules_names(entries: tuple[str, ...], hidden: tuple[str, ...]) -> None:
    assert hidden_from(RULES, entries) == hidden


def test_only_the_groups_of_rules_that_do_not_name_somebody_are_asked_about() -> None:
    assert groups_asked_about(RULES, "U0X") == ("S0SEC", "S0ERP")
    assert groups_asked_about(RULES, "U0CISO") == ("S0ERP",)


@pytest.mark.parametrize(
    ("account", "pattern", "is_so"),
    [
        (VAULT, "secret-*", True),
        (VAULT, "SECRET-VAULT", True),
        (VAULT, "111111111111", True),
        (VAULT, "1111*", True),
        (VAULT, "public-*", False),
        (Account("333333333333", "111111111111"), "111111111111", False),  # a name that looks like an id
        (Account("444444444444", "444444444444"), "secret-*", True),  # nobody read its name
        (Account("444444444444", "444444444444"), "111111111111", False),
        (Account(EVERYWHERE, EVERYWHERE), "*", False),  # no account, but all of them
    ],
)
def test_what_cannot_be_told_is_hidden(account: Account, pattern: str, is_so: bool) -> None:
    assert is_hidden(account, (pattern,)) is is_so
    assert Filter(hidden=(pattern,)).matches_account(account) is not is_so


def test_a_filter_says_nothing_of_what_it_hides_and_is_not_empty() -> None:
    seen = Filter.parse("account=prod-*").seen_by(Sight(("secret-*",)))
    assert str(seen) == "account=prod-*"
    assert not Filter().seen_by(Sight(("secret-*",))).is_empty
    assert Filter().seen_by(EVERYTHING).is_empty


def test_keys_go_by_the_names_that_the_last_scan_knows_and_unknown_accounts_are_hidden_by_names() -> None:
    sight = Sight(("secret-*",), (VAULT, SHOP))
    assert sight.hides_key(arn(VAULT))
    assert not sight.hides_key(arn(SHOP))
    assert sight.hides_key(arn(ERP))
    assert not Sight((ERP.id,), (VAULT, SHOP)).hides_key(arn(VAULT))
    assert sight.hidden_accounts == {VAULT.id}


SCOPES = {
    ExemptionScope(arn=arn(VAULT)): True,
    ExemptionScope(arn=arn(SHOP)): False,
    ExemptionScope(account=VAULT.id): True,
    ExemptionScope(account="secret-*"): True,
    ExemptionScope(account="secret-new-*"): True,
    ExemptionScope(account=ERP.id): True,  # the last scan did not meet it, so nobody knows how it is called
    ExemptionScope(account="SECRET-vault", alias="x"): True,
    ExemptionScope(account="shop"): False,
    ExemptionScope(account="*"): False,
    ExemptionScope(region="eu-*"): False,
    ExemptionScope(account="shop", alias="x"): False,
}


@pytest.mark.parametrize(("scope", "is_so"), SCOPES.items(), ids=str)
def test_a_scope_is_hidden_where_it_names_nothing_but_hidden_accounts(scope: ExemptionScope, is_so: bool) -> None:
    sight = Sight(("secret-*",), (VAULT, SHOP))
    assert sight.hides_scope(scope) is is_so
    assert sight.hides_request(request(change(SHOP, scope))) is is_so
    assert not EVERYTHING.hides_scope(scope)


@pytest.mark.parametrize(
    "scope",
    [ExemptionScope(alias="crown"), ExemptionScope(tag=("project", "crown")), ExemptionScope(account="s*", alias="x")],
    ids=str,
)
@pytest.mark.parametrize("covers", [True, False])
def test_an_alias_or_a_tag_is_shown_only_where_it_is_that_of_a_key_that_may_be_seen(
    scope: ExemptionScope,
    covers: bool,
) -> None:
    """A pattern without an account, or of several, may hold the name of a hidden key and nothing else."""
    asked = list[tuple[ExemptionScope, bool, bool]]()

    def told(asked_of: ExemptionScope, hides: Callable[[str], bool]) -> bool:
        asked.append((asked_of, hides(VAULT.id), hides(SHOP.id)))
        return covers

    sight = Sight(("secret-*",), (VAULT, SHOP), told)
    assert sight.hides_scope(scope) is not covers
    assert asked == [(scope, True, False)]
    assert Sight(("secret-*",), (VAULT, SHOP)).hides_scope(scope)  # what is not known hides
    assert sight.hides_part_of(scope)


@pytest.mark.parametrize(
    "scope",
    [
        ExemptionScope(arn=arn(VAULT)),
        ExemptionScope(account="secret-*", alias="vault/*"),
        ExemptionScope(account="the vault", tag=("cost center", "top secret")),
        ExemptionScope(alias="vault/crown", tag=("stage", "a=b")),
    ],
    ids=str,
)
def test_what_was_written_for_a_scope_is_read_back_whatever_is_quoted_in_it(scope: ExemptionScope) -> None:
    assert scope_named(str(scope)) == scope


def test_what_was_typed_for_a_scan_names_its_accounts() -> None:
    typed = Filter.parse('region=eu-* account="the vault"')
    assert scope_named(str(typed)) == ExemptionScope(account="the vault")
    assert scope_named("r1234") == ExemptionScope()


PARTS = {
    ExemptionScope(account="*"): True,
    ExemptionScope(alias="x"): True,
    ExemptionScope(account="s*"): True,
    ExemptionScope(account="1*"): True,
    ExemptionScope(account="shop"): False,
    ExemptionScope(account="sh*", alias="x"): False,
    ExemptionScope(account=SHOP.id): False,
}


@pytest.mark.parametrize(
    ("scope", "is_so"), [*PARTS.items(), *((each, True) for each, is_whole in SCOPES.items() if is_whole)], ids=str
)
def test_a_scope_is_hidden_in_part_where_it_may_cover_a_hidden_account(scope: ExemptionScope, is_so: bool) -> None:
    assert Sight(("secret-*",), (VAULT, SHOP)).hides_part_of(scope) is is_so
    assert not EVERYTHING.hides_part_of(scope)


@pytest.mark.parametrize(
    ("scope", "is_so"),
    [*PARTS.items(), (ExemptionScope(account="*shop*"), True), (ExemptionScope(account="*-shop", region="eu-*"), True)],
    ids=str,
)
def test_a_scope_may_cover_a_hidden_account_that_the_last_scan_did_not_meet(scope: ExemptionScope, is_so: bool) -> None:
    assert Sight(("secret-*",), (SHOP,)).hides_part_of(scope) is is_so


def test_a_hidden_account_that_is_named_by_its_id_is_met_by_what_matches_that() -> None:
    sight = Sight((ERP.id,), (SHOP,))
    assert sight.hides_part_of(ExemptionScope(alias="x"))
    assert sight.hides_part_of(ExemptionScope(account=f"{ERP.id[:3]}*"))
    assert not sight.hides_part_of(ExemptionScope(account="shop-*"))


@pytest.mark.parametrize("accounts", [*product((VAULT, SHOP), repeat=2)])
def test_a_request_is_hidden_by_any_of_its_keys(accounts: tuple[Account, ...]) -> None:
    sight = Sight(("secret-*",), (VAULT, SHOP))
    assert sight.hides_request(request(*map(change, accounts))) is (VAULT in accounts)


@pytest.mark.parametrize("scope", [None, ExemptionScope(account="secret-*"), ExemptionScope(arn=arn(VAULT))], ids=str)
def test_a_veiled_request_holds_nothing_that_tells_of_its_keys(scope: ExemptionScope | None) -> None:
    sight = Sight(("secret-*",), (VAULT, SHOP))
    word = Decision("U0JONAS", DecisionKind.BREAK_GLASS, NOW, "the secret vault burns")
    asked = replace(request(change(VAULT, scope)), decisions=(word,))
    shown = veiled(asked, sight)
    told = repr(shown).lower()
    assert all(each not in told for each in ("vault", "secret", VAULT.id, "eu-central", "tickets", "a1"))
    assert (shown.id, shown.state, shown.requester) == (asked.id, asked.state, asked.requester)
    assert shown.kind is asked.kind
    assert veiled(asked, EVERYTHING) is asked
