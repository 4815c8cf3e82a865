"""Exempting, on a real database: who may ask for what, what comes of it, and who may end it."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.exempt import Exempting
from bot.models.approval import ApprovalRule, KeyFacts, RuledScope, Wish
from bot.models.asking import Asked, Declined, Settled
from bot.models.exempting import AskAgain, ExemptionProposal, ExemptionWish, Reach, WishField
from bot.models.exemptions import Exemption, ExemptionScope, ExemptionState
from bot.models.keys import Finding, KeyArn, KeyMetadata, ReadFailure, RotationStatus
from bot.models.people import Actor, Person
from bot.models.requests import ChangeKind, ChangeState, Request, RequestState
from bot.remediate.change import Remediation
from bot.remediate.facts import FactReader
from bot.remediate.making import UNKNOWN_KEY
from bot.remediate.recheck import OTHER_RULES, Recheck
from bot.rules.exemptions import parse_scope
from bot.rules.filters import Filter
from bot.rules.house import key_of
from bot.rules.scope_matching import NEEDS_APPROVAL, NO_RULE
from bot.rules.sight import Sight
from bot.rules.verdict import Policy
from bot.store.exemptions import ExemptionStore
from bot.store.scans import ScanStore
from bot.wishes import UNKNOWN_EXEMPTION, Wishes
from deploy.sandbox.memory import memory
from tests.remediate.deciders import (
    ACCOUNT,
    ADMINS,
    ASKER,
    CHANNEL,
    ELSEWHERE,
    FIRST,
    GONE,
    GUEST,
    MEMBER,
    NOBODY,
    NOW,
    OURS,
    QUIET,
    SECOND,
    SILENT,
    Office,
    actor,
)
from tests.remediate.test_still_holds import DENIED
from tests.store.exempting import declared
from tests.store.samples import ALPHA, BETA, arn_of, covered, finding, rotating, run

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = NOW.date()
WHY = "The vendor migrates it in April."
ALL = ApprovalRule("all", ("*",), approvers=(FIRST, ADMINS), quiet_approvers=(QUIET,))


@dataclass
class Keys:
    """KMS and the organisation as tables: no key rotates unless it is named, and every one is there."""

    rotating: set[str] = field(default_factory=set)
    tags_of: dict[str, dict[str, str]] = field(default_factory=dict)
    units: tuple[str, ...] | ReadFailure = ("ou-ab12-payments1",)

    def describe(self, arn: str) -> KeyMetadata | ReadFailure:
        return KeyMetadata(arn, "CUSTOMER", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_KMS", "Enabled")

    def rotation_status(self, arn: str) -> RotationStatus | ReadFailure:
        return RotationStatus(arn in self.rotating, 365)

    def rotations(self, arn: str) -> list[object]:
        raise AssertionError(f"nobody asks for the history of {arn}")

    def tags(self, arn: str) -> dict[str, str] | ReadFailure:
        return self.tags_of.get(arn, {})

    def aliases_of(self, arn: str) -> tuple[str, ...] | ReadFailure:
        return (f"alias/{KeyArn.parse(arn).key_id}",)

    def units_of(self, account_id: str) -> tuple[str, ...] | ReadFailure:
        assert account_id == ACCOUNT
        return self.units


class House:
    """Keys that were scanned, people, rules; and what exempts keys."""

    def __init__(self, *rules: ApprovalRule, found: tuple[Finding, ...] = ()) -> None:
        self.office = Office(rules or (ALL,), memory())
        self.keys = Keys()
        self.scans, self.store = ScanStore(self.office.database), ExemptionStore(self.office.database)
        shown = found or (finding("a"), finding("b"), finding("c", BETA), rotating("r"))
        run(self.scans, shown, [covered(ALPHA), covered(BETA)], minutes=-60)

    @property
    def facts(self) -> FactReader:
        return FactReader(self.keys, self.keys, self.office.house)

    @property
    def exempting(self) -> Exempting:
        office = self.office

        def clock() -> datetime:
            return office.now

        wishes = Wishes(self.scans, self.store, office.store, timedelta(days=90), BERLIN, "kms-rotation.toml", clock)
        return Exempting(
            wishes=wishes,
            exemptions=self.store,
            people=office.people,
            requests=office.store,
            findings=self.scans,
            keys=self.keys,  # type: ignore[arg-type]  # nobody asks for histories here
            record=office.trail,
            facts=self.facts,
            house=office.house,
            policy=Policy(),
            channel=CHANNEL,
            clock=clock,
        )

    def ask(self, wish: ExemptionWish, who: str = ASKER) -> Asked | Declined | AskAgain:
        return self.exempting.ask(actor(who), wish)

    def asked(self, wish: ExemptionWish, who: str = ASKER) -> Request:
        answer = self.ask(wish, who)
        assert isinstance(answer, Asked), answer
        return answer.request

    def declined(self, wish: ExemptionWish, who: str = ASKER) -> str:
        answer = self.ask(wish, who)
        assert isinstance(answer, Declined), answer
        return answer.sentence

    def approve(self, request: Request, who: str = FIRST) -> Request:
        answer = self.office.deciding.decide(actor(who), request.id, Wish.APPROVE)
        assert isinstance(answer, Settled), answer
        return answer.request

    def carry_out(self, request: Request) -> Request:
        Remediation(
            requests=self.office.store,
            findings=self.scans,
            sessions=NoSessions(),
            policy=Policy(),
            channel=CHANNEL,
            recheck=Recheck(self.office.deciding.still_holds, self.facts, self.office.house, lambda: self.office.now),
            clock=lambda: self.office.now,
            pause=lambda _: False,
        ).carry_out(request.changes[0])
        return self.office.now_of(request)

    def exempt(self, wish: ExemptionWish) -> Exemption:
        request = self.asked(wish)
        self.carry_out(self.approve(request))
        made = self.exempting.of_request(request.id)
        assert made is not None
        return made

    @property
    def open(self) -> list[str]:
        return [each.key_id for each in self.scans.open_keys(Filter())]


class NoSessions:
    """Nothing is done in AWS for an exemption."""

    def open(self, arn: str, _mandate: object) -> ReadFailure:
        raise AssertionError(f"a session was opened for {arn}")


def wish(scope: str | ExemptionScope = "", days: int = 30, **changes: object) -> ExemptionWish:
    covered_keys = parse_scope(scope or arn_of("a")) if isinstance(scope, str) else scope
    plain = ExemptionWish(covered_keys, TODAY + timedelta(days=days), WHY)
    return replace(plain, **changes)  # type: ignore[arg-type]  # any field of a wish


def test_an_exemption_is_asked_for_approved_by_somebody_else_and_holds() -> None:
    house = House()
    request = house.asked(wish(ticket="https://tickets/7", owner=SECOND))
    assert (request.state, request.requester, request.reason) == (RequestState.PENDING, ASKER, WHY)
    [change] = request.changes
    assert (change.kind, change.arn, change.key_name, change.account_name, change.period_days, change.rule) == (
        ChangeKind.EXEMPT,
        arn_of("a"),
        "a",
        "prod-alpha",
        0,
        "all",
    )
    own = house.office.deciding.decide(actor(ASKER), request.id, Wish.APPROVE)
    assert isinstance(own, Declined)
    assert house.open == ["a", "b", "c"]
    done = house.carry_out(house.approve(request))
    assert (done.state, done.changes[0].state) == (RequestState.DONE, ChangeState.SUCCEEDED)
    assert done.changes[0].result == "Exempted. It ends by itself."
    assert house.open == ["b", "c"]
    [made] = house.exempting.active()
    assert made.until == datetime(2026, 4, 1, 23, 59, 59, tzinfo=BERLIN)
    assert (made.asked_by, made.approved_by, made.owner, made.ticket) == (ASKER, (FIRST,), SECOND, "https://tickets/7")
    assert house.exempting.covering(arn_of("a")) == (made,)
    assert house.exempting.covering(arn_of("b")) == ()


def test_a_date_holds_until_its_end_in_the_time_zone_of_the_digest() -> None:
    house = House()
    house.exempt(wish(days=1))
    house.office.now = datetime(2026, 3, 3, 22, 59, 58, tzinfo=UTC)
    assert house.exempting.lapse_due() == []
    house.office.now += timedelta(seconds=1)
    [ended] = house.exempting.lapse_due()
    assert (ended.state, ended.reopened) == (ExemptionState.LAPSED, 1)
    assert house.open == ["a", "b", "c"]


def test_approved_after_its_last_day_it_exempts_nothing() -> None:
    house = House(replace(ALL, expires_after=timedelta(days=20)))
    request = house.asked(wish(days=1))
    house.office.now += timedelta(days=3)
    done = house.carry_out(house.approve(request))
    assert done.changes[0].state is ChangeState.FAILED
    assert "the last day was over before it was approved" in done.changes[0].result
    assert house.exempting.active() == ()


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        (wish(until=TODAY - timedelta(days=1)), WishField.UNTIL, "Choose a day after today"),
        (wish(until=TODAY), WishField.UNTIL, "Choose a day after today"),
        (wish(days=91), WishField.UNTIL, "Choose 31 May 2026 at the latest"),
        (wish(reason=""), WishField.REASON, "Say why, in 10 characters or more"),
        (wish(reason=" a  b    c  "), WishField.REASON, "Say why, in 10 characters or more"),
        (wish(reason="x" * 501), WishField.REASON, "500 characters at most"),
        (wish(ticket="SEC-7"), WishField.TICKET, "beginning with https://"),
        (wish(ticket="javascript:alert(1)"), WishField.TICKET, "beginning with https://"),
        (wish(ticket="https://"), WishField.TICKET, "beginning with https://"),
        (wish(ticket="http://[x"), WishField.TICKET, "beginning with https://"),
        (wish(owner="x" * 81), WishField.OWNER, "80 characters at most"),
        (wish(ExemptionScope()), WishField.SCOPE, "The scope names nothing."),
        (wish(ExemptionScope(account="12")), WishField.SCOPE, "has 2 digits"),
        (wish(arn_of("gone")), WishField.SCOPE, UNKNOWN_KEY),
        (wish(arn_of("r")), WishField.SCOPE, "not open, so there is nothing to exempt. Rotates every 365 days."),
        (wish("alias=r"), WishField.SCOPE, "It covers 1 key, and none is open today"),
        (
            wish("account=prod-alhpa"),
            WishField.SCOPE,
            "No key of the last scan matches this. Did you mean account=prod-",
        ),
        (wish("region=us-*"), WishField.SCOPE, "No key of the last scan matches this."),
        (wish("tag:team=web"), WishField.SCOPE, "Tags are read of open keys alone."),
        (wish(renews="e0"), WishField.SCOPE, UNKNOWN_EXEMPTION),
    ],
)
def test_what_will_not_do_is_said_beside_its_field_and_nothing_is_asked_for(
    wrong: ExemptionWish, field: WishField, sentence: str
) -> None:
    house = House()
    flaws = house.exempting.check(wrong)
    assert not isinstance(flaws, AskAgain)
    assert [each.field for each in flaws] == [field]
    assert sentence in flaws[0].sentence
    assert house.declined(wrong) == flaws[0].sentence
    assert house.office.store.in_state(*RequestState) == []


def test_all_that_is_wrong_is_said_at_once() -> None:
    flaws = House().exempting.check(wish(arn_of("gone"), days=0, reason="", ticket="x"))
    assert not isinstance(flaws, AskAgain)
    assert {each.field for each in flaws} == {WishField.SCOPE, WishField.UNTIL, WishField.REASON, WishField.TICKET}


@pytest.mark.parametrize("scope", ["account=*", "alias=[abc]", "region=eu-*"])
def test_what_covers_every_open_key_is_asked_again(scope: str) -> None:
    house = House()
    answer = house.ask(wish(scope))
    assert isinstance(answer, AskAgain)
    assert answer.sentence == "This covers everything: 3 keys open today, and none would be left. Is that meant?"
    assert answer.reach.names == ("a", "b", "c")
    assert house.asked(wish(scope, is_sure=True)).changes[0].arn == scope


def test_keys_that_somebody_may_not_see_are_neither_named_nor_counted() -> None:
    house = House()
    sight = Sight(("prod-alpha",), tuple(house.scans.known_accounts()))
    reach = house.exempting.preview(parse_scope("account=*"), sight)
    assert isinstance(reach, Reach)
    assert (reach.open_keys, reach.names, reach.is_partial) == (1, ("c",), True)
    again = house.exempting.check(wish("account=*"), sight)
    assert isinstance(again, AskAgain)
    assert again.sentence == "This covers every open key that is shown to you, and those that are not. Is that meant?"


@pytest.mark.parametrize("scope", ["account=prod-alpha", "account=prod-alfa", "alias=a", f"account={ALPHA}"])
def test_a_pattern_of_keys_that_somebody_may_not_see_is_answered_like_one_that_matches_nothing(scope: str) -> None:
    house = House()
    sight = Sight(("prod-alpha",), tuple(house.scans.known_accounts()))
    flaws = house.exempting.check(wish(scope), sight)
    assert not isinstance(flaws, AskAgain)
    assert flaws[0].sentence.startswith("No key of the last scan matches this.")
    assert "prod-alpha" not in flaws[0].sentence


def test_a_key_that_rotates_by_now_needs_no_exemption() -> None:
    house = House()
    house.keys.rotating.add(arn_of("a"))
    house.office.now += timedelta(minutes=1)
    assert "rotates already" in house.declined(wish())
    assert house.open == ["b", "c"]


def test_nobody_asks_twice_for_the_same() -> None:
    house = House()
    house.asked(wish())
    assert f"<@{ASKER}> has asked" in house.declined(wish(), who=NOBODY)
    assert isinstance(house.exempting.propose(arn_of("a")), Declined)
    house.asked(wish("alias=a"))
    assert f"<@{ASKER}> has asked" in house.declined(wish("alias=A"))


def test_what_is_exempt_is_renewed_and_not_asked_for_again() -> None:
    house = House()
    made = house.exempt(wish())
    assert "exempt for as long already" in house.declined(wish())
    assert "Renew it instead" in house.declined(wish(days=60))
    assert "Renew that instead" in house.declined(wish("alias=a"))
    proposal = house.exempting.propose(renews=made.id)
    assert isinstance(proposal, ExemptionProposal)
    assert (proposal.renews, proposal.finding) == (made, house.exempting.wishes.finding_of(made.scope))
    forged = wish("account=*", days=80, renews=made.id)
    renewal = house.asked(forged)
    assert renewal.changes[0].arn == arn_of("a")
    house.carry_out(house.approve(renewal))
    [now] = house.exempting.active()
    assert now.until == datetime(2026, 5, 21, 23, 59, 59, tzinfo=BERLIN)
    old = house.exempting.get(made.id)
    assert old is not None
    assert old.state is ExemptionState.RENEWED
    assert house.open == ["b", "c"]


def test_what_was_renewed_is_not_renewed_again_by_an_older_button() -> None:
    house = House()
    made = house.exempt(wish())
    house.carry_out(house.approve(house.asked(wish(days=60, renews=made.id))))
    assert isinstance(house.exempting.propose(renews=made.id), Declined)
    assert "renewed already" in house.declined(wish(days=80, renews=made.id))
    assert len(house.exempting.active()) == 1


def test_the_modal_offers_days_from_tomorrow_to_the_longest() -> None:
    house = House()
    offered = house.exempting.propose(arn_of("a"))
    assert isinstance(offered, ExemptionProposal)
    assert (offered.first_day, offered.usual_day, offered.last_day) == (
        date(2026, 3, 3),
        date(2026, 4, 1),
        date(2026, 5, 31),
    )
    assert offered.finding is not None
    assert offered.finding.arn == arn_of("a")
    of_pattern = house.exempting.propose()
    assert isinstance(of_pattern, ExemptionProposal)
    assert of_pattern.finding is None
    for refused in (house.exempting.propose(arn_of("gone")), house.exempting.propose(arn_of("r"))):
        assert isinstance(refused, Declined)


@pytest.mark.parametrize("who", [GUEST, GONE, ELSEWHERE, SILENT])
def test_outsiders_are_refused_and_that_is_on_record(who: str) -> None:
    house = House()
    house.office.recorded()
    house.declined(wish(), who=who)
    [entry] = house.office.recorded()
    assert (entry.act, entry.actor, entry.subject) == ("REFUSED", who, arn_of("a"))


@pytest.mark.parametrize(
    ("owner", "sentence"), [(GONE, "has left"), ("U0BOT", "is a bot"), (SILENT, "Slack could not be asked")]
)
def test_nobody_who_cannot_answer_for_keys_is_their_owner(owner: str, sentence: str) -> None:
    assert sentence in House().declined(wish(owner=owner))


def test_an_owner_may_be_any_name() -> None:
    assert House().asked(wish(owner="Team Ledger")).changes[0].exemption is not None


PROD = ApprovalRule("production", ("prod-beta",), approvers=(SECOND,))


def test_a_pattern_needs_the_approvers_of_every_rule_that_could_mean_one_of_its_keys() -> None:
    house = House(PROD, ALL)
    request = house.asked(wish("alias=[ab]"))
    assert request.changes[0].rule == "production, all"
    assert house.approve(request).state is RequestState.PENDING
    done = house.carry_out(house.approve(request, SECOND))
    assert done.state is RequestState.DONE
    assert house.open == ["c"]


def test_one_account_by_its_id_needs_the_approvers_of_its_own_rule_alone() -> None:
    house = House(PROD, ALL)
    request = house.asked(wish(f"account={ACCOUNT}"))
    assert (request.changes[0].rule, request.changes[0].account_name) == ("all", "prod-alpha")
    assert key_of(request.changes[0]) == RuledScope(
        ExemptionScope(account=ACCOUNT),
        replace(house.exempting.wishes.account_of(ExemptionScope(account=ACCOUNT))),  # type: ignore[type-var]  # it is known
    )
    house.carry_out(house.approve(request))
    assert house.open == ["c"]


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ((PROD,), NO_RULE),
        ((replace(ALL, required=0, daily_cap=5, approvers=()),), NEEDS_APPROVAL),
        ((replace(ALL, requesters=(NOBODY,)),), "does not let you ask for this"),
        ((replace(ALL, approvers=(ASKER,), quiet_approvers=()),), "This could never be approved"),
        ((replace(ALL, approvers=(), quiet_approvers=()),), "names nobody"),
    ],
)
def test_what_the_rules_do_not_allow_is_refused(rules: tuple[ApprovalRule, ...], sentence: str) -> None:
    house = House(*rules)
    assert sentence in house.declined(wish("alias=a"))
    assert house.office.recorded()[-1].act == "REFUSED"


def test_units_that_cannot_be_read_stop_the_search() -> None:
    house = House(replace(PROD, accounts=(), units=("ou-ab12-payments1",)), ALL)
    house.keys.units = DENIED
    assert "organizations:ListParents" in house.declined(wish(f"account={ACCOUNT}"))


def test_a_rule_without_approvals_lets_single_keys_through_up_to_its_cap() -> None:
    house = House(replace(ALL, required=0, daily_cap=1, approvers=()))
    request = house.asked(wish())
    assert request.state is RequestState.APPROVED
    house.carry_out(request)
    assert house.open == ["b", "c"]
    assert "lets 1 key through" in house.declined(wish(arn_of("b")))


def test_the_glass_is_not_broken_for_an_exemption() -> None:
    house = House(replace(ALL, break_glass=(NOBODY,)))
    request = house.asked(wish())
    answer = house.office.deciding.decide(actor(NOBODY), request.id, Wish.BREAK_GLASS, "Now!")
    assert isinstance(answer, Declined)
    assert "An exemption waits to be approved" in answer.sentence


def test_other_rules_at_the_last_moment_undo_the_approval() -> None:
    house = House(replace(PROD, accounts=(), units=("ou-ab12-payments1",)), ALL)
    request = house.asked(wish(f"account={ACCOUNT}"))
    house.approve(request, SECOND)
    house.keys.units = ("r-ab12",)
    done = house.carry_out(house.office.now_of(request))
    assert done.changes[0].state is ChangeState.FAILED
    assert OTHER_RULES in done.changes[0].result
    assert house.exempting.active() == ()


def test_units_that_cannot_be_read_at_the_last_moment_make_it_wait() -> None:
    house = House(replace(PROD, accounts=(), units=("ou-ab12-payments1",)), ALL)
    request = house.asked(wish(f"account={ACCOUNT}"))
    house.approve(request, SECOND)
    house.keys.units = DENIED
    waiting = house.carry_out(house.office.now_of(request))
    assert waiting.changes[0].state is ChangeState.QUEUED
    assert "organizations:ListParents" in waiting.changes[0].result
    house.keys.units = ("ou-ab12-payments1",)
    assert house.carry_out(waiting).state is RequestState.DONE


def test_an_approver_who_left_before_it_was_granted_grants_nothing() -> None:
    house = House()
    request = house.asked(wish())
    house.approve(request)
    house.office.people.people[FIRST] = Person(FIRST, OURS, deleted=True)
    done = house.carry_out(house.office.now_of(request))
    assert done.changes[0].state is ChangeState.FAILED
    assert house.open == ["a", "b", "c"]


MAY_WITHDRAW = {ASKER: True, SECOND: True, FIRST: True, MEMBER: True, QUIET: True, NOBODY: False, GUEST: False}


@pytest.mark.parametrize("who", MAY_WITHDRAW)
def test_whoever_asked_the_owner_and_approvers_withdraw_it_and_nobody_else(who: str) -> None:
    house = House()
    made = house.exempt(wish(owner=SECOND))
    house.office.recorded()
    answer = house.exempting.withdraw(actor(who), made.id)
    [entry] = house.office.recorded()
    if MAY_WITHDRAW[who]:
        assert isinstance(answer, Exemption)
        assert (answer.state, answer.ended_by, answer.reopened) == (ExemptionState.WITHDRAWN, who, 1)
        assert (entry.act, entry.actor) == ("EXEMPTION_WITHDRAWN", who)
        assert json.loads(entry.details)["reopened"] == 1
        assert house.open == ["a", "b", "c"]
        again = house.exempting.withdraw(actor(who), made.id)
        assert isinstance(again, Declined)
    else:
        assert isinstance(answer, Declined)
        assert (entry.act, entry.actor) == ("REFUSED", who)
        assert house.open == ["b", "c"]


def test_what_the_configuration_declares_is_changed_there() -> None:
    house = House()
    made = declared("alias=a")
    house.store.declare([made], NOW)
    for answer in (house.exempting.withdraw(actor(FIRST), made.id), house.exempting.propose(renews=made.id)):
        assert isinstance(answer, Declined)
        assert "declared in kms-rotation.toml" in answer.sentence
    assert isinstance(house.exempting.withdraw(actor(FIRST), "e0"), Declined)


def test_those_that_end_soon_are_told_apart() -> None:
    house = House()
    soon, late = house.exempt(wish(days=2)), house.exempt(wish(arn_of("b"), days=20))
    assert house.exempting.lapsing(timedelta(days=7)) == (soon,)
    assert house.exempting.active() == (soon, late)


def test_before_the_first_scan_there_is_nothing_to_exempt() -> None:
    house = House()
    empty = Office((ALL,), memory())
    house.office, house.scans, house.store = empty, ScanStore(empty.database), ExemptionStore(empty.database)
    flaws = house.exempting.check(wish("alias=a"))
    assert not isinstance(flaws, AskAgain)
    assert "Nothing has been scanned yet." in flaws[0].sentence
    assert house.exempting.covering(arn_of("a")) == ()


def test_a_key_that_came_to_a_scope_by_its_tags_is_ruled_by_what_its_rule_looks_at() -> None:
    house = House(replace(PROD, accounts=(), tags=(("team", "pay*"),)), ALL)
    house.keys.tags_of[arn_of("a")] = {"team": "payments"}
    request = house.asked(wish())
    assert (request.changes[0].rule, request.changes[0].facts) == ("production", KeyFacts(tags=(("team", "payments"),)))
    assert Actor(ASKER, OURS) == actor(request.requester)
