"""What people look at: the posture, the list, accounts, the Home tab, a running scan, help."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.models.gaps import Gaps
from bot.models.posture import AccountPosture, AccountsCovered, ListPage, Posture
from bot.models.scans import Account, Coverage, LeftOut, Progress, ScanState, Summary
from bot.scan.sentences import not_active, reading_alone
from bot.views import help as helping
from bot.views.accounts import accounts
from bot.views.listing import listing
from bot.views.posture import status
from bot.views.scan import failed, finished, running, stopped
from bot.views.scan import lost as given_up
from deploy.sandbox.gallery.asked import every_request
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.things import (
    BERLIN,
    DUBLIN,
    JONAS,
    LAKE,
    LEGACY,
    MARA,
    PAYMENTS,
    PLAIN,
    STRANGE_WORDS,
    SUMMARY,
    arn_of,
    closed,
    covered,
    dark,
    later,
    lost,
    open_key,
    open_keys,
    partly,
    scan,
    unread,
)

ENTERING = Progress(accounts_entered=3, accounts_found=40)
EARLY = Progress(1, 40, 12, 55, 10, 10)
HALF = Progress(12, 40, 812, 1024, 10, 10, seconds_left=170.0)
GAPS = (dark(), partly(), closed())
LEFT_OUT = (
    LeftOut("666666666666", "closed-experiment", not_active("SUSPENDED")),
    LeftOut("888888888888", "sandbox-jonas", "It is excluded by scan.exclude.accounts[1], “sandbox-*”."),
    LeftOut("999999999999", "sandbox-mara", "It is excluded by scan.exclude.accounts[1], “sandbox-*”."),
)
WORST = (
    AccountPosture(PAYMENTS.id, PAYMENTS.name, Summary(7, 6)),
    AccountPosture(LAKE.id, LAKE.name, Summary(3, 5)),
    AccountPosture(LEGACY.id, LEGACY.name, Summary(0, 1)),
)


def _posture(summary: Summary = SUMMARY, **changes: object) -> Posture:
    plain = Posture(scan(), "", summary, None, (), Gaps())
    return replace(plain, **changes)  # type: ignore[arg-type]  # any field of a posture


TYPICAL = _posture(previous=Summary(14, 24), worst=WORST, gaps=Gaps.of(GAPS, [unread()]))


def statuses() -> Iterator[Sample]:
    soon = later(minutes=5)
    well = Summary(compliant=38, not_applicable=20)
    yield shown("typical", Surface.REPLY, "Open keys and gaps; better than before").by(status, TYPICAL, soon)
    yield shown("the first scan", Surface.REPLY, "Nothing to compare with").by(
        status, replace(TYPICAL, previous=None), soon
    )
    worse = _posture(previous=Summary(38, 0), worst=WORST[2:])
    yield shown("worse", Surface.REPLY, "The percentage fell").by(status, worse, soon)
    yield shown("as before", Surface.REPLY, "The percentage stayed").by(
        status, _posture(previous=SUMMARY, worst=WORST), soon
    )
    yield shown("all well", Surface.REPLY, "Every key rotates").by(status, _posture(well, previous=well), soon)
    yield shown("one open", Surface.REPLY, "One key").by(status, _posture(Summary(37, 1), worst=WORST[2:]), soon)
    yield shown("exempt keys", Surface.REPLY, "Every key but exempt ones").by(
        status, _posture(Summary(compliant=30, exempt=8)), soon
    )
    yield shown("all exempt", Surface.REPLY, "Nothing to judge").by(status, _posture(Summary(exempt=1)), soon)
    yield shown("no key", Surface.REPLY, "Nothing could rotate").by(status, _posture(Summary(not_applicable=3)), soon)
    yield shown("nothing read", Surface.REPLY, "The accounts could not be listed").by(
        status, _posture(Summary(), gaps=Gaps.of([lost()], [])), soon
    )
    yield shown("old", Surface.REPLY, "The scan is three days old").by(status, TYPICAL, later(days=3))
    for name, progress in (("runs", HALF), ("has just begun", EARLY), ("enters accounts", ENTERING)):
        yield shown(f"while a scan {name}", Surface.REPLY, "A scan is running").by(
            status, replace(TYPICAL, running=progress), soon
        )
    interrupted = replace(scan(), state=ScanState.INTERRUPTED)
    yield shown("after an interrupted first scan", Surface.REPLY, "No scan has finished yet").by(
        status, replace(TYPICAL, scan=interrupted, previous=None), soon
    )
    yield shown("narrowed", Surface.REPLY, "A filter").by(
        status, replace(TYPICAL, scope="account=prod-*", summary=Summary(7, 6)), soon
    )
    yield shown("of a team", Surface.REPLY, "No percentage for a team").by(
        status, _posture(Summary(non_compliant=2), scope="team=payments", worst=WORST[:1]), soon
    )
    yield shown("after a narrowed first scan", Surface.REPLY, "Only a part was ever scanned").by(
        status, _posture(scan=scan("account=prod-*"), worst=WORST[:1]), soon
    )
    many = _posture(
        gaps=Gaps.of(
            [dark(LAKE, f"xx-test-{number}") for number in range(1, 51)],
            [unread(PLAIN, number, PAYMENTS) for number in range(1, 51)],
        ),
    )
    yield shown("many gaps", Surface.REPLY, "Fifty Regions and fifty keys unread").by(status, many, soon)
    for kind, words in STRANGE_WORDS.items():
        strange = _posture(
            scope=words.scope,
            worst=(AccountPosture(PAYMENTS.id, words.account, Summary(1, 1)),) * 5,
            gaps=Gaps.of([closed(Account(LAKE.id, words.account))], [unread(words)]),
        )
        yield shown(f"{kind} words", Surface.REPLY, f"Names of others: {kind}").by(status, strange, soon)


def pages() -> Iterator[Sample]:
    def page(keys: int, number: int = 1, of: int = 1, total: int | None = None, scope: str = "") -> ListPage:
        return ListPage(scan(), scope, open_keys(keys, since=None), number, of, keys if total is None else total, {})

    yield shown("none", Surface.REPLY, "No key is open").by(listing, page(0))
    yield shown("none matches", Surface.REPLY, "A filter that matches nothing").by(
        listing, page(0, scope="team=payments")
    )
    yield shown("one", Surface.REPLY, "One key").by(listing, page(1))
    yield shown("first page", Surface.REPLY, "The first of three").by(listing, page(10, 1, 3, 22))
    yield shown("middle page", Surface.REPLY, "The second of three, with a filter").by(
        listing, page(10, 2, 3, 22, "account=prod-*")
    )
    yield shown("last page", Surface.REPLY, "The last of three").by(listing, page(2, 3, 3, 22))
    yield shown("filter too long to turn", Surface.REPLY, "Its buttons could not carry the filter").by(
        listing, page(10, 1, 3, 22, f"alias={'f' * 2500}")
    )
    opened = [each for each in every_request().values() if each.is_open]
    keys = tuple(open_key(PLAIN, number, None, managed_by="Terraform") for number in range(1, len(opened) + 1))
    asked = {
        key.arn: replace(each, changes=tuple(replace(change, arn=arn_of(number)) for change in each.changes))
        for number, (key, each) in enumerate(zip(keys, opened, strict=True), 1)
    }
    yield shown("with requests", Surface.REPLY, "Every open state of a request").by(
        listing, ListPage(scan(), "", keys, 1, 1, len(keys), asked)
    )
    asleep = {keys[0].arn: later(days=12)}
    yield shown("snoozed", Surface.REPLY, "One of two keys is snoozed for whoever looks").by(
        listing, ListPage(scan(), "", keys[:2], 1, 1, 2, {}, asleep)
    )
    for kind, words in STRANGE_WORDS.items():
        strange = ListPage(scan(), words.scope, open_keys(3, words), 1, 2, 13, {})
        yield shown(f"{kind} words", Surface.REPLY, f"Names of others: {kind}").by(listing, strange)


def coverages() -> Iterator[Sample]:
    read = [covered(), covered(PAYMENTS, DUBLIN, 3), covered(Account("777777777777", "staging"), BERLIN, 0)]
    many = [
        Coverage(f"{number:012}", f"team-{number}", f"eu-west-{region}", covered().status, 5)
        for number in range(60)
        for region in range(6)
    ]
    dismissed = [
        LeftOut(f"{number:012}", f"team-{number}", f"It is excluded by scan.exclude.accounts[{cause}], “t*-{cause}”.")
        for cause in range(1, 13)
        for number in range(100 * cause, 101 * cause + 11)
    ]
    cases: tuple[tuple[str, str, Sequence[Coverage], Sequence[LeftOut]], ...] = (
        ("none matches", "A filter that matches no account", [], []),
        ("all read", "Every account was read", read, []),
        ("one", "One account", read[:1], []),
        ("gaps", "Accounts and Regions that were not read", [*read, *GAPS], []),
        ("nothing listed", "The accounts could not be listed", [lost()], []),
        ("many", "Sixty accounts in six Regions", many, []),
        ("left out", "An account that is closed, and two that the settings exclude", [*read, *GAPS], LEFT_OUT),
        ("only left out", "A filter that matches one account, which is left out", [], LEFT_OUT[:1]),
        ("many left out", "Hundreds of accounts left out for twelve causes", read, dismissed),
    )
    for name, about, coverage, left_out in cases:
        yield shown(name, Surface.REPLY, about).by(accounts, AccountsCovered.of(scan(), coverage, left_out))
    for kind, words in STRANGE_WORDS.items():
        place = Account(LAKE.id, words.account)
        why = f"It is excluded by scan.exclude.accounts[1], “{words.account}”."
        strange = AccountsCovered.of(scan(), [covered(place), dark(place)], [LeftOut(LEGACY.id, words.account, why)])
        yield shown(f"{kind} words", Surface.REPLY, f"Names of others: {kind}").by(accounts, strange)


def scans() -> Iterator[Sample]:
    for scope in ("", "account=prod-*"):
        of = " of a part" if scope else ""
        yield shown(f"begun{of}", Surface.CHANNEL, "Looking for accounts").by(running, MARA, scope, None)
        yield shown(f"entering{of}", Surface.CHANNEL, "Entering accounts").by(running, MARA, scope, ENTERING)
        yield shown(f"early{of}", Surface.CHANNEL, "Too early for an estimate").by(running, MARA, scope, EARLY)
        yield shown(f"running{of}", Surface.CHANNEL, "A good part done").by(running, MARA, scope, HALF)
        yield shown(f"finished{of}", Surface.CHANNEL, "Open keys and gaps").by(
            finished, MARA, scope, replace(TYPICAL, scope=scope)
        )
    for others, who in ((0, "nobody"), (2, "only strangers")):
        alone = replace(HALF, remark=reading_alone(others))
        yield shown(f"running, {who} to help", Surface.CHANNEL, "Scans are shared out among workers").by(
            running, MARA, "", alone
        )
    well = _posture(Summary(compliant=38, not_applicable=20))
    yield shown("finished, all well", Surface.CHANNEL, "Every key rotates").by(finished, MARA, "", well)
    yield shown("failed", Surface.CHANNEL, "The bot made a mistake").by(
        failed, MARA, "", "Something went wrong in the bot; its log says what."
    )
    yield shown("stopped", Surface.CHANNEL, "The bot was told to stop").by(stopped, MARA, "", HALF)
    yield shown("stopped by somebody", Surface.CHANNEL, "Somebody pressed the button").by(
        stopped, MARA, "", HALF, JONAS
    )
    yield shown("stopped before it read", Surface.CHANNEL, "It only entered accounts").by(stopped, MARA, "", ENTERING)
    yield shown("lost", Surface.DIRECT, "Nobody goes on with somebody's scan").by(given_up, scan())
    for kind, words in STRANGE_WORDS.items():
        yield shown(f"lost, {kind} words", Surface.DIRECT, f"A filter: {kind}").by(given_up, scan(words.scope))
        yield shown(f"running, {kind} words", Surface.CHANNEL, f"A filter: {kind}").by(running, MARA, words.scope, HALF)
        yield shown(f"stopped, {kind} words", Surface.CHANNEL, f"A filter: {kind}").by(stopped, MARA, words.scope, HALF)


def helps() -> Iterator[Sample]:
    yield shown("all", Surface.REPLY, "Every subcommand").by(helping.overview)
    for topic in helping.TOPICS:
        yield shown(topic.name, Surface.REPLY, "One subcommand").by(helping.about, topic)
