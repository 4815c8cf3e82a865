"""What the command answers beside its views: typed by somebody, answered by the real handlers."""

from collections.abc import Iterator, Sequence

from bot.models.messages import Rendered
from bot.models.scans import Coverage
from bot.views.notice import say
from bot.work import STOPPING, went_wrong
from deploy.sandbox.gallery.desk import Office
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.things import (
    DUBLIN,
    JONAS,
    LAKE,
    MARA,
    PLAIN,
    STRANGE_WORDS,
    arn_of,
    closed,
    covered,
    dark,
    finding,
)

NOT_SCANNED = ("status", "list", "accounts", "key payments/card-vault", "history payments/card-vault")
TYPED = (
    "",
    "stauts",
    "frobnicate",
    "help scna",
    "help everything",
    "status acount=prod-*",
    "status colour=blue",
    "status account=",
    "status account=a account=b",
    "status one two",
    "status account=unheard-of",
    "list alias=unheard-of",
    "accounts account=unheard-of",
    "key",
    "key payments/card-valt",
    "key something else",
    "key shared-name",
    "key arn:aws:s3:::bucket",
    f"key {arn_of().replace('arn:aws:', 'arn:aws-cn:')}",
    f"key {arn_of(77)}",
    "history unheard-of",
    "scan",
    "digest",
)
TYPED_BY_JONAS = (
    "scan",
    "scan team=payments",
    "scan account=unheard-of",
    "scan region=mars-*",
    "digest",
    "digest payments",
    "digest paymnets",
    "digest something else",
    "digest preview paymnets",
    "digest preview payments",
    "routes",
)


def typed(office: Office, who: str, text: str) -> Rendered:
    return office.answer(text, who)


def answers() -> Iterator[Sample]:
    empty = Office()
    for text in NOT_SCANNED:
        yield _answer(empty, MARA, text, "before the first scan")
    yield _answer(empty, JONAS, "digest", "before the first scan ended")
    yield _answer(empty, JONAS, "digest preview payments", "before the first scan")
    yield shown("something went wrong", Surface.REPLY, "A mistake in the bot").by(say, went_wrong("5f3a9c2e"))
    yield shown("restarting", Surface.REPLY, "The bot stops before it came to the act").by(say, STOPPING)
    gaps = _office([closed(), dark()])
    yield _answer(gaps, MARA, "status account=unheard-of", "where not everything was read")
    full = _office([covered(), covered(LAKE)])
    for text in TYPED:
        yield _answer(full, MARA, text)
    for text in TYPED_BY_JONAS:
        yield _answer(full, JONAS, text, "as somebody who may")
    for kind, words in STRANGE_WORDS.items():
        yield _answer(full, MARA, f"key {words.reason}", f"{kind} words", f"key, {kind} words")
        yield _answer(full, MARA, words.reason.replace(" ", ""), f"{kind} words", f"a command of {kind} words")


def _office(coverage: Sequence[Coverage]) -> Office:
    keys = [
        finding(),
        finding(PLAIN, 2, account=LAKE),
        finding(PLAIN, 3, aliases=("alias/shared-name",)),
        finding(PLAIN, 4, region=DUBLIN, aliases=("alias/shared-name",)),
    ]
    return Office().scanned(keys, coverage)


def _answer(office: Office, who: str, text: str, how: str = "", name: str = "") -> Sample:
    command = f"/kms-rotation {text}".rstrip()
    told = f"{command} {f'({how})' if how else ''}".rstrip()
    return shown(name or told, Surface.REPLY, f"Typed: {command[:200]}").by(typed, office, who, text)
