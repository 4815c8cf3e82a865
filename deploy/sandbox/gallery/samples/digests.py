"""Digests: the message, its rows and gaps, the pages of its thread, the file."""

from collections.abc import Iterator
from dataclasses import replace

from bot.models.digests import Delta, ToldElsewhere
from bot.models.scans import Summary
from bot.views.digest import digest, digest_file, digest_page
from deploy.sandbox.gallery.asked import every_request
from deploy.sandbox.gallery.digests import ALL_WELL, digest_of
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.samples.comparing import compared
from deploy.sandbox.gallery.things import (
    LAKE,
    PLAIN,
    STRANGE_WORDS,
    SUMMARY,
    arn_of,
    closed,
    dark,
    later,
    lost,
    open_key,
    open_keys,
    partly,
    unread,
)

CHANNEL_MESSAGE = Surface.CHANNEL


def digests() -> Iterator[Sample]:
    yield from _firsts()
    yield from compared()
    yield from _wells()
    yield from _gaps()
    yield from _parts()
    yield from _rows()
    yield from _threads()


def _firsts() -> Iterator[Sample]:
    ten = (
        open_key(managed_by="Terraform"),
        *(open_key(PLAIN, number) for number in range(2, 9)),
        open_key(PLAIN, 9, account=LAKE, owner=None),
        open_key(PLAIN, 10, aliases=()),
    )
    first = digest_of(SUMMARY, *ten, coverage_failures=(dark(), partly(), closed()), unread_total=1)
    yield shown("first", CHANNEL_MESSAGE, "The first digest; 22 keys open, gaps").by(digest, first, {})
    one = digest_of(Summary(compliant=37, non_compliant=1), open_key())
    yield shown("first, one key", CHANNEL_MESSAGE, "The first digest; one key open").by(digest, one, {})
    older = digest_of(Summary(compliant=37, non_compliant=1), open_key(), anchor=None)
    yield shown("without an anchor", CHANNEL_MESSAGE, "Made by a version that kept none").by(digest, older, {})


def _wells() -> Iterator[Sample]:
    well = digest_of(ALL_WELL, previous_summary=ALL_WELL, delta=Delta())
    yield shown("all well", CHANNEL_MESSAGE, "Every key rotates, as before").by(digest, well, {})
    fixed = digest_of(ALL_WELL, previous_summary=SUMMARY, delta=Delta(fixed=("payments/card-vault",)))
    yield shown("the last one fixed", CHANNEL_MESSAGE, "Every key rotates now").by(digest, fixed, {})
    exempt = digest_of(Summary(compliant=30, exempt=8), previous_summary=ALL_WELL, delta=Delta())
    yield shown("all well but for exempt keys", CHANNEL_MESSAGE, "Exempt keys beside it").by(digest, exempt, {})
    only = digest_of(Summary(exempt=8), previous_summary=None, delta=None)
    yield shown("all exempt", CHANNEL_MESSAGE, "No key to judge but exempt ones").by(digest, only, {})
    yield shown("no key", CHANNEL_MESSAGE, "An organisation without keys that could rotate").by(
        digest, digest_of(Summary(not_applicable=3)), {}
    )


def _gaps() -> Iterator[Sample]:
    dark_ones = digest_of(
        Summary(compliant=16, insufficient_data=9),
        coverage_failures=(closed(),),
        unread_keys=tuple(unread(PLAIN, number) for number in range(1, 6)),
        unread_total=9,
        previous_summary=SUMMARY,
        delta=Delta(unread=("lake/raw", "lake/pii-vault")),
    )
    yield shown("nothing open, but gaps", CHANNEL_MESSAGE, "No open key found, not everything read").by(
        digest, dark_ones, {}
    )
    many = digest_of(
        SUMMARY, *open_keys(3), coverage_failures=tuple(dark(LAKE, f"xx-test-{number}") for number in range(1, 51))
    )
    yield shown("many gaps", CHANNEL_MESSAGE, "Fifty Regions could not be read").by(digest, many, {})
    nothing = digest_of(Summary(), coverage_failures=(lost(),))
    yield shown("nothing read", CHANNEL_MESSAGE, "The accounts could not be listed").by(digest, nothing, {})


def _parts() -> Iterator[Sample]:
    team = digest_of(Summary(non_compliant=2), *open_keys(2), scope="team=payments", delta=None)
    yield shown("of a team", CHANNEL_MESSAGE, "A route for a team: no percentage").by(digest, team, {})
    well = digest_of(Summary(), scope="team=payments", delta=Delta(fixed=("payments/card-vault",)))
    yield shown("of a team, all well", CHANNEL_MESSAGE, "A team without open keys").by(digest, well, {})
    accounts = digest_of(Summary(9, 2), *open_keys(2), scope="account=prod-*")
    yield shown("of some accounts", CHANNEL_MESSAGE, "A route for accounts").by(digest, accounts, {})
    for kind, words in STRANGE_WORDS.items():
        names = tuple(words.alias for _ in range(9))
        strange = digest_of(
            Summary(7, 10),
            *open_keys(10, words),
            scope=words.scope,
            previous_summary=SUMMARY,
            delta=Delta(names, names, names, names, names, names),
            coverage_failures=(closed(replace(LAKE, name=words.account)),),
            unread_keys=(unread(words),),
            unread_total=1,
        )
        yield shown(f"{kind} words", CHANNEL_MESSAGE, f"Names of others: {kind}").by(digest, strange, {})


def _rows() -> Iterator[Sample]:
    states = every_request()
    keys = tuple(open_key(PLAIN, number, later(days=-3)) for number in range(1, len(states) + 1))
    by_arn = {}
    for number, (key, asked) in enumerate(zip(keys, states.values(), strict=True), 1):
        changes = tuple(replace(each, arn=arn_of(number)) for each in asked.changes)
        by_arn[key.arn] = replace(asked, changes=changes)
    after = digest_of(SUMMARY, *keys, previous_summary=SUMMARY, delta=Delta(still_open=("a",) * 22))
    yield shown("rows with requests", CHANNEL_MESSAGE, "A row for every state of a request").by(digest, after, by_arn)
    crowd = replace(states["done"], decisions=states["done"].decisions * 30)
    one = digest_of(Summary(37, 1), keys[0], delta=Delta(still_open=("a",)))
    yield shown("a row that thirty approved", CHANNEL_MESSAGE, "More approvers than can be named", crowd.state).by(
        digest, one, {keys[0].arn: crowd}
    )
    told = (ToldElsewhere("team=payments", "C0PAYMENTS"), ToldElsewhere('account="data lake"', "C0DATALAKE"))
    routed = digest_of(Summary(37, 1), keys[0], delta=Delta(still_open=("a",)), elsewhere=told)
    yield shown("told elsewhere as well", CHANNEL_MESSAGE, "Two routes").by(digest, routed, {})
    many = digest_of(Summary(37, 1), keys[0], delta=Delta(still_open=("a",)), elsewhere=told * 3)
    yield shown("told in many places", CHANNEL_MESSAGE, "Six routes").by(digest, many, {})
    three = open_keys(3)
    excused = {each.arn: later(days=40) for each in three[:2]}
    since = digest_of(Summary(35, 3), *three, delta=Delta(still_open=("a",) * 3))
    yield shown("rows that are exempt by now", CHANNEL_MESSAGE, "A pattern was exempted since").by(
        digest, since, {}, (), excused
    )


def _threads() -> Iterator[Sample]:
    keys = open_keys(75)
    pages = digest_of(Summary(38, 85), *open_keys(10), rest=(keys[:60], keys[60:]), open_total=85)
    yield shown("with a thread", CHANNEL_MESSAGE, "Ten keys here, 75 in the thread").by(digest, pages, {})
    yield shown("thread, first page", Surface.THREAD, "Sixty keys").by(digest_page, pages, 0)
    yield shown("thread, last page", Surface.THREAD, "Fifteen keys").by(digest_page, pages, 1)
    single = digest_of(Summary(38, 11), *open_keys(10), rest=(keys[10:11],))
    yield shown("thread, one key", Surface.THREAD, "One key").by(digest_page, single, 0)
    many = digest_of(Summary(10_000, 20_000), *open_keys(10), rest_is_file=True)
    yield shown("with a file", CHANNEL_MESSAGE, "Too many keys for a thread").by(digest, many, {})
    yield shown("thread, the file", Surface.FILE, "All open keys").by(
        digest_file, many, "arn,name,account\narn:aws:kms:…,payments/card-vault,111111111111\n"
    )
    for kind, words in STRANGE_WORDS.items():
        strange = digest_of(Summary(38, 60), rest=(open_keys(9, words),), open_total=9)
        yield shown(f"thread, {kind} words", Surface.THREAD, f"Names of others: {kind}").by(digest_page, strange, 0)
