"""What the codes mean with which calls of AWS fail, and what helps.

Codes are AWS's, or where no answer came the names of botocore's errors.
https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
"""

from collections.abc import Mapping
from typing import NamedTuple

from bot.models.keys import ReadFailure


class Meaning(NamedTuple):
    """Two sentences; the second is empty where nothing is known that helps."""

    cause: str
    remedy: str


_NETWORK = "Check the network, and AWS_ENDPOINT_URL if it is set."
_AWAY = Meaning("AWS cannot be reached.", _NETWORK)
_SILENT = Meaning("AWS was called and did not answer.", _NETWORK)
_NOT_FETCHED = Meaning(
    "The bot's AWS credentials could not be fetched.",
    "Check what hands them out: the metadata address of its task or instance, or the profile's credential_process.",
)
_LOGGED_OUT = Meaning("The login behind the AWS profile is not there or has ended.", "Log in with the AWS CLI again.")
_EXPIRED = Meaning("The bot's credentials have expired.", "Renew them.")

WITHOUT_CREDENTIALS: Mapping[str, Meaning] = {
    "NoCredentialsError": Meaning(
        "The bot has no AWS credentials.",
        "Give it a role where it runs, and let it reach the metadata address of its task or instance; "
        "or set AWS_PROFILE or AWS_ACCESS_KEY_ID.",
    ),
    "PartialCredentialsError": Meaning(
        "The bot's AWS credentials are not complete.", "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, both."
    ),
    "SSOTokenLoadError": _LOGGED_OUT,
    "UnauthorizedSSOTokenError": _LOGGED_OUT,
    "TokenRetrievalError": _LOGGED_OUT,
    "LoginRefreshRequired": _LOGGED_OUT,
    "LoginTokenLoadError": _LOGGED_OUT,
}
"""With these AWS was not even called, and will not be until somebody does something."""

UNREACHED: Mapping[str, Meaning] = {
    "EndpointConnectionError": _AWAY,
    "ConnectTimeoutError": _AWAY,
    "ConnectionError": _AWAY,
    "ReadTimeoutError": _SILENT,
    "ConnectionClosedError": _SILENT,
    "ResponseStreamingError": _SILENT,
    "HTTPClientError": _SILENT,
    "ProxyConnectionError": Meaning(
        "The proxy on the way to AWS cannot be reached.", "Check HTTPS_PROXY and NO_PROXY, and the proxy."
    ),
    "SSLError": Meaning(
        "No secure connection to AWS comes about.",
        "Where a proxy opens connections, name its certificates in AWS_CA_BUNDLE; check AWS_ENDPOINT_URL if it is set.",
    ),
}
"""The way to AWS; the credentials may be as they should."""

_MEANINGS: Mapping[str, Meaning] = {
    **WITHOUT_CREDENTIALS,
    **UNREACHED,
    "CredentialRetrievalError": _NOT_FETCHED,
    "MetadataRetrievalError": _NOT_FETCHED,
    "InvalidClientTokenId": Meaning(
        "AWS does not know these credentials.", "Check AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN."
    ),
    "SignatureDoesNotMatch": Meaning("The secret key is wrong.", "Check AWS_SECRET_ACCESS_KEY."),
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "AWSOrganizationsNotInUseException": Meaning(
        "This account is in no organisation.", "List accounts in scan.accounts."
    ),
    "UnrecognizedClientException": Meaning("The Region may not be enabled in this account.", ""),
}


def meaning_of(code: str) -> Meaning:
    """Return two empty sentences where nothing is known."""
    return _MEANINGS.get(code, Meaning("", ""))


def said(failure: ReadFailure) -> str:
    """Say what failed, and why as far as the code tells."""
    return _joined(failure.sentence, meaning_of(failure.code).cause)


def remedy(failure: ReadFailure) -> str:
    """Say what helps, where it is known."""
    return meaning_of(failure.code).remedy


def why(failure: ReadFailure) -> str:
    """Say both."""
    return _joined(said(failure), remedy(failure))


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
