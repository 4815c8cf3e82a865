"""Which accounts of an organisation are read, and that all others are told apart and told."""

import logging

import pytest

from bot.models.scans import EVERYWHERE, CoverageStatus, LeftOut
from bot.rules.filters import BadFilterError
from deploy.sandbox.aws.organization import ROOT
from deploy.sandbox.aws.roles import member_roles
from tests.sandbox.aws_clients import administrator_session
from tests.scan.audits import DUBLIN, MEMBER, ORGANISATION, TOOLING, Audit, House

IN_DUBLIN = f'{ORGANISATION}\nregions = ["{DUBLIN}"]'
WEB, DEV = "222222222222", "333333333333"
STATES = {
    "SUSPENDED": "It is suspended by AWS (SUSPENDED).",
    "CLOSED": "It is closed (CLOSED).",
    "PENDING_CLOSURE": "It is being closed (PENDING_CLOSURE).",
    "PENDING_ACTIVATION": "It is not activated yet (PENDING_ACTIVATION).",
    "HIBERNATING": "It is not active (HIBERNATING).",
}
"""The last one is of AWS's future."""


@pytest.fixture
def organisation(house: House) -> House:
    """Four accounts: prod-payments and prod-web in Production, dev-jonas under the root, and the bot's own."""
    world = house.aws.world
    world.account(WEB, "prod-web", tags={"stage": "prod", "team": "web"})
    world.account(DEV, "dev-jonas", tags={"stage": "dev"})
    production = world.unit("Production")
    world.place(MEMBER, world.unit("Regulated", production))
    world.place(WEB, production)
    return house


def entered(house: House) -> set[str]:
    """The accounts in which any call was made, refused or not."""
    tried = {call.parameters["RoleArn"].split(":")[4] for call in house.aws.calls.named("AssumeRole")}
    return tried | {call.account for call in house.aws.calls if call.account != TOOLING}


def scanned(audit: Audit) -> set[str]:
    return {each.account for each in audit.coverage if each.status is CoverageStatus.SCANNED}


def test_accounts_that_are_not_active_are_told_apart_and_cost_no_call(house: House) -> None:
    for number, state in enumerate(STATES):
        house.aws.world.account(f"70000000000{number}", f"team-{state.lower()}", state)
    audit = house.audit(IN_DUBLIN)
    assert audit.left_out == tuple(
        LeftOut(f"70000000000{number}", f"team-{state.lower()}", why)
        for number, (state, why) in enumerate(STATES.items())
    )
    assert scanned(audit) == entered(house) == {MEMBER, TOOLING}


@pytest.mark.parametrize("state", STATES)
def test_a_listed_account_that_is_not_active_is_a_failure_with_that_cause_and_costs_no_call(
    house: House, state: str
) -> None:
    house.aws.world.account(WEB, "prod-web", state)
    audit = house.audit(f'accounts = ["{WEB}", "{MEMBER}"]\nregions = ["{DUBLIN}"]')
    lost = audit.at(WEB, EVERYWHERE)
    assert (lost.status, lost.account_name) == (CoverageStatus.FAILED, "prod-web")
    assert lost.error == f"{STATES[state]} So it was not entered: take it out of scan.accounts."
    assert scanned(audit) == entered(house) == {MEMBER}
    assert audit.left_out == ()


CHOSEN = [
    # the tables of the file, and who is scanned
    ('[scan.include]\naccounts = ["prod-*"]', {MEMBER, WEB}),
    (f'[scan.include]\naccounts = ["{DEV}"]', {DEV}),
    ('[scan.include]\nunits = ["ou-nw1x-production"]', {MEMBER, WEB}),
    ('[scan.include]\nunits = ["ou-nw1x-regulated"]', {MEMBER}),
    ('[scan.include]\nunits = ["ou-nw1x-regulated", "ou-nw1x-production"]', {MEMBER, WEB}),
    (f'[scan.include]\nunits = ["{ROOT}"]', {MEMBER, WEB, DEV, TOOLING}),
    ('[scan.include]\ntags = { stage = "prod*" }', {WEB}),
    ('[scan.include]\ntags = { stage = "*", team = "w?b" }', {WEB}),
    ('[scan.include]\naccounts = ["*payments"]\ntags = { stage = "dev" }', {MEMBER, DEV}),
    ('[scan.exclude]\naccounts = ["prod-*"]', {DEV, TOOLING}),
    ('[scan.exclude]\nunits = ["ou-nw1x-production"]', {DEV, TOOLING}),
    ('[scan.exclude]\ntags = { stage = "*" }', {MEMBER, TOOLING}),
    ('[scan.include]\naccounts = ["prod-*"]\n[scan.exclude]\nunits = ["ou-nw1x-regulated"]', {WEB}),
    ('[scan.include]\nunits = ["ou-nw1x-production"]\n[scan.exclude]\ntags = { team = "web" }', {MEMBER}),
]


@pytest.mark.parametrize(("tables", "chosen"), CHOSEN)
def test_who_is_chosen_is_scanned_and_everybody_else_is_left_out(
    organisation: House, tables: str, chosen: set[str]
) -> None:
    audit = organisation.audit(IN_DUBLIN, tables)
    assert scanned(audit) == entered(organisation) == chosen
    assert {each.account for each in audit.left_out} == {MEMBER, WEB, DEV, TOOLING} - chosen
    assert {each.status for each in audit.coverage} == {CoverageStatus.SCANNED}


def test_why_an_account_is_left_out_is_told(organisation: House) -> None:
    organisation.aws.world.account("444444444444", "prod-old", "CLOSED")
    audit = organisation.audit(
        IN_DUBLIN, '[scan.include]\nunits = ["ou-nw1x-production"]\n[scan.exclude]\ntags = { team = "web" }'
    )
    assert [(each.account_name, each.why) for each in audit.left_out] == [
        ("security-tooling", "Nothing in scan.include matches it."),
        ("prod-web", "It is excluded by scan.exclude.tags, team=“web”."),
        ("dev-jonas", "Nothing in scan.include matches it."),
        ("prod-old", "It is closed (CLOSED)."),
    ]


def test_tags_are_read_of_those_accounts_alone_that_the_rest_leaves_undecided(organisation: House) -> None:
    organisation.aws.world.account("444444444444", "prod-old", "CLOSED", tags={"stage": "prod"})
    organisation.audit(
        IN_DUBLIN,
        '[scan.include]\naccounts = ["prod-*"]\ntags = { stage = "dev" }\n[scan.exclude]\naccounts = ["*web"]',
    )
    asked = {call.parameters["ResourceId"] for call in organisation.aws.calls.named("ListTagsForResource")}
    assert asked == {DEV, TOOLING}


def test_units_are_walked_from_the_named_ones_downward_and_no_further(organisation: House) -> None:
    for number in range(5):
        organisation.aws.world.unit(f"elsewhere {number}")
    organisation.audit(
        IN_DUBLIN,
        '[scan.include]\nunits = ["ou-nw1x-production"]\n[scan.exclude]\nunits = ["ou-nw1x-regulated"]',
    )
    for operation in ("ListAccountsForParent", "ListOrganizationalUnitsForParent"):
        walked = [call.parameters["ParentId"] for call in organisation.aws.calls.named(operation)]
        assert sorted(walked) == ["ou-nw1x-production", "ou-nw1x-regulated"]


UNREAD = "is denied (the role's own policy lacks it)."


@pytest.mark.parametrize(
    ("tables", "denied", "open_to", "unknown"),
    [
        ('[scan.include]\ntags = { stage = "prod" }', "ListTagsForResource", set(), {MEMBER, WEB, DEV, TOOLING}),
        ('[scan.exclude]\ntags = { stage = "dev" }', "ListTagsForResource", set(), {MEMBER, WEB, DEV, TOOLING}),
        (
            '[scan.include]\naccounts = ["prod-*"]\ntags = { stage = "dev" }',
            "ListTagsForResource", {MEMBER, WEB}, {DEV, TOOLING},
        ),
        (
            '[scan.include]\naccounts = ["prod-*"]\n[scan.exclude]\nunits = ["ou-nw1x-production"]',
            "ListAccountsForParent", set(), {MEMBER, WEB},
        ),
        (
            '[scan.include]\nunits = ["ou-nw1x-production"]',
            "ListOrganizationalUnitsForParent", {WEB}, {MEMBER, DEV, TOOLING},
        ),
    ],
)  # fmt: skip
def test_an_account_of_which_nobody_can_tell_is_not_entered_and_is_a_failure(
    organisation: House, tables: str, denied: str, open_to: set[str], unknown: set[str]
) -> None:
    organisation.aws.faults.deny(action=f"organizations:{denied}")
    audit = organisation.audit(IN_DUBLIN, tables)
    assert scanned(audit) == entered(organisation) == open_to
    lost = {each.account: each for each in audit.coverage if each.status is CoverageStatus.FAILED}
    assert set(lost) == unknown
    for each in lost.values():
        assert (each.region, each.error) == (
            EVERYWHERE,
            f"Whether it is to be scanned is unknown, so it was not entered: organizations:{denied} {UNREAD}",
        )


def test_one_unit_that_cannot_be_read_leaves_those_in_the_others_decided(organisation: House) -> None:
    """The first call is for the named unit; the one below it is read."""
    organisation.aws.faults.refuse("ServiceException", action="organizations:ListAccountsForParent", times=1)
    audit = organisation.audit(IN_DUBLIN, '[scan.include]\nunits = ["ou-nw1x-production"]')
    assert scanned(audit) == entered(organisation) == {MEMBER}
    assert {each.account for each in audit.coverage if each.error} == {WEB, DEV, TOOLING}


def test_an_included_unit_that_there_is_not_is_named_and_the_rest_goes_on(organisation: House) -> None:
    audit = organisation.audit(
        IN_DUBLIN, '[scan.include]\nunits = ["ou-nw1x-nowhere0", "ou-nw1x-production", "ou-nw1x-nothing0"]'
    )
    assert scanned(audit) == {MEMBER, WEB}
    assert audit.at(EVERYWHERE, EVERYWHERE).error == (
        "There is no unit ou-nw1x-nowhere0 (scan.include.units[1]). "
        "There is no unit ou-nw1x-nothing0 (scan.include.units[3]). No account was found by them."
    )
    assert {each.account for each in audit.left_out} == {DEV, TOOLING}


def test_an_excluded_unit_that_there_is_not_is_a_remark_in_the_log(
    organisation: House, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "bot.scan"):
        audit = organisation.audit(IN_DUBLIN, '[scan.exclude]\nunits = ["ou-nw1x-regulated", "ou-nw1x-nowhere0"]')
    assert scanned(audit) == {WEB, DEV, TOOLING}
    assert {each.status for each in audit.coverage} == {CoverageStatus.SCANNED}
    assert [record.getMessage() for record in caplog.records if record.name.startswith("bot.")] == [
        "There is no unit ou-nw1x-nowhere0 (scan.exclude.units[2]), so it excludes nobody."
    ]


def test_settings_that_leave_nobody_are_never_a_clean_scan(organisation: House) -> None:
    audit = organisation.audit(IN_DUBLIN, '[scan.include]\naccounts = ["produktion-*"]')
    assert audit.places == [(EVERYWHERE, EVERYWHERE, "FAILED")]
    assert audit.at(EVERYWHERE, EVERYWHERE).error == (
        "Every account of the organisation is left out, so none was read: see scan.include and scan.exclude."
    )
    assert len(audit.left_out) == 4


def test_a_filter_that_matches_only_who_is_left_out_says_why(organisation: House) -> None:
    organisation.aws.world.account("444444444444", "prod-old", "CLOSED")
    with pytest.raises(BadFilterError) as error:
        organisation.audit(IN_DUBLIN, '[scan.exclude]\naccounts = ["*-jonas"]', within="account=dev-*")
    assert str(error.value) == (
        "No account that is scanned matches account=dev-*. "
        "dev-jonas (333333333333): It is excluded by scan.exclude.accounts[1], “*-jonas”."
    )


def test_a_narrowed_scan_tells_only_of_accounts_that_its_filter_means(organisation: House) -> None:
    organisation.aws.world.account("444444444444", "prod-old", "CLOSED")
    audit = organisation.audit(IN_DUBLIN, '[scan.exclude]\naccounts = ["dev-*"]', within="account=prod-*")
    assert [each.account_name for each in audit.left_out] == ["prod-old"]
    assert scanned(audit) == {MEMBER, WEB}


def test_who_is_named_twice_is_scanned_once(organisation: House) -> None:
    twice = f'accounts = ["{MEMBER}", "{WEB}", "{MEMBER}"]\nregions = ["{DUBLIN}", "{DUBLIN}"]'
    audit = organisation.audit(twice)
    assert audit.places == [(MEMBER, DUBLIN, "SCANNED"), (WEB, DUBLIN, "SCANNED")]


def test_an_account_that_moves_from_page_to_page_is_scanned_once(organisation: House) -> None:
    """AWS lists a moving organisation; what was on the first page may be on the second as well."""
    world = organisation.aws.world
    for number in range(20):
        world.account(f"7000000000{number:02}", f"team-{number}")
    world.accounts["again"] = world.accounts[MEMBER]
    audit = organisation.audit(IN_DUBLIN, '[scan.include]\naccounts = ["prod-*"]')
    assert audit.places == [(MEMBER, DUBLIN, "SCANNED"), (WEB, DUBLIN, "SCANNED")]


def test_a_delegated_administrator_finds_the_accounts_as_the_management_account_does(
    organisation: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = organisation.aws.world
    world.delegate(WEB)
    for name, value in administrator_session(organisation.aws, WEB).items():
        monkeypatch.setenv(name.upper(), value)
    for account in (MEMBER, WEB, DEV, TOOLING):
        for role in member_roles(account, f"arn:aws:iam::{WEB}:root", "sandbox-external-id"):
            world.roles[account, role.name] = role
    audit = organisation.audit(ORGANISATION, '[scan.include]\nunits = ["ou-nw1x-production"]\ntags = { stage = "dev" }')
    assert scanned(audit) == {MEMBER, WEB, DEV}


def test_the_management_account_is_asked_for_its_regions_without_being_named(organisation: House) -> None:
    """AWS refuses it otherwise: https://docs.aws.amazon.com/accounts/latest/reference/API_ListRegions.html."""
    audit = organisation.audit(ORGANISATION)
    assert scanned(audit) == {MEMBER, WEB, DEV, TOOLING}
    asked = organisation.aws.calls.named("ListRegions")
    assert sorted(call.account for call in asked) == sorted([MEMBER, WEB, DEV, TOOLING])
    assert all("AccountId" not in call.parameters for call in asked)
