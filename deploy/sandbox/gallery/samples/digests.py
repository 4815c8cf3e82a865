"""Digests: the message, the pages of its thread, the file."""

from collections.abc import Iterator
from dataclasses import replace

from bot.models.anchor import Anchor
from bot.models.digests import Delta, Digest, DigestContent, OpenKey
from bot.models.scans import Summary
from bot.views.digest import digest, digest_file, digest_page
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.things import (
    CHANNEL,
    LAKE,
    NOW,
    PLAIN,
    STRANGE_WORDS,
    SUMMARY,
    arn_of,
    closed,
    dark,
    every_request,
    later,
    lost,
    open_key,
    open_keys,
    partly,
    unread,
)

ALL_WELL = Summary(compliant=38, not_applicable=20)
BEFORE = Summary(compliant=14, non_compliant=24, not_applicable=20, insufficient_data=1)
CHANNEL_MESSAGE = Surface.CHANNEL


def digests() -> Iterator[Sample]:
    yield from _firsts()
    yield from _comparisons()
    yield from _wells()
    yield from _gaps()
    yield from _parts()
    yield from _rows()
    yield from _threads()


def _of(summary: Summary = SUMMARY, *keys: OpenKey, **changes: object) -> Digest:
    plain = DigestContent(
        as_of=later(minutes=-20),
        summary=summary,
        previous_summary=None,
        delta=None,
        top=keys,
        open_total=summary.non_compliant,
        coverage_failures=(),
        unread_keys=(),
        unread_total=0,
        anchor=Anchor(1234, "9f86d081884c7d65" * 4),
    )
    return Digest("d1", "default", CHANNEL, NOW, replace(plain, **changes))  # type: ignore[arg-type]  # any field


def _firsts() -> Iterator[Sample]:
    ten = (
        open_key(managed_by="Terraform"),
        *(open_key(PLAIN, number) for number in range(2, 9)),
        open_key(PLAIN, 9, account=LAKE, team=None),
        open_key(PLAIN, 10, aliases=()),
    )
    first = _of(SUMMARY, *ten, coverage_failures=(dark(), partly(), closed()), unread_total=1)
    yield shown("first", CHANNEL_MESSAGE, "The first digest; 22 keys open, gaps").by(digest, first, {})
    one = _of(Summary(compliant=37, non_compliant=1), open_key())
    yield shown("first, one key", CHANNEL_MESSAGE, "The first digest; one key open").by(digest, one, {})
    older = _of(Summary(compliant=37, non_compliant=1), open_key(), anchor=None)
    yield shown("without an anchor", CHANNEL_MESSAGE, "Made by a version that kept none").by(digest, older, {})


def _comparisons() -> Iterator[Sample]:
    def names(kind: str, count: int) -> tuple[str, ...]:
        return tuple(f"payments/{kind}-{number}" for number in range(1, count + 1))

    old = later(days=-41)
    keys = (open_key(PLAIN, 1), *(open_key(PLAIN, number, old) for number in range(2, 6)))
    everything = Delta(
        names("new", 1), names("again", 2), names("fixed", 7), names("open", 19), names("gone", 1), ("a",)
    )
    changed = _of(SUMMARY, *keys, previous_summary=BEFORE, delta=everything)
    yield shown("everything changed", CHANNEL_MESSAGE, "New, again, fixed, gone, unread keys; up").by(
        digest, changed, {}
    )
    worse = _of(BEFORE, *keys, previous_summary=SUMMARY, delta=Delta(new=names("new", 2), still_open=names("open", 22)))
    yield shown("worse", CHANNEL_MESSAGE, "The percentage fell").by(digest, worse, {})
    same = _of(SUMMARY, *keys[1:], previous_summary=SUMMARY, delta=Delta(still_open=names("open", 22)))
    yield shown("as before", CHANNEL_MESSAGE, "Open keys, and nothing has changed").by(digest, same, {})
    empty = _of(SUMMARY, *keys[1:], previous_summary=Summary(), delta=None)
    yield shown("after one about no key", CHANNEL_MESSAGE, "The digest before knew no key").by(digest, empty, {})


def _wells() -> Iterator[Sample]:
    well = _of(ALL_WELL, previous_summary=ALL_WELL, delta=Delta())
    yield shown("all well", CHANNEL_MESSAGE, "Every key rotates, as before").by(digest, well, {})
    fixed = _of(ALL_WELL, previous_summary=SUMMARY, delta=Delta(fixed=("payments/card-vault",)))
    yield shown("the last one fixed", CHANNEL_MESSAGE, "Every key rotates now").by(digest, fixed, {})
    exempt = _of(Summary(compliant=30, exempt=8), previous_summary=ALL_WELL, delta=Delta())
    yield shown("all well but for exempt keys", CHANNEL_MESSAGE, "Exempt keys beside it").by(digest, exempt, {})
    only = _of(Summary(exempt=8), previous_summary=None, delta=None)
    yield shown("all exempt", CHANNEL_MESSAGE, "No key to judge but exempt ones").by(digest, only, {})
    yield shown("no key", CHANNEL_MESSAGE, "An organisation without keys that could rotate").by(
        digest, _of(Summary(not_applicable=3)), {}
    )


def _gaps() -> Iterator[Sample]:
    dark_ones = _of(
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
    many = _of(
        SUMMARY, *open_keys(3), coverage_failures=tuple(dark(LAKE, f"xx-test-{number}") for number in range(1, 51))
    )
    yield shown("many gaps", CHANNEL_MESSAGE, "Fifty Regions could not be read").by(digest, many, {})
    nothing = _of(Summary(), coverage_failures=(lost(),))
    yield shown("nothing read", CHANNEL_MESSAGE, "The accounts could not be listed").by(digest, nothing, {})


def _parts() -> Iterator[Sample]:
    team = _of(Summary(non_compliant=2), *open_keys(2), scope="team=payments", delta=None)
    yield shown("of a team", CHANNEL_MESSAGE, "A route for a team: no percentage").by(digest, team, {})
    well = _of(Summary(), scope="team=payments", delta=Delta(fixed=("payments/card-vault",)))
    yield shown("of a team, all well", CHANNEL_MESSAGE, "A team without open keys").by(digest, well, {})
    accounts = _of(Summary(9, 2), *open_keys(2), scope="account=prod-*")
    yield shown("of some accounts", CHANNEL_MESSAGE, "A route for accounts").by(digest, accounts, {})
    for kind, words in STRANGE_WORDS.items():
        names = tuple(words.alias for _ in range(9))
        strange = _of(
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
    after = _of(SUMMARY, *keys, previous_summary=SUMMARY, delta=Delta(still_open=("a",) * 22))
    yield shown("rows with requests", CHANNEL_MESSAGE, "A row for every state of a request").by(digest, after, by_arn)
    crowd = replace(states["done"], decisions=states["done"].decisions * 30)
    one = _of(Summary(37, 1), keys[0], delta=Delta(still_open=("a",)))
    yield shown("a row that thirty approved", CHANNEL_MESSAGE, "More approvers than can be named", crowd.state).by(
        digest, one, {keys[0].arn: crowd}
    )


def _threads() -> Iterator[Sample]:
    keys = open_keys(75)
    pages = _of(Summary(38, 85), *open_keys(10), rest=(keys[:60], keys[60:]), open_total=85)
    yield shown("with a thread", CHANNEL_MESSAGE, "Ten keys here, 75 in the thread").by(digest, pages, {})
    yield shown("thread, first page", Surface.THREAD, "Sixty keys").by(digest_page, pages, 0)
    yield shown("thread, last page", Surface.THREAD, "Fifteen keys").by(digest_page, pages, 1)
    single = _of(Summary(38, 11), *open_keys(10), rest=(keys[10:11],))
    yield shown("thread, one key", Surface.THREAD, "One key").by(digest_page, single, 0)
    many = _of(Summary(10_000, 20_000), *open_keys(10), rest_is_file=True)
    yield shown("with a file", CHANNEL_MESSAGE, "Too many keys for a thread").by(digest, many, {})
    yield shown("thread, the file", Surface.FILE, "All open keys").by(
        digest_file, many, "arn,name,account\narn:aws:kms:…,payments/card-vault,111111111111\n"
    )
    for kind, words in STRANGE_WORDS.items():
        strange = _of(Summary(38, 60), rest=(open_keys(9, words),), open_total=9)
        yield shown(f"thread, {kind} words", Surface.THREAD, f"Names of others: {kind}").by(digest_page, strange, 0)
