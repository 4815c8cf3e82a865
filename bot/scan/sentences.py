"""What a scan says about what it could not read: what, why, and what helps."""

from collections import Counter
from collections.abc import Iterable, Iterator

from bot.models.keys import FailureKind, ReadFailure

LIST_ACCOUNTS = "organizations:ListAccounts"

SHOWN = 10
"""So many names are spelt out, the others counted."""

_REMEDIES = {
    "NoCredentialsError": "The bot has no AWS credentials: give it a role, or set AWS_PROFILE or AWS_ACCESS_KEY_ID.",
    "InvalidClientTokenId": "AWS does not know these credentials: check AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN.",
    "SignatureDoesNotMatch": "The secret key is wrong: check AWS_SECRET_ACCESS_KEY.",
    "ExpiredToken": "The bot's credentials have expired: renew them.",
    "ExpiredTokenException": "The bot's credentials have expired: renew them.",
    "EndpointConnectionError": "AWS cannot be reached: check the network, and AWS_ENDPOINT_URL if it is set.",
    "ConnectTimeoutError": "AWS cannot be reached: check the network, and AWS_ENDPOINT_URL if it is set.",
    "AWSOrganizationsNotInUseException": "This account is in no organisation: list accounts in scan.accounts.",
    "UnrecognizedClientException": "The Region may not be enabled in this account.",
}


def why(failure: ReadFailure) -> str:
    """Say what failed, with the remedy where there is one."""
    remedy = _REMEDIES.get(failure.code)
    return f"{failure.sentence} {remedy}" if remedy else failure.sentence


def accounts_unknown(failure: ReadFailure) -> str:
    if failure.permission != LIST_ACCOUNTS:
        return f"AWS does not let the bot in, so nothing was read: {why(failure)}"
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
    for cause, count in causes.most_common():
        yield f"{count} of {_keys(keys)} could not be read: {cause}"


def tags_unread(causes: Counter[str]) -> Iterator[str]:
    for cause, count in causes.most_common():
        yield f"The tags of {_keys(count)} could not be read: {cause}"


def listing(names: Iterable[str]) -> str:
    known = sorted(names)
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return ", ".join(known[:SHOWN]) + more


def _keys(count: int) -> str:
    return f"{count} key" if count == 1 else f"{count} keys"
