"""What keeps a call of AWS from being answered is told in the same words everywhere, network and credentials apart."""

import pytest
from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

from bot.aws.failures import failure_of
from bot.doctor.denials import AGAIN, not_answered, own_denied
from bot.doctor.lines import Check, Status
from bot.scan.remedies import UNREACHED, WITHOUT_CREDENTIALS, meaning_of, why
from bot.scan.sentences import account_closed_to_us, accounts_unknown

FIELDS = {"endpoint_url": "https://sts.eu-central-1.amazonaws.com", "proxy_url": "http://proxy", "provider": "env"}
MORE = {"error": "oh", "error_msg": "oh", "cred_var": "aws_secret_access_key"}
BY_AWS = ("InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken", "ExpiredTokenException")


@pytest.mark.parametrize("name", [*UNREACHED, *WITHOUT_CREDENTIALS, "CredentialRetrievalError"])
def test_what_kept_us_from_calling_is_an_error_of_botocore_and_is_told_with_its_own_remedy(name: str) -> None:
    error: BotoCoreError = getattr(exceptions, name)(**FIELDS, **MORE)
    failure, (cause, remedy) = failure_of(error, "sts:AssumeRole"), meaning_of(name)
    told = f"sts:AssumeRole failed ({name}). {cause} {remedy}"
    assert why(failure) == told
    assert accounts_unknown(failure) == f"AWS could not be asked, so nothing was read: {told}"
    assert account_closed_to_us(failure) == f"The account could not be entered: {told}"
    line = own_denied(Check.AUDIT_ROLE, "prod", failure, "Deploy the role.")
    assert (line.seen, line.remedy) == (f"sts:AssumeRole failed ({name}). {cause}", remedy)
    assert line.status is (Status.FAILED if name in WITHOUT_CREDENTIALS else Status.UNKNOWN)
    speaks_of_credentials = "credential" in f"{cause} {remedy}" or "Log in" in remedy
    assert speaks_of_credentials is (name not in UNREACHED)


@pytest.mark.parametrize("code", BY_AWS)
def test_credentials_that_aws_does_not_take_are_told_as_refused(code: str) -> None:
    failure = failure_of(ClientError({"Error": {"Code": code}}, "GetCallerIdentity"), "sts:GetCallerIdentity")
    assert accounts_unknown(failure).startswith("AWS does not let the bot in, so nothing was read: sts:GetCaller")
    line = not_answered(Check.IDENTITY, "AWS", failure, "Else.")
    assert (line.status, line.remedy) == (Status.FAILED, meaning_of(code).remedy)


def test_of_what_nothing_is_known_no_more_is_said_than_that() -> None:
    unknown = failure_of(ClientError({"Error": {"Code": "Novel"}}, "AssumeRole"), "sts:AssumeRole")
    away = failure_of(BotoCoreError(), "sts:AssumeRole")
    assert why(unknown) == "sts:AssumeRole failed (Novel)."
    assert not_answered(Check.AUDIT_ROLE, "prod", unknown, "Deploy the role.").remedy == "Deploy the role."
    assert not_answered(Check.AUDIT_ROLE, "prod", away, "Deploy the role.").remedy == AGAIN
