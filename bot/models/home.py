"""What the Home tab shows to one person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.models.digests import OpenKey
from bot.models.exemptions import Exemption
from bot.models.posture import Posture
from bot.models.requests import Request
from bot.models.scans import Progress, Scan
from bot.models.trend import Trend


@dataclass(frozen=True, slots=True)
class ScanRun:
    """A scan that has ended: how many keys it told of, and how many keys and targets it could not read.

    The keys are None where they are not known any more of the part that somebody may see, the targets where the scan is
    so old that nothing is kept of them.
    """

    scan: Scan
    keys: int | None
    unread_keys: int | None
    unread_targets: int | None = 0


@dataclass(frozen=True, slots=True)
class SnoozedKey:
    """A key that somebody snoozed for themselves, and until when."""

    handle: str
    name: str
    account_name: str
    region: str
    until: datetime


@dataclass(frozen=True, slots=True)
class MyKeys:
    """Somebody's open keys: the first of them, how many there are, the requests for them, and what is snoozed.

    `open_since` in each is when the digest of everything first told of it.
    """

    keys: tuple[OpenKey, ...] = ()
    total: int = 0
    requests: Mapping[str, Request] = field(default_factory=dict)
    snoozed: tuple[SnoozedKey, ...] = ()


@dataclass(frozen=True, slots=True)
class MyRequests:
    """Open requests: those that somebody may approve and has not, their own, and all others.

    `doubt` is why nobody can tell which they may approve, empty where that is known.
    """

    to_decide: tuple[Request, ...] = ()
    own: tuple[Request, ...] = ()
    others: tuple[Request, ...] = ()
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class HomePage:
    """All of it.

    `is_whole` is False while it is still being looked up who may do what: then there is only what the store knows.
    `running` is how far a scan is that runs now.
    """

    posture: Posture | None
    now: datetime
    trend: Trend | None = None
    requests: MyRequests = field(default_factory=MyRequests)
    mine: MyKeys = field(default_factory=MyKeys)
    lapsing: tuple[Exemption, ...] = ()
    runs: tuple[ScanRun, ...] = ()
    may_operate: bool = False
    hidden_accounts: int = 0
    is_whole: bool = True
    running: Progress | None = None
