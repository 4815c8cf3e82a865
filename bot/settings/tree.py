"""The settings as the rest of the bot sees them; the sections of the file are validated by their own classes."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Discriminator, Field, PlainValidator, SecretStr, Tag, ValidationInfo
from pydantic import field_validator as validates

from bot.models.approval import ApprovalRule
from bot.models.selection import Conditions, Selection
from bot.settings import fields
from bot.settings.fields import LIST, at_least_one, mistake
from bot.settings.rules import RuleSection
from bot.settings.section import Section

WORD, ITEMS = "<word>", "<list>"
"""Which of two shapes a value has. Pydantic puts these into the place of an error, where nobody wants them."""


def _shape(value: object) -> str:
    return WORD if isinstance(value, str) else ITEMS


class SlackSection(Section):
    """Where to speak and whose people may act. No workspaces means the bot's own."""

    channel: fields.Channel | None = None
    workspaces: Annotated[tuple[fields.Workspace, ...], LIST] = ()


class AccountConditions(Section):
    """`[scan.include]` or `[scan.exclude]`: an account meets it by any of its lists, or by all of its tags."""

    accounts: Annotated[tuple[fields.AccountPattern, ...], LIST] = ()
    units: Annotated[tuple[fields.OrganizationalUnit, ...], LIST] = ()
    tags: Annotated[dict[str, str], PlainValidator(fields.tag_patterns)] = Field(default_factory=dict)

    @property
    def conditions(self) -> Conditions:
        return Conditions(self.accounts, self.units, tuple(sorted(self.tags.items())))


class Scan(Section):
    """What is read, as whom and when. No accounts means the caller's own."""

    accounts: (
        Annotated[
            Annotated[Literal["organization"], Tag(WORD)]
            | Annotated[
                tuple[fields.AccountId, ...],
                LIST,
                at_least_one("No account would be scanned.", "Leave it out for the caller's own account."),
                Tag(ITEMS),
            ],
            Discriminator(_shape),
        ]
        | None
    ) = None
    regions: Annotated[
        Annotated[Literal["enabled"], Tag(WORD)]
        | Annotated[
            tuple[fields.Region, ...],
            LIST,
            at_least_one("No Region would be scanned.", 'Write "enabled" for all that an account has enabled.'),
            Tag(ITEMS),
        ],
        Discriminator(_shape),
    ] = "enabled"
    include: AccountConditions | None = None
    exclude: AccountConditions | None = None
    audit_role: fields.RoleName | None = None
    remediation_role: fields.RoleName | None = None
    external_id: fields.ExternalId | None = None
    schedule: fields.Schedule = "0 */6 * * *"
    quota_share: fields.QuotaShare = 0.5
    processes: fields.Processes | None = None

    @property
    def selection(self) -> Selection:
        """Which of the organisation's accounts are scanned."""
        include, exclude = (each.conditions if each else Conditions() for each in (self.include, self.exclude))
        return Selection(include, exclude)

    @validates("include", "exclude")
    @classmethod
    def _only_an_organisation_has_accounts_to_choose(
        cls, chosen: AccountConditions | None, info: ValidationInfo
    ) -> AccountConditions | None:
        if chosen is None:
            return None
        if info.data.get("accounts", "organization") != "organization":
            raise mistake(
                f"scan.{info.field_name} chooses among the organisation's accounts, and those are not scanned.",
                'Write accounts = "organization", or leave this table out.',
            )
        if chosen.conditions.is_empty:
            raise mistake("It names no account.", "Write accounts, units or tags; or leave this table out.")
        return chosen

    @validates("audit_role")
    @classmethod
    def _other_accounts_need_a_role(cls, role: str | None, info: ValidationInfo) -> str | None:
        if role is None and info.data.get("accounts") is not None:
            raise mistake(
                "scan.accounts names more than the caller's own account, and no role to read them with is given.",
                "Write the name of the role to assume in each account.",
            )
        return role


class Policy(Section):
    """What the organisation wants of a key, and what the bot sets; both in days."""

    max_rotation_period_days: fields.PeriodDays = 365
    enable_with_period_days: fields.PeriodDays = 365

    @validates("enable_with_period_days")
    @classmethod
    def _what_is_set_must_comply(cls, days: int, info: ValidationInfo) -> int:
        most = info.data.get("max_rotation_period_days", days)
        if days > most:
            raise mistake(
                f"Keys enabled with {days} days would break the policy of at most {most}.",
                f"Write {most} or less.",
            )
        return days


class Match(Section):
    """The parts of a filter by which keys go to another channel."""

    account: str = ""
    region: str = ""
    team: str = ""
    alias: str = ""


def _match(value: object) -> dict[str, str]:
    """Check the parts of a filter, and spell them as `Filter` does: in small letters."""
    parts = Match.model_validate(value).model_dump(exclude_defaults=True)
    if not parts:
        raise mistake("The route matches nothing in particular.", "Write any of account, region, team and alias.")
    return {name: pattern.lower() for name, pattern in parts.items()}


class Route(Section):
    """An extra digest: the keys that match, as the parts of a `Filter`, to another channel."""

    match: Annotated[dict[str, str], PlainValidator(_match)] = Field(default_factory=dict)
    channel: fields.Channel


class Digest(Section):
    """When the digest is posted, in which time zone, with how many keys in the message itself."""

    schedule: fields.Schedule = "0 9 * * mon-fri"
    timezone: fields.Timezone = "UTC"
    top: fields.Top = 10
    routes: Annotated[tuple[Route, ...], LIST, Field(alias="route")] = ()


class Approval(Section):
    """How long a request waits, when its approvers are reminded, and who may approve what; the first rule that matches
    a key decides. What holds between the settings of a rule, and between rules, is checked in `rules`.
    """

    expires_after: fields.Expiry = timedelta(hours=24)
    remind_after: fields.Patience = timedelta(hours=4)
    sections: Annotated[tuple[RuleSection, ...], LIST, Field(alias="rule")] = ()

    @property
    def rules(self) -> tuple[ApprovalRule, ...]:
        return tuple(section.rule(number) for number, section in enumerate(self.sections, start=1))


class Document(Section):
    """The file."""

    slack: SlackSection = Field(default_factory=SlackSection)
    scan: Scan = Field(default_factory=Scan)
    policy: Policy = Field(default_factory=Policy)
    digest: Digest = Field(default_factory=Digest)
    approval: Approval = Field(default_factory=Approval)


@dataclass(frozen=True, slots=True)
class Slack:
    """How to reach Slack, where to speak and whose people may act. No workspaces means the bot's own."""

    bot_token: SecretStr
    app_token: SecretStr
    signing_secret: SecretStr | None
    api_url: str
    channel: str
    workspaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. `slack` is None where the bot runs without it; `path` is the file that was read."""

    slack: Slack | None
    database_url: str = field(repr=False)  # may hold a password
    scan: Scan
    policy: Policy
    digest: Digest
    approval: Approval
    path: Path | None
