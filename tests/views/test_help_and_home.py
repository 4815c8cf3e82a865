"""Help, and the Home tab."""

from dataclasses import replace

import pytest

from bot.models.home import HomePage, MyRequests, ScanRun
from bot.models.trail import SYSTEM
from bot.views import help as help_views
from bot.views.home import home
from handlers.commands import SUBCOMMANDS
from tests.store.samples import at
from tests.views.reading import lines
from tests.views.samples import (
    ORDINARY,
    every_request,
    posture_of,
    scan,
)


def test_help_knows_every_subcommand_and_no_other() -> None:
    assert {topic.name for topic in help_views.TOPICS} == set(SUBCOMMANDS)
    told = lines(help_views.overview())
    for topic in help_views.TOPICS:
        assert any(line.startswith(f"• /kms-rotation {topic.usage}  {topic.line}") for line in told)
        assert f"For example: /kms-rotation {topic.example}" in lines(help_views.about(topic))
        assert topic.usage.split()[0] == topic.example.split()[0] == topic.name


def test_a_notice_stands_above_the_help() -> None:
    shown = help_views.overview("There is no “stauts”. Did you mean `/kms-rotation status`?")
    assert lines(shown)[0] == "There is no “stauts”. Did you mean /kms-rotation status?"
    assert shown.text == "There is no “stauts”. Did you mean `/kms-rotation status`?"


def test_home_shows_how_the_keys_stand_and_what_waits() -> None:
    page = HomePage(posture_of(accounts=1), at(5), requests=MyRequests((every_request(ORDINARY)["pending"],)))
    shown = lines(home(page, {}))
    assert shown[0] == "1 key does not rotate as it should"
    assert "Waiting for you: 1 request" in shown
    assert shown[-1] == "/kms-rotation help says what else there is."


def test_home_before_the_first_scan() -> None:
    assert lines(home(HomePage(None, at(5)), {})) == [
        "KMS key rotation",
        "Nothing has been scanned yet. The first scan comes by itself.",
        "Nothing waits for you.",
        "/kms-rotation help says what else there is.",
    ]


@pytest.mark.parametrize(
    ("by", "told"), [("U0MARA", "by @U0MARA"), ("terminal:root", "by terminal:root"), (SYSTEM, "by itself")]
)
def test_home_mentions_whoever_began_a_scan_only_where_slack_knows_them(by: str, told: str) -> None:
    run = ScanRun(replace(scan(), started_by=by), keys=2, unread_keys=0)
    assert told in lines(home(HomePage(posture_of(accounts=1), at(5), runs=(run,)), {}))[-2]


def test_home_does_not_call_a_scan_whole_whose_coverage_is_not_kept() -> None:
    run = ScanRun(scan(), keys=2, unread_keys=1, unread_targets=None)
    told = lines(home(HomePage(posture_of(accounts=1), at(5), runs=(run,)), {}))[-2]
    assert told.endswith("2 keys; what it could not read is not kept any more")
