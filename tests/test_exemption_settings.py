"""The `[exemption]` table of the file: for how long, what is declared, and what is wrong with it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.errors import ConfigurationError
from bot.models.exemptions import ExemptionScope, ExemptionState
from bot.settings import Settings, load
from bot.store.engine import Database
from bot.store.exemptions import ExemptionStore
from bot.wiring.exempting import declare_exemptions

FILE = "rotation.toml"
BERLIN = ZoneInfo("Europe/Berlin")
SOON = datetime.now(UTC).date() + timedelta(days=30)
ARN = "arn:aws:kms:eu-central-1:111111111111:key/a"
TABLE = "[[exemption.declared]]\n"


def settings(folder: Path, text: str) -> Settings:
    path = folder / FILE
    path.write_text(text, encoding="utf-8")
    return load({"KMS_ROTATION_CONFIG": str(path)}, with_slack=False)


def declaring(what: str = f'key = "{ARN}"', until: str = str(SOON), reason: str = "A vendor's key.") -> str:
    return f'{TABLE}{what}\nuntil = {until}\nreason = "{reason}"\n'


def test_what_is_left_out_is_ninety_days_and_nothing_declared(tmp_path: Path) -> None:
    read = settings(tmp_path, "").exemption
    assert (read.longest, read.declared) == (timedelta(days=90), ())


def test_all_that_can_be_declared(tmp_path: Path) -> None:
    read = settings(
        tmp_path,
        f"""
[digest]
timezone = "Europe/Berlin"

[exemption]
longest = "366d"

[[exemption.declared]]
key = "{ARN}"
until = {SOON}
reason = "  A  vendor's key. "
ticket = "https://tickets/1"
owner = "Team Ledger"

[[exemption.declared]]
account = "Legacy-*"
region = "eu-*"
alias = "alias/old/*"
tag.stage = "Test*"
reason = "Switched off in summer."
"""
        f"until = {SOON}\n",
    ).exemption
    assert read.longest == timedelta(days=366)
    one, two = (each.exemption(BERLIN, datetime.now(UTC)) for each in read.declared)
    assert one.scope == ExemptionScope(arn=ARN)
    assert (one.reason, one.ticket, one.owner) == ("A vendor's key.", "https://tickets/1", "Team Ledger")
    assert one.until == datetime(SOON.year, SOON.month, SOON.day, 23, 59, 59, tzinfo=BERLIN)
    assert (one.request_id, one.asked_by, one.approved_by) == (None, "configuration", ("configuration",))
    assert two.scope == ExemptionScope("", "legacy-*", "eu-*", "old/*", ("stage", "test*"))
    assert one.id != two.id
    assert len({len(one.id), len(two.id), 32}) == 1


WRONG = (
    ('[exemption]\nlongest = "367d"', "2: exemption.longest: Exemptions of 367 days are out of range."),
    ('[exemption]\nlongest = "1h"', "2: exemption.longest: Exemptions of 1 hour are out of range."),
    ("[exemption]\nlongest = 90", "2: exemption.longest: “90” is not a length of time."),
    ('[exemption]\nlogest = "9d"', "2: exemption.logest: There is no such setting. Did you mean longest?"),
    (declaring(until=str(SOON + timedelta(days=200))), "3: exemption.declared[1].until: "),
    (declaring(until=f'"{SOON}"'), f"3: exemption.declared[1].until: “{SOON}” is not a date."),
    (declaring(until=f"{SOON}T12:00:00"), "has a time in it. Write the last day without quotes"),
    (declaring(reason="short"), "4: exemption.declared[1].reason: The reason has 5 characters."),
    (f'{TABLE}key = "{ARN}"\nreason = "A vendor\'s key."', "1: exemption.declared[1].until: It is missing."),
    (declaring(""), "1: exemption.declared[1]: The scope names nothing."),
    (declaring('key = "arn:x"'), "1: exemption.declared[1]: 'arn:x' is not the ARN of a KMS key"),
    (declaring(f'key = "{ARN}"\nalias = "x"'), "2: exemption.declared[1].key: It names a key and other conditions."),
    (declaring('tag = { a = "1", b = "2" }'), "2: exemption.declared[1].tag: It has 2 tags."),
    (declaring('tag = { a = "" }'), "2: exemption.declared[1].tag: A tag has no name or no value."),
    (declaring('account = "12"'), "1: exemption.declared[1]: “12” has 2 digits"),
    (declaring('alais = "x"'), "2: exemption.declared[1].alais: There is no such setting. Did you mean alias?"),
    (declaring() + declaring(), "5: exemption.declared[2]: It covers the same as exemption.declared[1]."),
)


@pytest.mark.parametrize(("text", "sentence"), WRONG, ids=[case[1][:40] for case in WRONG])
def test_what_is_wrong_is_told_once_with_place_and_remedy(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings(tmp_path, text)
    [problem] = caught.value.problems
    assert sentence in str(problem).removeprefix(f"{tmp_path / FILE}:")
    assert problem.remedy.endswith((".", "?"))


def test_the_longest_day_is_one_that_may_be_written(tmp_path: Path) -> None:
    last = datetime.now(UTC).date() + timedelta(days=7)
    text = '[exemption]\nlongest = "7d"\n'
    assert settings(tmp_path, text + declaring(until=str(last))).exemption.declared
    with pytest.raises(ConfigurationError, match=r"Write .* or an earlier day"):
        settings(tmp_path, text + declaring(until=str(last + timedelta(days=2))))


def test_a_start_declares_what_the_file_says_and_warns_of_what_is_over(
    tmp_path: Path, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    over = date(2026, 3, 1)
    read = settings(tmp_path, declaring(until=str(over)) + declaring('alias = "x"'))
    declare_exemptions(read, database, datetime.now(UTC))
    store = ExemptionStore(database)
    assert [each.name for each in store.active()] == ["alias=x"]
    assert f"{FILE}: exemption.declared[1]: It ended on 2026-03-01 and exempts nothing any more." in caplog.text
    declare_exemptions(settings(tmp_path, ""), database, datetime.now(UTC))
    assert store.active() == []


def test_what_is_declared_lapses_though_the_file_still_names_it(tmp_path: Path, database: Database) -> None:
    read = settings(tmp_path, declaring('alias = "x"'))
    declare_exemptions(read, database, datetime.now(UTC))
    store = ExemptionStore(database)
    [held] = store.active()
    for _ in range(2):
        declare_exemptions(read, database, held.until + timedelta(seconds=1))
        ended = store.get(held.id)
        assert ended is not None
        assert ended.state is ExemptionState.LAPSED
