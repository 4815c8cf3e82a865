"""Keys of every shape, and filters that name some of them."""

from dataclasses import replace
from itertools import count, product

from hypothesis import strategies as st

from bot.models.keys import Finding, Reason, Verdict
from bot.models.scans import EVERYWHERE, Coverage, CoverageStatus
from bot.rules.filters import Filter
from tests.store.samples import ALPHA, BERLIN, BETA, IRELAND, at, finding

ACCOUNTS = (ALPHA, BETA, "333333333333")
NAMES = ("prod-alpha", "Köln_1", "ab*[c]")
TEAMS = (None, "", "Web Shop", "ÄB", "a_b")
KINDS = (
    (Verdict.NON_COMPLIANT, Reason.ROTATION_DISABLED, None),
    (Verdict.INSUFFICIENT_DATA, Reason.ACCESS_DENIED, None),
    (Verdict.COMPLIANT, Reason.ROTATION_ENABLED, None),
    (Verdict.NON_COMPLIANT, Reason.PERIOD_TOO_LONG, None),
    (Verdict.NON_COMPLIANT, Reason.ROTATION_DISABLED, at(1000)),
    (Verdict.NOT_APPLICABLE, Reason.KEY_SPEC, None),
    (Verdict.NON_COMPLIANT, Reason.ROTATION_DISABLED, None),
)
ALIASES = [
    (),
    *((f"alias/{''.join(letters)}",) for length in (1, 2, 3) for letters in product("aB_/", repeat=length)),
    *((f"alias/{first}", f"alias/{second}") for first, second in product(("a", "ab", "b-1", "aws/b:"), repeat=2)),
    ("alias/a", "alias/b", "alias/Alias/c"),
]
SIGNS = "aBb1*?[]!-_/%\\,\"' äK"


def population() -> list[Finding]:
    """Keys of every shape, each alias beside many accounts, Regions and teams; one account is known by two names."""
    numbers = count()
    found = []
    for aliases in ALIASES:
        number = next(numbers)
        account = number % 3
        name = "ab-renamed" if number % 11 == 0 else NAMES[account]
        key = f"{'mrk-' if number % 5 == 0 else ''}{number:04}-ab"
        verdict, reason, exempt_until = KINDS[number % len(KINDS)]
        where = finding(key, ACCOUNTS[account], (BERLIN, IRELAND)[number % 2], verdict=verdict, reason=reason)
        team = TEAMS[number % len(TEAMS)]
        found.append(replace(where, account_name=name, aliases=aliases, team=team, exempt_until=exempt_until))
    return found


POPULATION = population()

TARGETS = [
    *(
        Coverage(account, name, region, CoverageStatus.SCANNED, 9)
        for account, name, region in ((ACCOUNTS[0], NAMES[0], BERLIN), (ACCOUNTS[2], NAMES[2], IRELAND))
    ),
    Coverage(ACCOUNTS[0], NAMES[0], IRELAND, CoverageStatus.PARTIAL, 9, "Some keys could not be read."),
    Coverage(ACCOUNTS[1], "ab-renamed", BERLIN, CoverageStatus.PARTIAL, 9, "Some keys could not be read."),
    Coverage(ACCOUNTS[1], NAMES[1], IRELAND, CoverageStatus.FAILED, 0, "It was not readable."),
    Coverage("444444444444", "prod-closed", EVERYWHERE, CoverageStatus.FAILED, 0, "It is closed."),
    *(
        Coverage(f"5555555555{number:02}", f"ab-{number}", BERLIN, CoverageStatus.FAILED, 0, "Denied.")
        for number in range(9)
    ),
    Coverage(EVERYWHERE, "All accounts", EVERYWHERE, CoverageStatus.FAILED, 0, "Nothing can be listed."),
]


patterns = st.one_of(
    st.text(SIGNS, max_size=6),
    st.lists(
        st.sampled_from(["alias/", "a", "b", "b-1", "_", "/", "*", "?", "[ab]", "[!a]", "[a-c]", "[!", "]", "[]-_]"]),
        max_size=5,
    ).map("".join),
    st.sampled_from([each.arn for each in POPULATION]).flatmap(
        lambda arn: st.tuples(st.integers(0, len(arn)), st.integers(0, len(arn))).map(
            lambda ends: arn[min(ends) : max(ends)]
        )
    ),
    st.sampled_from([*ACCOUNTS, *NAMES, "*köln*", "ab-*", "eu-*", "eu-central-1", "*-1", "web shop", "w*", "mrk-*"]),
).map(str.lower)

scopes = st.builds(
    Filter,
    account=st.just("") | patterns,
    region=st.just("") | patterns,
    team=st.just("") | patterns,
    alias=st.just("") | patterns,
    word=st.just("") | patterns,
    hidden=st.just(()) | st.tuples(patterns) | st.tuples(st.sampled_from([*ACCOUNTS, *NAMES, "ab-*"]), patterns),
)
lone_parts = st.tuples(st.sampled_from(["account", "region", "team", "alias", "word"]), patterns).map(
    lambda part: Filter(**{part[0]: part[1]})  # type: ignore[arg-type]  # all of these are texts
) | st.tuples(patterns).map(lambda pattern: Filter(hidden=pattern))
