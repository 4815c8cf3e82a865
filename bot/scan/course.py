"""How far the running scan is: told to whoever started it, and looked up by others."""

from collections.abc import Callable, Mapping, Sequence
from time import monotonic

from bot.models.keys import Finding
from bot.models.scans import Coverage, Listed, Progress, Target
from bot.models.shares import ShareProgress
from bot.rules.progress import Begun, Outlook, Pace, Place

TELLING_SECONDS = 0.1
"""Progress is told at most so often while keys are read: telling costs as much as a key does."""

OnProgress = Callable[[Progress], None]


class Course:
    """Takes note on the scan's thread; `progress` may be called from any other."""

    def __init__(self, on_progress: OnProgress, clock: Callable[[], float] = monotonic) -> None:
        self._on_progress = on_progress
        self._clock = clock
        self._planned = Progress()
        self._outlook: Outlook | None = None
        self._pace = Pace(clock())
        self._told_at = clock()
        self.remark = ""
        self._done: set[Place] = set()

    @property
    def begun(self) -> Mapping[Place, Begun]:
        return {} if self._outlook is None else self._outlook.begun

    def tell_planned(self, progress: Progress) -> None:
        """Take note of how far the plan is, and tell it."""
        self._planned = progress
        self._on_progress(progress)

    def begin(self, targets: Sequence[Target], sizes: Mapping[Place, int]) -> None:
        """Begin to read what is planned; `sizes` are the keys of each target as far as they are known from before."""
        self._pace = Pace(self._clock())
        self._outlook = Outlook(((each.account.id, each.region) for each in targets), sizes)
        self.tell()

    def take(self, read: Finding | Listed | Coverage) -> None:
        if self._outlook is None:
            raise ValueError("nothing can be read before there is a plan")
        self._outlook.take(read)
        self._tell_now_and_then(self._outlook)

    def note(self, share: ShareProgress) -> None:
        """Take note of how far somebody else is with an account."""
        if self._outlook is None:
            raise ValueError("nothing can be read before there is a plan")
        for region, told in share.regions.items():
            if (share.account, region) not in self._done:
                self._outlook.note((share.account, region), told.listed, told.read, is_done=told.is_done)
            if told.is_done:
                self._done.add((share.account, region))
        self._tell_now_and_then(self._outlook)

    def _tell_now_and_then(self, outlook: Outlook) -> None:
        now = self._clock()
        if now - self._told_at >= TELLING_SECONDS:
            self._pace.mark(now, outlook.done)
            self.tell()

    def tell(self) -> None:
        self._told_at = self._clock()
        self._on_progress(self.progress())

    def progress(self) -> Progress:
        outlook = self._outlook
        if outlook is None:
            return self._planned
        return Progress(
            targets_done=outlook.targets_done,
            targets_total=outlook.targets_total,
            keys_read=outlook.keys_read,
            keys_listed=outlook.keys_listed,
            accounts_entered=self._planned.accounts_entered,
            accounts_found=self._planned.accounts_found,
            seconds_left=self._pace.seconds_left(self._clock(), outlook.done, outlook.left),
            remark=self.remark,
        )
