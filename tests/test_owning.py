"""From owners as tags write them to people and user groups in Slack, asked over HTTP, and back."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from bot.owning import DISABLED, HAS_LEFT, KEPT, KEPT_AFTER_A_FAILURE, NOBODY, NOT_A_PERSON, STRANGER, Owners
from bot.slack.client import web_client
from bot.slack.people import People
from deploy.sandbox.slack import SlackServer, default_workspace
from deploy.sandbox.slack.workspace import BOT_SCOPES, BOT_TOKEN

OURS = frozenset({"T0OURS"})
PEOPLE = {"payments": "S0ONCALL", "büro": "U0AIKO", "old@example.com": "U0MARA", "ghost": "U0LEFT"}


@dataclass
class Clock:
    now: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 9, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Office:
    """Owners beside a Slack, and a clock that a test moves."""

    slack: SlackServer
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        client = web_client(SecretStr(BOT_TOKEN), self.slack.environment()["SLACK_API_URL"])
        self.owners = Owners(People(client), PEOPLE, OURS, self.clock)

    def asked(self, method: str) -> int:
        return sum(call.method == method for call in self.slack.state.calls)


@pytest.fixture(scope="module")
def server() -> Iterator[SlackServer]:
    with SlackServer() as slack:
        yield slack


@pytest.fixture
def office(server: SlackServer) -> Iterator[Office]:
    server.state.calls.clear()
    yield Office(server)
    server.faults.clear()


@pytest.mark.parametrize(
    ("text", "slack_id"),
    [
        ("U0MARA", "U0MARA"),
        (" U0MARA ", "U0MARA"),
        ("S0KEYADMINS", "S0KEYADMINS"),
        ("mara@example.com", "U0MARA"),
        ("Mara@Example.com", "U0MARA"),
        ("payments", "S0ONCALL"),
        ("Payments", "S0ONCALL"),
        ("BÜRO", "U0AIKO"),
        ("old@example.com", "U0MARA"),
        ("U0GUEST", "U0GUEST"),
    ],
)
def test_an_owner_is_found_by_id_by_address_or_by_what_the_settings_say(
    office: Office, text: str, slack_id: str
) -> None:
    owner = office.owners.who(text)
    assert (owner.slack_id, owner.why_not, owner.text) == (slack_id, "", text.strip())
    assert owner.is_group is slack_id.startswith("S")


@pytest.mark.parametrize(
    ("text", "why_not"),
    [
        ("Amira Haddad", NOBODY),
        ("web", NOBODY),
        ("U0NOBODY1", NOBODY),
        ("S0NOBODY1", NOBODY),
        ("nobody@example.com", NOBODY),
        ("lena@example.com", NOBODY),
        ("eve@example.com", NOBODY),
        ("U0LEFT", HAS_LEFT),
        ("ghost", HAS_LEFT),
        ("U0ELSE", STRANGER),
        ("U0KMSBOT", NOT_A_PERSON),
    ],
)
def test_whoever_is_not_found_stays_a_name_and_why_is_said(office: Office, text: str, why_not: str) -> None:
    owner = office.owners.who(text)
    assert (owner.text, owner.slack_id, owner.why_not) == (text, None, why_not)


@pytest.mark.parametrize("text", ["SRE", "WEB", "SECURITY", "UX", "web", "the <!channel> team", "a@b"])
def test_a_plain_name_costs_no_call(office: Office, text: str) -> None:
    assert office.owners.who(text).why_not == NOBODY
    assert list(office.slack.state.calls) == []


def test_a_disabled_group_is_not_mentioned() -> None:
    with SlackServer() as slack:
        slack.state.disable_group("S0ONCALL")
        assert Office(slack).owners.who("payments").why_not == DISABLED


def test_a_name_that_is_spelt_like_an_id_in_small_letters_takes_nobody_elses_place(office: Office) -> None:
    assert [office.owners.who(text).slack_id for text in ("u0mara", "U0MARA", "s0keyadmins", "S0KEYADMINS")] == [
        None,
        "U0MARA",
        None,
        "S0KEYADMINS",
    ]


def test_an_answer_counts_for_an_hour(office: Office) -> None:
    for _ in range(3):
        office.owners.who("mara@example.com")
        office.owners.who("MARA@example.com")
    assert office.asked("users.lookupByEmail") == 1
    office.clock.now += KEPT
    office.owners.who("mara@example.com")
    assert office.asked("users.lookupByEmail") == 2


def test_that_nobody_was_found_counts_as_well(office: Office) -> None:
    office.owners.who("nobody@example.com")
    office.owners.who("nobody@example.com")
    assert office.asked("users.lookupByEmail") == 1


def test_whom_the_settings_name_in_vain_is_told(office: Office) -> None:
    assert [(each.text, each.why_not) for each in office.owners.unfound()] == [("ghost", HAS_LEFT)]


def test_a_look_up_that_failed_is_made_again_soon(office: Office) -> None:
    office.slack.faults.error_next("users.lookupByEmail", "internal_error")
    owner = office.owners.who("mara@example.com")
    assert (owner.slack_id, owner.why_not) == (None, "Slack could not be asked (users.lookupByEmail: internal_error)")
    office.clock.now += KEPT_AFTER_A_FAILURE
    assert office.owners.who("mara@example.com").slack_id == "U0MARA"


def test_while_slack_does_not_answer_nobody_else_is_asked_for(office: Office) -> None:
    """Hundreds of owners are not to wait for Slack, one after the other."""
    office.slack.faults.error_next("users.lookupByEmail", "internal_error")
    for number in range(5):
        assert office.owners.who(f"p{number}@example.com").slack_id is None
    assert office.asked("users.lookupByEmail") == 1


def test_without_the_scope_for_addresses_they_stay_plain_names() -> None:
    workspace = default_workspace()
    narrow = replace(workspace, app=replace(workspace.app, scopes=BOT_SCOPES - {"users:read.email"}))
    with SlackServer(narrow) as slack:
        owner = Office(slack).owners.who("mara@example.com")
        assert (owner.slack_id, "missing_scope" in owner.why_not) == (None, True)
        assert Office(slack).owners.who("U0MARA").slack_id == "U0MARA"
        assert Office(slack).owners.texts_of("U0MARA") >= {"u0mara", "s0oncall", "payments"}


@pytest.mark.parametrize(
    ("user", "texts"),
    [
        ("U0MARA", {"u0mara", "mara@example.com", "s0oncall", "payments", "old@example.com"}),
        ("U0AIKO", {"u0aiko", "aiko@example.com", "s0keyadmins", "büro"}),
        ("U0GUEST", {"u0guest", "gus@example.com"}),
    ],
)
def test_what_means_somebody_is_their_id_their_address_their_groups_and_what_the_settings_say(
    office: Office, user: str, texts: set[str]
) -> None:
    assert office.owners.texts_of(user) == texts


def test_an_address_that_the_settings_give_to_somebody_else_is_theirs() -> None:
    with SlackServer() as slack:
        office = Office(slack)
        owners = Owners(office.owners.directory, {"mara@example.com": "U0JONAS"}, OURS, office.clock)
        assert "mara@example.com" not in owners.texts_of("U0MARA")
        assert "mara@example.com" in owners.texts_of("U0JONAS")
        assert owners.who("mara@example.com").slack_id == "U0JONAS"


def test_what_slack_does_not_tell_is_left_out(office: Office) -> None:
    office.slack.faults.error_next("usergroups.list", "plan_upgrade_required")
    office.slack.faults.error_next("users.info", "internal_error")
    assert office.owners.texts_of("U0MARA") == {"u0mara", "old@example.com"}


def test_asking_who_somebody_is_and_what_means_them_takes_few_calls(office: Office) -> None:
    for _ in range(5):
        office.owners.texts_of("U0MARA")
        office.owners.who("S0KEYADMINS")
        office.owners.who("S0ONCALL")
        office.clock.now += timedelta(minutes=1)
    assert office.asked("usergroups.list") == 1
    assert office.asked("users.info") == 1
