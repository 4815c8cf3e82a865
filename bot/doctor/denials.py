"""What to do about a call that AWS did not let through, as far as its message tells whose fault that is."""

from bot.doctor.lines import Check, Line, Status
from bot.models.keys import FailureKind, ReadFailure, denied_by
from bot.scan.remedies import WITHOUT_CREDENTIALS, remedy, said

BY_KEY_POLICY = frozenset({"by the key policy", "the key policy does not allow it"})

_REMEDIES = {
    "by a service control policy": (
        "Ask whoever keeps the organisation's service control policies to except {role}; where they forbid whole "
        "Regions on purpose, list the others in scan.regions."
    ),
    "by a resource control policy": "Ask whoever keeps the organisation's resource control policies to except {role}.",
    "by a VPC endpoint policy": "Let the policy of the VPC endpoint that the bot calls through allow it.",
    "by the key policy": "Its policy denies {role}: ask the key's owners to except it.",
    "the key policy does not allow it": (
        "Let the key's policy allow its account (…:root), so that IAM policies count, or {role} itself."
    ),
    "by a permissions boundary": "Let the permissions boundary of {role} allow it.",
    "by a session policy": "Let the session policy under which the bot itself runs allow it.",
    "by the role's own policy": "Deploy deploy/aws/member-roles.yml anew: a policy of {role} denies it.",
    "the role's own policy lacks it": "Deploy deploy/aws/member-roles.yml anew: {role} lacks it.",
}
_UNTOLD = "AWS does not say what denies it: look at the policies of {role}, at the organisation's, and at the key's."

AGAIN = "Try again in a minute."

_BOTS_OWN = {
    "the role's own policy lacks it": "Attach the policy of deploy/aws/bot.yml to the bot's own role: it lacks this.",
    "by the role's own policy": "A policy of the bot's own role denies it: take that out.",
    "by a service control policy": "Ask whoever keeps the organisation's service control policies to except the bot.",
    "by a permissions boundary": "Let the permissions boundary of the bot's own role allow it.",
    "by a session policy": "Let the session policy under which the bot itself runs allow it.",
}


def status_of(failure: ReadFailure) -> Status:
    """Tell what AWS decided from what it could not say just now."""
    is_undecided = failure.kind is FailureKind.THROTTLED or not failure.is_answered
    return Status.UNKNOWN if is_undecided and failure.code not in WITHOUT_CREDENTIALS else Status.FAILED


def denied(check: Check, subject: str, failure: ReadFailure, role: str) -> Line:
    """Say that a call in a role (`the role KmsRotationAudit`) failed, and what to do."""
    if failure.kind is not FailureKind.ACCESS_DENIED:
        return not_answered(check, subject, failure, AGAIN)
    what = _REMEDIES.get(denied_by(failure.detail), _UNTOLD)
    return Line(check, subject, Status.FAILED, failure.sentence, what.format(role=role))


def own_denied(check: Check, subject: str, failure: ReadFailure, otherwise: str) -> Line:
    """Say that a call as the bot itself failed, and what to do; `otherwise` where AWS does not tell what denies it."""
    if failure.kind is not FailureKind.ACCESS_DENIED:
        return not_answered(check, subject, failure, otherwise)
    what = _BOTS_OWN.get(denied_by(failure.detail), otherwise)
    return Line(check, subject, Status.FAILED, failure.sentence, what)


def not_answered(check: Check, subject: str, failure: ReadFailure, otherwise: str) -> Line:
    """Say why a call came to nothing for another reason than a denial, and what helps where that is known.

    Else it may be tried again where AWS has not decided it; `otherwise` where it has.
    """
    status = status_of(failure)
    what = remedy(failure) or (AGAIN if status is Status.UNKNOWN else otherwise)
    return Line(check, subject, status, said(failure), what)
