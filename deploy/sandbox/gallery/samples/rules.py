"""What is told about the approval rules: all of them, and the one that decides over a key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bot.explain import Explaining
from bot.models.approval import ApprovalRule, RuledKey
from bot.models.keys import ReadFailure
from bot.models.people import Actor, LookupFailure, Person
from bot.models.scans import Account
from bot.models.staffing import GroupState, Hindrance, NamedGroup, NamedPerson, Roll
from bot.roll import RollCall
from bot.rules.explanation import Explanation
from bot.rules.house import House
from bot.views.rules import explanation, rules
from deploy.sandbox.gallery.peers import Directory, Keys, People
from deploy.sandbox.gallery.sample import Sample, Surface, shown
from deploy.sandbox.gallery.things import (
    AIKO,
    BERLIN,
    CISO,
    HOUSE,
    JONAS,
    KEY_ADMINS,
    LAKE,
    LEGACY,
    MARA,
    NOW,
    PARTNER,
    PAYMENTS,
    PLAIN,
    PLAY,
    STRANGE_WORDS,
    UNRULED,
    Words,
    arn_of,
    denied,
)
from deploy.sandbox.slack.people import OURS

EVERYTHING = ApprovalRule(
    "everything",
    accounts=("prod-*", PAYMENTS.id),
    units=("ou-nw1x-prod0001",),
    tags=(("team", "pay*"),),
    aliases=("payments/*",),
    regions=("eu-*",),
    requesters=(MARA, KEY_ADMINS),
    approvers=(KEY_ADMINS, JONAS),
    quiet_approvers=(CISO, AIKO),
    required=2,
    self_approval=True,
    break_glass=(CISO,),
)
TAGGED = House(HOUSE.workspaces, (ApprovalRule("tagged", tags=(("stage", "prod*"),), approvers=(JONAS,)), EVERYTHING))

OURSELVES = HOUSE.workspaces


@dataclass(frozen=True, slots=True)
class Used:
    """So many keys went through without an approval."""

    keys: int

    def used(self, rule: str, now: object) -> int:  # noqa: ARG002 - of each rule, at any time
        return self.keys


@dataclass(frozen=True, slots=True)
class Secretive(Keys):
    """A KMS that shows no tags."""

    def tags(self, arn: str) -> ReadFailure:  # noqa: ARG002 - of each key
        return denied("kms:ListResourceTags")


@dataclass(frozen=True, slots=True)
class Silent(People):
    """A Slack that says of nobody who they are."""

    def person(self, user_id: str) -> Person | LookupFailure:  # noqa: ARG002 - of each
        return LookupFailure("users.info", "internal_error")


def _told(
    account: Account,
    house: House = HOUSE,
    *,
    who: str | None = MARA,
    used: int = 3,
    people: People | None = None,
    keys: Keys | None = None,
    words: Words = PLAIN,
) -> Explanation:
    directory = People() if people is None else people
    roll_call = RollCall(directory, house.workspaces, lambda: NOW)
    explaining = Explaining(house, keys or Keys(), Directory(), roll_call, Used(used), lambda: NOW)
    key = RuledKey(arn_of(account=account), account, BERLIN)
    return explaining.explain(key, words.alias, None if who is None else Actor(who, OURS))


def explanations() -> Iterator[Sample]:
    def sample(name: str, shows: str, told: Explanation) -> Sample:
        return shown(name, Surface.REPLY, shows).by(explanation, told)

    yield sample("enough could approve", "Mara asks about a key in production", _told(PAYMENTS))
    yield sample("for an approver", "Jonas, who may approve and break the glass", _told(PAYMENTS, who=JONAS))
    yield sample("nobody is named", "A rule without approvers", _told(LEGACY))
    yield sample("no rule", "An account that no rule is for", _told(UNRULED))
    yield sample("without approval", "A rule that lets keys through, three so far", _told(PLAY))
    yield sample("without approval, used up", "The same with nothing left for today", _told(PLAY, used=20))
    yield sample("from different groups", "Two approvals, and only Aiko may ask", _told(PARTNER))
    yield sample("every condition", "A rule with all its settings", _told(PAYMENTS, House(OURSELVES, (EVERYTHING,))))
    yield sample("tags unread", "Nobody can tell which rule decides", _told(PAYMENTS, TAGGED, keys=Secretive()))
    yield sample("slack is silent", "Nobody could be looked up", _told(PAYMENTS, people=Silent()))
    looked_up_by_nobody = replace(_told(PAYMENTS, who=None), roll=None)
    yield sample("nobody looked up", "People were not looked up", looked_up_by_nobody)
    lake = _told(LAKE)
    yield sample("too few", "Two approvals are needed, and one could be given", replace(lake, roll=_thinned()))
    yield sample("nobody is left", "All have left", replace(lake, roll=_thinned(Hindrance.DEACTIVATED)))
    for hindrance in Hindrance:
        named = {JONAS: NamedPerson(JONAS), AIKO: NamedPerson(AIKO, hindrance, "internal_error")}
        yield sample(
            f"hindered: {hindrance}", "One of two could not approve", replace(lake, roll=_thinned(people=named))
        )
    for state in GroupState:
        group = NamedGroup(KEY_ADMINS, state, "key-admins", frozenset(), "internal_error")
        yield sample(
            f"group: {state}", "What Slack says of the one group", replace(lake, roll=Roll({}, {KEY_ADMINS: group}))
        )
    yield sample("many", "Sixty people, not all of them looked up, and thirty rules", _crowd())
    for kind, words in STRANGE_WORDS.items():
        account = Account(PAYMENTS.id, words.account)
        yield sample(f"{kind} words", f"Names of others: {kind}", _told(account, words=words))


def _thinned(hindrance: Hindrance | None = None, people: Mapping[str, NamedPerson] | None = None) -> Roll:
    """The key administrators, of whom some could not act: unless said otherwise, Aiko is a guest."""
    named = people or {
        JONAS: NamedPerson(JONAS, hindrance),
        AIKO: NamedPerson(AIKO, hindrance or Hindrance.GUEST),
    }
    members = frozenset({JONAS, AIKO})
    return Roll(named, {KEY_ADMINS: NamedGroup(KEY_ADMINS, GroupState.MANNED, "key-admins", members)})


def _crowd() -> Explanation:
    everybody = [f"U0{number:09}" for number in range(60)]
    rules = tuple(ApprovalRule(f"rule {number}", (f"team-{number}",), approvers=(JONAS,)) for number in range(1, 30))
    house = House(OURSELVES, (*rules, ApprovalRule("all", ("*",), approvers=(KEY_ADMINS,))))
    hindrances = [None] * 25 + [Hindrance.GUEST] * 25 + [Hindrance.NOT_LOOKED_UP] * 10
    people = {each: NamedPerson(each, why) for each, why in zip(everybody, hindrances, strict=True)}
    group = NamedGroup(KEY_ADMINS, GroupState.MANNED, "key-admins", frozenset(everybody))
    return replace(_told(PAYMENTS, house), roll=Roll(people, {KEY_ADMINS: group}))


def lists_of_rules() -> Iterator[Sample]:
    yield shown("none", Surface.REPLY, "There is no rule").by(rules, House(OURSELVES, ()))
    yield shown("typical", Surface.REPLY, "Every rule in words").by(rules, HOUSE)
    yield shown("one", Surface.REPLY, "A rule with all its settings").by(rules, House(OURSELVES, (EVERYTHING,)))
    yield shown("many", Surface.REPLY, "Thirty rules").by(rules, _crowd().house)
