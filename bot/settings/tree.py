"""The settings as the rest of the bot sees them; the sections of the file are validated by their own classes."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Discriminator, Field, PlainValidator, SecretStr, Tag, ValidationInfo
from pydantic import field_validator as validates

from bot.models.approval import ApprovalRule
from bot.models.owners import OwnerRules
from bot.models.selection import Conditions, Selection
from bot.settings.exemptions import ExemptionSection
from bot.settings.fields import aws, numbers, slack, times, words
from bot.settings.fields.lists import LIST, at_least_one
from bot.settings.mistakes import mistake
from bot.settings.owners import Owners, Production
from bot.settings.routes import Route
from bot.settings.rules import RuleSection
from bot.settings.section import Section
from bot.settings.spreading import PROCESSES, Spread
from bot.settings.visibility import Visibility
from bot.settings.web import Log, Mode, Web

WORD, ITEMS = "<word>", "<list>"
"""Which of two shapes a value has. Pydantic puts these into the place of an error, where nobody wants them."""


def _shape(value: object) -> str:
    return WORD if isinstance(value, str) else ITEMS


class SlackSection(Section):
    """Where to speak and whose people may act. No workspaces means the bot's own.

    `fallback` is a channel or a person to be told where another channel takes no messages. `mode` is how Slack reaches
    the bot: over a socket that the bot opens, or by HTTP requests to it.
    """

    mode: Mode = "socket"
    channel: slack.Channel | None = None
    fallback: slack.Recipient | None = None
    workspaces: Annotated[tuple[slack.Workspace, ...], LIST] = ()

    @validates("fallback")
    @classmethod
    def _word_of_a_channel_goes_elsewhere(cls, fallback: str | None, info: ValidationInfo) -> str | None:
        if fallback is not None and fallback == info.data.get("channel"):
            raise mistake(
                "It is slack.channel itself, and word that this channel takes no messages would not arrive.",
                "Name another channel, or a person.",
            )
        return fallback


class AccountConditions(Section):
    """`[scan.include]` or `[scan.exclude]`: an account meets it by any of its lists, or by all of its tags."""

    accounts: Annotated[tuple[aws.AccountPattern, ...], LIST] = ()
    units: Annotated[tuple[aws.OrganizationalUnit, ...], LIST] = ()
    tags: Annotated[dict[str, str], PlainValidator(aws.tag_patterns)] = Field(default_factory=dict)

    @property
    def conditions(self) -> Conditions:
        return Conditions(self.accounts, self.units, tuple(sorted(self.tags.items())))


class Scan(Section):
    """What is read, as whom and when. No accounts means the caller's own."""

    accounts: (
        Annotated[
            Annotated[Literal["organization"], Tag(WORD)]
            | Annotated[
                tuple[aws.AccountId, ...],
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
            tuple[aws.Region, ...],
            LIST,
            at_least_one("No Region would be scanned.", 'Write "enabled" for all that an account has enabled.'),
            Tag(ITEMS),
        ],
        Discriminator(_shape),
    ] = "enabled"
    include: AccountConditions | None = None
    exclude: AccountConditions | None = None
    audit_role: aws.RoleName | None = None
    remediation_role: aws.RoleName | None = None
    external_id: aws.ExternalId | None = None
    schedule: times.Schedule = "0 */6 * * *"
    quota_share: numbers.QuotaShare = 0.5
    processes: numbers.Processes | None = None
    spread: Spread = PROCESSES

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

    max_rotation_period_days: numbers.PeriodDays = 365
    enable_with_period_days: numbers.PeriodDays = 365

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


class Digest(Section):
    """When the digest is posted, in which time zone, with how many keys in the message itself.

    `quiet` is what is posted on a day without news: its line, a line on the first of several, or all of it.
    `mention_owners` has its thread mention whose the open keys are. `include_hidden` has it tell of accounts that
    `[[visibility.rule]]` hides: everybody in the channel may see them then.
    """

    schedule: times.Schedule = "0 9 * * mon-fri"
    timezone: times.Timezone = "UTC"
    top: numbers.Top = 10
    mention_owners: bool = True
    quiet: words.OnQuietDays = "line"
    include_hidden: bool = False
    routes: Annotated[tuple[Route, ...], LIST, Field(alias="route")] = ()
    production: Production = Field(default_factory=Production)


class Approval(Section):
    """How long a request waits, when its approvers are reminded, and who may approve what; the first rule that matches
    a key decides. What holds between the settings of a rule, and between rules, is checked in `rules`.
    """

    expires_after: times.Expiry = timedelta(hours=24)
    remind_after: times.Patience = timedelta(hours=4)
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
    exemption: ExemptionSection = Field(default_factory=ExemptionSection)
    owners: Owners = Field(default_factory=Owners)
    visibility: Visibility = Field(default_factory=Visibility)
    web: Web = Field(default_factory=Web)
    log: Log = Field(default_factory=Log)


@dataclass(frozen=True, slots=True)
class Slack:
    """How to reach Slack, where to speak and whose people may act. No workspaces means the bot's own.

    Over HTTP there is a signing secret and the app-level token is empty.
    """

    bot_token: SecretStr
    app_token: SecretStr
    signing_secret: SecretStr | None
    api_url: str
    channel: str
    workspaces: tuple[str, ...] = ()
    fallback: str | None = None
    over_http: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. `slack` is None where the bot runs without it; `path` is the file that was read."""

    slack: Slack | None
    database_url: str = field(repr=False)  # may hold a password
    scan: Scan
    policy: Policy
    digest: Digest
    approval: Approval
    exemption: ExemptionSection
    owners: Owners
    visibility: Visibility
    web: Web
    log: Log
    path: Path | None

    @property
    def owner_rules(self) -> OwnerRules:
        """How a scan tells whose a key is, and whether it is production."""
        production = self.digest.production
        return OwnerRules(
            tags=self.owners.tags,
            account_tags=self.owners.account_tags,
            mappings=tuple(each.mapping for each in self.owners.mapping),
            production_accounts=production.accounts,
            production_tags=tuple(sorted(production.tags.items())),
        )
