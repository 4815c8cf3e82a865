"""What AWS gives a name: accounts, units, Regions, roles, aliases, tags."""

import re
from typing import Annotated

from pydantic import AfterValidator

from bot.settings.mistakes import mistake, shown

_ACCOUNT_ID = re.compile(r"\d{12}", re.ASCII)
_REGION = re.compile(r"(?=.{,32}$)[a-z]{2,4}(-[a-z]+)+-\d{1,2}", re.ASCII)  # eusc-de-east-1 is one
_ROLE_NAME = re.compile(
    r"[\w+=,.@-]{1,64}", re.ASCII
)  # https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)  # …/STS/latest/APIReference/API_AssumeRole.html
_UNIT = re.compile(
    r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32}", re.ASCII
)  # https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html
_ALIAS_PATTERN = re.compile(
    r"(alias/)?[\w/:*?\[\]!-]{1,250}", re.ASCII
)  # https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
_REGION_PATTERN = re.compile(r"(?=.*[*?])[a-z0-9*?-]{1,32}", re.ASCII)


def _account_id(text: str) -> str:
    if _ACCOUNT_ID.fullmatch(text):
        return text
    what = f"has {len(text)} digits" if text.isdigit() else "is not an account id"
    raise mistake(f"{shown(text)} {what}.", "Write the account's id, which has 12 digits.")


def _account_pattern(text: str) -> str:
    if not text.strip():
        raise mistake("An account pattern is empty.", 'Write an account id, a name, or a pattern such as "prod-*".')
    return _account_id(text) if text.isdigit() else text


def _unit(text: str) -> str:
    if _UNIT.fullmatch(text):
        return text
    raise mistake(
        f"{shown(text)} is not the id of an organisational unit.",
        "Write its id (ou-…, or r-… for the root); AWS Organizations shows it beside the name.",
    )


def _region(text: str) -> str:
    if _REGION.fullmatch(text):
        return text
    if re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d[a-z]", text):
        raise mistake(f"{shown(text)} is an availability zone.", f"Write its Region, {text[:-1]}.")
    raise mistake(f"{shown(text)} is not the name of a Region.", "Write it as AWS does, for example eu-central-1.")


def _region_pattern(text: str) -> str:
    return text if _REGION_PATTERN.fullmatch(text) else _region(text)


def _role_name(text: str) -> str:
    if _ROLE_NAME.fullmatch(text):
        return text
    if text.startswith("arn:"):
        raise mistake(
            f"{shown(text)} is an ARN, not a role name.",
            "Write the role's name alone; it is assumed under that name in each account.",
        )
    raise mistake(f"{shown(text)} is not a role name.", "Use up to 64 letters, digits and +=,.@_- and no path.")


def _external_id(text: str) -> str:
    if _EXTERNAL_ID.fullmatch(text):
        return text
    has_good_length = 2 <= len(text) <= 1224  # noqa: PLR2004 - AWS's limits
    what = "has signs that AWS does not accept" if has_good_length else f"has {len(text)} characters"
    raise mistake(
        f"The external id {what}.",
        "Use 2 to 1224 letters, digits and +=,.@:/_- as in the role's trust policy.",
    )


def _alias_pattern(text: str) -> str:
    if _ALIAS_PATTERN.fullmatch(text):
        return text
    raise mistake(f"{shown(text)} is not the alias of a key.", 'Write an alias or a pattern, such as "payments/*".')


def tag_patterns(value: object) -> dict[str, str]:
    """Check a table of tags: names, and the patterns that their values must match."""
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise mistake("It is not a table of tags.", 'Write it as { team = "payments", stage = "prod*" }.')
    for name, pattern in value.items():
        if not name.strip() or not pattern.strip():
            raise mistake("A tag has no name or no value.", 'Write both; "*" stands for any value.')
    return value


AccountId = Annotated[str, AfterValidator(_account_id)]
AccountPattern = Annotated[str, AfterValidator(_account_pattern)]
OrganizationalUnit = Annotated[str, AfterValidator(_unit)]
Region = Annotated[str, AfterValidator(_region)]
RegionPattern = Annotated[str, AfterValidator(_region_pattern)]
RoleName = Annotated[str, AfterValidator(_role_name)]
ExternalId = Annotated[str, AfterValidator(_external_id)]
AliasPattern = Annotated[str, AfterValidator(_alias_pattern)]
