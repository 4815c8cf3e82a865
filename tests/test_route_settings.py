"""`[[digest.route]]`: what may stand there, what it falls back to, and what it is stored under."""

from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.rules.audience import Audience
from bot.settings.ground import Ground
from bot.wiring.audiences import declared, heirs
from tests.configured import ROUTE, folder, read

__all__ = ["folder"]

DIGEST = '[digest]\nschedule = "0 9 * * *"\ntimezone = "Europe/Berlin"\ntop = 7\n'
TEAM, ACCOUNT = 'match.team = "x"', 'match.account = "222222222222"'
SCANNED = '[scan]\naudit_role = "A"\naccounts = ["111111111111"]\n'


def routes(folder: Path, text: str) -> tuple[Audience, ...]:
    return declared(read(folder, f"{DIGEST}{text}").digest, "C0SECURITY")[1:]


def test_what_a_route_does_not_say_is_what_the_digest_says(folder: Path) -> None:
    [route] = routes(folder, ROUTE)
    assert (route.schedule, route.timezone, route.top, route.title) == ("0 9 * * *", "Europe/Berlin", 7, "team=x")


def test_a_route_has_a_name_a_schedule_a_time_zone_and_a_top_of_its_own(folder: Path) -> None:
    [route] = routes(folder, f'{ROUTE}name = "Payments"\nschedule = "0 8 * * mon"\ntimezone = "Asia/Tokyo"\ntop = 3\n')
    assert (route.schedule, route.timezone, route.top, route.title) == ("0 8 * * mon", "Asia/Tokyo", 3, "Payments")


@pytest.mark.parametrize(
    "changed",
    [
        'channel = "C0ELSEWHERE"',
        'channel = "C0PAY"\nschedule = "5 5 * * *"',
        'channel = "C0PAY"\ntimezone = "Asia/Tokyo"',
    ],
)
def test_a_route_is_stored_under_the_same_name_wherever_it_goes_and_whenever(folder: Path, changed: str) -> None:
    before = routes(folder, ROUTE)
    assert routes(folder, ROUTE.replace('channel = "C0PAY"', changed))[0].name == before[0].name


def test_a_route_that_matches_other_keys_begins_anew(folder: Path) -> None:
    names = {
        routes(folder, f'[[digest.route]]\nmatch = {match}\nchannel = "C0PAY"\n{name}')[0].name
        for match in ('{ team = "x" }', '{ team = "y" }', '{ account = "x" }')
        for name in ("", 'name = "a"', 'name = "b"')
    }
    assert len(names) == 9
    assert all(len(name) <= 64 for name in names)


def test_a_route_takes_over_what_it_was_stored_as_before_it_had_a_name_and_before_routes_had_any(folder: Path) -> None:
    unnamed = routes(folder, ROUTE)[0].name
    named = read(folder, f'{DIGEST}{ROUTE}name = "payments"\n')
    [(name, predecessors)] = heirs(named.digest)
    assert name == declared(named.digest, "C0SECURITY")[1].name
    assert predecessors[0].name == unnamed
    assert predecessors[1].name == "C0PAY aaf9fc45e1fd8cdf"
    assert predecessors[1].shares_its_job


def test_a_route_takes_nothing_from_one_that_is_still_there(folder: Path) -> None:
    two = read(folder, f'{DIGEST}{ROUTE}{ROUTE.replace("C0PAY", "C0OTHER")}name = "second"\n')
    first, second = (predecessors for _, predecessors in heirs(two.digest))
    assert [each.name[:5] for each in first] == ["C0PAY"]
    assert [each.name[:7] for each in second] == ["C0OTHER"]


MISTAKES = [
    (f"{ROUTE}{ROUTE}", ":6: digest.route[2]", "same channel of the same keys as digest.route[1]", "Leave one"),
    (
        f"{ROUTE}{ROUTE.replace('C0PAY', 'C0OTHER')}",
        ":6: digest.route[2].name",
        "digest.route[1] goes by “team=x” as well",
        "a name of its own",
    ),
    (
        f'{ROUTE}name = "a"\n{ROUTE.replace("C0PAY", "C0OTHER")}name = "A"\n',
        ":10: digest.route[2].name",
        "goes by “A” as well",
        "a name of its own",
    ),
    (f'{ROUTE}name = "preview"\n', ":6: digest.route[1].name", "means something else", "another name"),
    (f'{ROUTE}name = "Default"\n', ":6: digest.route[1].name", "means something else", "another name"),
    (f'{ROUTE}name = "<!channel>"\n', ":6: digest.route[1].name", "not a name for a digest", "letters, digits"),
    (f'{ROUTE}schedule = "0 9 * *"\n', ":6: digest.route[1].schedule", "has 4", "crontab line"),
    (f'{ROUTE}timezone = "Berlin"\n', ":6: digest.route[1].timezone", "not a time zone", "Europe/Berlin?"),
    (f"{ROUTE}top = 16\n", ":6: digest.route[1].top", "out of range", "from 1 to 15"),
    (
        '[[digest.route]]\nmatch.region = "eu-central1"\nchannel = "C0PAY"\n',
        ":4: digest.route[1].match.region",
        "is not the name of a Region",
        "eu-central-1",
    ),
    (
        '[[digest.route]]\nmatch.account = "11111"\nchannel = "C0PAY"\n',
        ":4: digest.route[1].match.account",
        "has 5 digits",
        "12 digits",
    ),
    (
        '[[digest.route]]\nmatch.alias = "alias/aws/s3"\nchannel = "C0PAY"\n',
        ":4: digest.route[1].match.alias",
        "AWS rotates its own keys",
        "your keys",
    ),
    ('[[digest.route]]\nmatch.team = " "\nchannel = "C0PAY"\n', ":4: digest.route[1].match.team", "is empty", "tag"),
    (
        '[scan]\nregions = ["eu-central-1"]\n[[digest.route]]\nmatch.region = "us-*"\nchannel = "C0PAY"\n',
        ":6: digest.route[1].match.region",
        "can never match a key: scan.regions has no Region like “us-*”",
        "add it to scan.regions",
    ),
    (
        f"{SCANNED}{ROUTE.replace(TEAM, ACCOUNT)}",
        ":7: digest.route[1].match.account",
        "222222222222 is not in scan.accounts",
        "add it to scan.accounts",
    ),
]


@pytest.mark.parametrize(("text", "place", "what", "remedy"), MISTAKES, ids=[case[2] for case in MISTAKES])
def test_a_mistake_in_a_route_is_told_with_place_and_remedy(
    folder: Path, text: str, place: str, what: str, remedy: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, text)
    [line] = str(caught.value).splitlines()
    assert line.startswith(f"kms-rotation.toml{place}")
    assert line.index(what) < line.rindex(remedy)


@pytest.mark.parametrize(
    "text",
    [
        '[scan]\nregions = ["eu-central-1"]\n[[digest.route]]\nmatch.region = "EU-*"\nchannel = "C0PAY"\n',
        f'{ROUTE}name = "a"\n{ROUTE.replace("C0PAY", "C0OTHER")}name = "b"\n',
        '[[digest.route]]\nmatch = { alias = "payments/*", account = "Prod-*" }\nchannel = "C0SECURITY"\n',
    ],
)
def test_routes_that_tell_somebody_of_something_are_taken(folder: Path, text: str) -> None:
    assert read(folder, text).digest.routes


@pytest.mark.parametrize(
    ("setting", "value"),
    [("schedule", "0 9 * *"), ("schedule", "61 * * * *"), ("timezone", "Berlin"), ("channel", "#payments")],
)
def test_what_is_edited_in_slack_is_refused_in_the_words_in_which_the_file_is(
    folder: Path, setting: str, value: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, ROUTE.replace("C0PAY", value) if setting == "channel" else f'{ROUTE}{setting} = "{value}"\n')
    ground = Ground(lambda _: None)
    refused = {"schedule": ground.schedule, "timezone": ground.timezone, "channel": ground.channel}[setting](value)
    assert refused
    assert str(caught.value).endswith(refused)


def test_what_is_sound_may_be_edited_in_slack_unless_slack_itself_says_no() -> None:
    ground = Ground({"C0PAY": None, "C0GONE": "It is archived."}.get)
    assert ground.schedule("0 9 * * mon-fri") is None
    assert ground.timezone("America/New_York") is None
    assert ground.channel("C0PAY") is None
    assert ground.channel("C0GONE") == "It is archived."
