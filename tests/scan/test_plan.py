"""Planning tells how far it is, stops when told to, and costs no more per account in a large organisation."""

import sys
from itertools import pairwise
from threading import Event
from threading import enumerate as living_threads

import pytest

from bot.app import connect_aws
from bot.models.scans import Account, Member, Progress
from bot.models.selection import EVERYBODY, Conditions, Selection, UnitContents
from bot.rules.filters import Filter
from bot.scan.choosing import choose_listed, choose_members
from bot.scan.crew import StoppedError
from bot.scan.plan import Wanted, make_plan
from bot.scan.survey import Survey
from tests.scan.audits import DUBLIN, MEMBER, ORGANISATION, TOOLING, House, wait_for

EVERYTHING = Filter()


@pytest.fixture
def large(house: House) -> House:
    """An organisation of 47 accounts, on three pages; the bot may not enter three of them."""
    for number in range(45):
        house.aws.world.account(f"7000000000{number:02}", f"team-{number}", roles=number % 15 > 0)
    return house


def test_planning_tells_how_many_accounts_are_known_and_then_how_many_were_entered(large: House) -> None:
    directory, told = connect_aws(large.settings(ORGANISATION)).discovery, list[Progress]()
    wanted = Wanted("organization", [DUBLIN], Selection(exclude=Conditions(accounts=("team-1?",))))
    plan = make_plan(directory, wanted, EVERYTHING, workers=8, stop=Event(), on_progress=told.append)
    listing = [Progress(accounts_found=found) for found in (20, 40, 47)]
    entering = [Progress(accounts_found=37, accounts_entered=entered) for entered in range(38)]
    assert told == [*listing, *entering]
    assert (len(plan.targets), len(plan.failures), len(plan.left_out)) == (35, 2, 10)


def test_the_progress_of_a_scan_begins_with_its_plan(large: House) -> None:
    told: list[Progress] = []
    scans, _ = large.scans(f'{ORGANISATION}\nregions = ["{DUBLIN}"]')
    scans.run(EVERYTHING, "U0TESTER", told.append)
    assert max(each.accounts_entered for each in told) == 47
    assert all(one.accounts_entered <= other.accounts_entered for one, other in pairwise(told))


def test_a_plan_that_is_told_to_stop_ends_and_lists_no_further(large: House) -> None:
    directory, stop = connect_aws(large.settings(ORGANISATION)).discovery, Event()
    stop.set()
    with pytest.raises(StoppedError):
        make_plan(directory, Wanted("organization", "enabled"), EVERYTHING, workers=2, stop=stop)
    wait_for(lambda: not [each for each in living_threads() if each.name.startswith("scan")], "the crew to go")
    assert len(large.aws.calls.named("ListAccounts")) <= 1
    assert large.aws.calls.named("AssumeRole") == []


def test_an_account_whose_role_denies_costs_one_call_and_the_rest_goes_on(large: House) -> None:
    audit = large.audit(f'{ORGANISATION}\nregions = ["{DUBLIN}"]')
    refused = [call for call in large.aws.calls if call.error is not None]
    assert sorted(call.parameters["RoleArn"].split(":")[4] for call in refused) == [
        "700000000000", "700000000015", "700000000030",
    ]  # fmt: skip
    assert [each.status.value for each in audit.coverage].count("SCANNED") == 44


def _function_calls(members: int) -> int:
    """Count what planning calls for so many accounts, each named by id in the settings and in a unit."""
    accounts = [Account(f"{number:012}", f"team-{number}") for number in range(members)]
    ids = [account.id for account in accounts]
    found = Survey(TOOLING, [Member(each, "ACTIVE") for each in accounts], {"ou-a": UnitContents(frozenset(ids))})
    chosen_by = Selection(Conditions(tuple(ids), ("ou-a",)), Conditions(tuple(ids[::2])))
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        chosen = choose_members(found, chosen_by, EVERYTHING)
        listed = choose_listed(ids, found, EVERYTHING)
    finally:
        sys.setprofile(None)
    assert (len(chosen.entering), len(chosen.rest.left_out)) == (members // 2, members // 2)
    assert len(listed.entering) == members
    return calls


def test_choosing_costs_as_much_for_an_account_whether_there_are_many_or_few() -> None:
    assert _function_calls(4000) <= 2.05 * _function_calls(2000)


def test_the_own_account_is_planned_alone(house: House) -> None:
    directory = connect_aws(house.settings(f'regions = ["{DUBLIN}"]')).discovery
    plan = make_plan(directory, Wanted(None, [DUBLIN], EVERYBODY), EVERYTHING, workers=2, stop=Event())
    assert [(each.account, each.region) for each in plan.targets] == [(Account(TOOLING, "security-tooling"), DUBLIN)]
    assert {call.parameters["RoleArn"].split(":")[4] for call in house.aws.calls.named("AssumeRole")} == {TOOLING}
    assert MEMBER not in {call.account for call in house.aws.calls}
