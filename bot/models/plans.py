"""What a scan is about to read, and what it is not."""

from dataclasses import dataclass

from bot.models.scans import EVERYWHERE, Account, Coverage, CoverageStatus, LeftOut, Target

EVERY_ACCOUNT = Account(EVERYWHERE, EVERYWHERE)
"""Stands for all accounts of a coverage failure that concerns them all."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to read, what was lost before anything could be read, and what is not meant to be read."""

    targets: tuple[Target, ...] = ()
    failures: tuple[Coverage, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


NOTHING = Plan()


def failed(account: Account, error: str, region: str = EVERYWHERE) -> Coverage:
    """Say that an account, or one Region of it, cannot be read at all."""
    return Coverage(account.id, account.name, region, CoverageStatus.FAILED, error=error)
