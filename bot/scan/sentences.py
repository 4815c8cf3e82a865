"""What a scan says about what it could not read: what, why, and what helps."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from bot.models.keys import FailureKind, ReadFailure
from bot.models.scans import Account, LeftOut
from bot.scan.remedies import why

LIST_ACCOUNTS = "organizations:ListAccounts"

SHOWN = 10
"""So many names are spelt out, the others counted."""

_STATES = {
    "SUSPENDED": "It is suspended by AWS",
    "CLOSED": "It is closed",
    "PENDING_CLOSURE": "It is being closed",
    "PENDING_ACTIVATION": "It is not activated yet",
}


def accounts_unknown(failure: ReadFailure) -> str:
    if failure.permission != LIST_ACCOUNTS:
        head = "AWS does not let the bot in" if failure.is_answered else "AWS could not be asked"
        return f"{head}, so nothing was read: {why(failure)}"
    remedy = (
        " Run the bot in the management account or in a delegated administrator's."
        if failure.kind is FailureKind.ACCESS_DENIED
        else ""
    )
    return f"The organisation's accounts could not be listed, so none was read: {why(failure)}{remedy}"


def account_closed_to_us(failure: ReadFailure) -> str:
    remedy = (
        " The audit role is missing there, or does not trust the bot, or has another external id."
        if failure.kind is FailureKind.ACCESS_DENIED
        else ""
    )
    return f"The account could not be entered: {why(failure)}{remedy}"


def regions_unknown(failure: ReadFailure) -> str:
    return f"Its enabled Regions could not be listed: {why(failure)}"


REGION_NOT_ENABLED = "The Region is not enabled in this account, so it was not read."


def no_such_region(nearest: str | None) -> str:
    hint = f" Did you mean {nearest}?" if nearest else ""
    return f"AWS tells this account of no such Region.{hint} Correct scan.regions."


def region_unsure(failure: ReadFailure) -> str:
    return f"Whether there is such a Region is unknown: {why(failure)}"


def choice_unknown(unread: Iterable[ReadFailure]) -> str:
    causes = " ".join(dict.fromkeys(why(failure) for failure in unread))
    return f"Whether it is to be scanned is unknown, so it was not entered: {causes}"


def units_missing(units: Sequence[tuple[int, str]]) -> str:
    """Say which included units there are not, by their positions (from zero) in the file."""
    named = " ".join(f"There is no unit {unit} (scan.include.units[{position + 1}])." for position, unit in units)
    return f"{named} No account was found by {'it' if len(units) == 1 else 'them'}."


def not_active(state: str) -> str:
    """Say why an account of the organisation cannot be read.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html
    """
    told = _STATES.get(state, "It is not active")
    return f"{told} ({state})." if state else f"{told}: AWS tells no state of it."


def listed_not_active(state: str) -> str:
    return f"{not_active(state)} So it was not entered: take it out of scan.accounts."


def account_name(account: Account) -> str:
    return account.id if account.name == account.id else f"{account.name} ({account.id})"


def all_left_out(pattern: str, left_out: Sequence[LeftOut]) -> str:
    """Say why none of the accounts that match is scanned."""
    causes = " ".join(
        f"{account_name(Account(each.account, each.account_name))}: {each.why}" for each in left_out[:SHOWN]
    )
    more = f" And {len(left_out) - SHOWN} more." if len(left_out) > SHOWN else ""
    return f"No account that is scanned matches account={pattern}. {causes}{more}"


NOBODY_IS_LEFT = "Every account of the organisation is left out, so none was read: see scan.include and scan.exclude."


def keys_unknown(failure: ReadFailure) -> str:
    return f"Its keys could not be listed: {why(failure)}"


def keys_cut_short(failure: ReadFailure, known: int) -> str:
    return f"The list of its keys broke off after {_keys(known)}: {why(failure)}"


def aliases_unknown(failure: ReadFailure, known: int) -> str:
    if known:
        return f"The list of its aliases broke off after {known}: {why(failure)}"
    return f"Aliases are unknown: {why(failure)}"


def keys_unread(causes: Counter[str], keys: int) -> Iterator[str]:
    """Say of how many of the keys a read failed, a sentence for each cause."""
    for cause, count in _by_weight(causes):
        yield f"{count} of {_keys(keys)} could not be read: {cause}"


def tags_unread(causes: Counter[str]) -> Iterator[str]:
    for cause, count in _by_weight(causes):
        yield f"The tags of {_keys(count)} could not be read: {cause}"


def account_tags_unread(failure: ReadFailure) -> str:
    return f"The tags of the account could not be read, so some owners are unknown: {why(failure)}"


NO_WORKER = (
    "No worker that reads for this process is alive, so it reads the accounts itself. "
    'Start “python -m bot worker”, or write scan.spread = "processes".'
)


def strangers(names: Sequence[str]) -> str:
    """Tell of workers that are alive and read nothing for this process."""
    run = "worker runs" if len(names) == 1 else "workers run"
    return (
        f"{len(names)} {run} another version of the bot or have other settings in [scan], [policy], [owners] or "
        f"[digest.production], and nothing is read there for this process: {listing(names)}. "
        "Start them again with the same version and file."
    )


def reading_alone(others: int) -> str:
    """Say in a scan's progress why it may be slow, as a part of a sentence."""
    if others:
        return f"{_workers(others)} of another version or with other settings, so the bot reads by itself"
    return "no worker is alive, so the bot reads by itself"


def given_up(times: int) -> str:
    return (
        f"A worker began to read this account {times} times and did not come to its end, so nothing is known of this "
        "Region. The workers' logs say why; for want of memory perhaps."
    )


def _workers(count: int) -> str:
    return "the one worker is" if count == 1 else f"the {count} workers are all"


def no_account_matches(pattern: str, names: Sequence[str]) -> str:
    """`names` are the accounts that there are, as far as whoever asks may know of them."""
    there_are = "There is only" if len(names) == 1 else "There are"
    others = f" {there_are} {listing(names)}." if names else ""
    return f"No account to scan matches account={pattern}.{others}"


def listing(names: Iterable[str]) -> str:
    known = sorted(names)
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return ", ".join(known[:SHOWN]) + more


def _by_weight(causes: Counter[str]) -> list[tuple[str, int]]:
    """Put the most common first; of those that are as common, the order in which calls ended does not tell."""
    return sorted(causes.items(), key=lambda each: (-each[1], each[0]))


def _keys(count: int) -> str:
    return f"{count} key" if count == 1 else f"{count} keys"
