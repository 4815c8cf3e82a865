"""From what botocore raises to a ReadFailure."""

from botocore.exceptions import BotoCoreError, ClientError

from bot.models.keys import FailureKind, ReadFailure

# Neither is a modelled exception, and the code differs by protocol: match the code of ClientError. KMS's
# LimitExceededException is none of them: it means a limit that waiting does not lift.
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"})
_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
    }
)
_NOT_FOUND = frozenset({"NotFoundException"})
_SERVER_ERROR = 500

AWS_ERRORS = (ClientError, BotoCoreError)
"""All that a call to AWS can raise: its own answers, and everything that kept it from answering."""

AwsError = ClientError | BotoCoreError


class AssumeRoleError(BotoCoreError):
    """A call could not be signed, because no session in the account's role could be had; `cause` is why."""

    fmt = "The role could not be assumed: {cause}"

    def __init__(self, cause: AwsError) -> None:
        super().__init__(cause=cause)
        self.cause = cause


def failure_of(error: AwsError, permission: str) -> ReadFailure:
    """Classify a failed call that needed `permission` (`kms:DescribeKey`)."""
    if isinstance(error, AssumeRoleError):
        return failure_of(error.cause, "sts:AssumeRole")
    if not isinstance(error, ClientError):
        return ReadFailure(FailureKind.SERVICE_ERROR, permission, type(error).__name__, str(error), is_answered=False)
    code = error.response.get("Error", {}).get("Code", "Unknown")
    detail = error.response.get("Error", {}).get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return ReadFailure(_kind(code), permission, code, detail, is_answered=status < _SERVER_ERROR)


def is_throttling(code: str) -> bool:
    """Say whether AWS's error code means that calls came too fast."""
    return code in _THROTTLED


def _kind(code: str) -> FailureKind:
    if code in _DENIED:
        return FailureKind.ACCESS_DENIED
    if is_throttling(code):
        return FailureKind.THROTTLED
    if code in _NOT_FOUND:
        return FailureKind.NOT_FOUND
    return FailureKind.SERVICE_ERROR
