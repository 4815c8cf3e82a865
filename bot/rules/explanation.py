"""Why a key falls under a rule, and whether anybody could approve: what is told to whoever wants to know."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.models.approval import ApprovalRule, Permitted, Refused, RuledKey
from bot.models.staffing import GroupState, Hindrance, NamedGroup, NamedPerson, Roll, Staffing, Strength
from bot.rules.house import House, Ruling
from bot.rules.staffing import staffing
from bot.rules.wording import needs_none


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that rules may look at in a key. `values` are None where it was not read, and `why` says why.

    Where no rule looks at it, it is not read, and there is no why.
    """

    name: str
    values: tuple[str, ...] | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Yourself:
    """What whoever asks could do, by the very rules that decide. `glass` is None where there is none to break."""

    ask: Permitted | Refused
    approve: Permitted | Refused
    glass: Permitted | Refused | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about a key and the rules.

    `used` counts the keys that a rule without approvals let through in the last 24 hours. `roll` is None where people
    were not looked up, and `yourself` where nobody is known to ask.
    """

    name: str
    key: RuledKey
    house: House
    ruling: Ruling
    facts: tuple[Fact, ...] = ()
    used: int | None = None
    roll: Roll | None = None
    yourself: Yourself | None = None

    @property
    def rule(self) -> ApprovalRule | None:
        return self.ruling.decides if isinstance(self.ruling.decides, ApprovalRule) else None

    @property
    def staffing(self) -> Staffing | None:
        """Whether enough people are left to approve; None where that is not known of anybody, or no rule decides."""
        return None if self.rule is None or self.roll is None else staffing(self.rule, self.roll)

    @property
    def strength(self) -> Strength | None:
        """Whether a request could get through; None where people were not looked up."""
        if self.rule is None:
            return Strength.UNKNOWN if self.is_in_the_dark else Strength.NOBODY
        if self.rule.is_pre_approved:
            return Strength.ENOUGH
        return None if self.staffing is None else self.staffing.strength

    @property
    def is_in_the_dark(self) -> bool:
        """Whether something that rules look at could not be read."""
        return any(fact.why for fact in self.facts)


def which_decides(told: Explanation) -> str:
    """Name the rule that decides over the key, or say why none does."""
    decides = told.ruling.decides
    if isinstance(decides, Refused):
        return decides.sentence
    number, of = told.house.rules.index(decides) + 1, len(told.house.rules)
    return f"Rule {number} of {of}, “{decides.name}”, decides over this key."


def who_is_left(told: Explanation) -> str:
    """Say whether a request for the key could be approved as things are."""
    rule, staffed = told.rule, told.staffing
    if rule is None:
        return "Nobody could approve as things are."
    if rule.is_pre_approved:
        return _of_the_cap(rule, told.used)
    return "People were not looked up." if staffed is None else say_staffing(rule, staffed)


def say_staffing(rule: ApprovalRule, staffed: Staffing) -> str:
    """Say whether enough people are left for what a rule asks for."""
    people = "1 person" if staffed.able == 1 else f"{staffed.able} people"
    could = f"At least {people} could" if staffed.unknown else f"{people} could"
    needed = "1 is needed" if rule.required == 1 else f"{rule.required} are needed"
    apart = ", each from another group" if rule.from_different_groups else ""
    match staffed.strength:
        case Strength.ENOUGH:
            return f"{could} approve now; {needed}{apart}."
        case Strength.TOO_FEW:
            given = "1 approval" if staffed.at_most == 1 else f"{staffed.at_most} approvals"
            return f"Too few people could approve as things are: {needed}{apart}, and at most {given} could be given."
        case Strength.NOBODY:
            return "Nobody could approve as things are."
    certain = f"{staffed.able} could" if staffed.able else "nobody could"
    return f"Nobody can tell whether enough people could approve: {needed}{apart}, and {certain} for certain."


def who_could(told: Explanation) -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
    """Name those of each list of the deciding rule, with the entries that name them: for what, and whom."""
    if told.rule is None or told.roll is None:
        return
    lists = (
        ("approve", () if told.rule.is_pre_approved else told.rule.may_approve),
        ("break the glass", told.rule.break_glass),
        ("ask", told.rule.requesters),
    )
    for act, entries in lists:
        if entries:
            yield act, told.roll.capacities(entries)


def say_hindrance(person: NamedPerson) -> str:
    """Say why somebody could not act, as the second half of a sentence."""
    return _HINDRANCES[person.hindrance].format(code=person.code) if person.hindrance else "could act now"


def say_group(group: NamedGroup) -> str:
    """Say what is wrong with a user group, as the second half of a sentence."""
    return _GROUPS[group.state].format(code=group.code)


def _of_the_cap(rule: ApprovalRule, used: int | None) -> str:
    if used is None:
        return f"{needs_none(rule)}."
    if used >= rule.daily_cap:
        return f"{needs_none(rule)}; all of that is used now, so ask again later."
    return f"{needs_none(rule)}; {used} used so far."


_HINDRANCES = {
    Hindrance.DEACTIVATED: "has left: the account is deactivated",
    Hindrance.GUEST: "is a guest",
    Hindrance.BOT: "is a bot",
    Hindrance.STRANGER: "belongs to another workspace",
    Hindrance.OTHER_WORKSPACE: "belongs to a workspace whose people may not act",
    Hindrance.NO_SUCH_USER: "is nobody whom Slack knows",
    Hindrance.LOOKUP_FAILED: "could not be looked up ({code})",
    Hindrance.NOT_LOOKED_UP: "was not looked up: too many are named",
}
_GROUPS = {
    GroupState.MANNED: "has members",
    GroupState.EMPTY: "has nobody in it",
    GroupState.DISABLED: "is disabled, so nobody counts as a member",
    GroupState.NO_SUCH_GROUP: "is no user group that Slack knows",
    GroupState.NO_GROUPS_ON_PLAN: "cannot be: this workspace's plan has no user groups ({code})",
    GroupState.NOT_ALLOWED: "may not be read by the bot ({code})",
    GroupState.UNREAD: "could not be read ({code})",
}
