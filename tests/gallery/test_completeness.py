"""Nothing that the bot can show is missing from the gallery."""

import inspect
import pkgutil
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from typing import get_type_hints

import pytest

from bot import views
from bot.models.approval import RefusalReason
from bot.models.exemptions import ExemptionState
from bot.models.keys import Reason, Verdict
from bot.models.messages import Attachment, Rendered
from bot.models.on_demand import ObstacleReason
from bot.models.requests import ChangeKind, ChangeState, RequestState
from bot.models.scans import CoverageStatus
from bot.models.staffing import GroupState, Hindrance
from bot.models.trail import Act
from bot.views.parts import Element
from deploy.sandbox.gallery.registry import gallery
from deploy.sandbox.gallery.sample import Sample, Surface, name_of

PIECES = frozenset(
    {"age", "budget", "code", "form", "hidden", "kinds", "names", "parts", "price", "rows"}
    | {"moments", "naming", "pages", "rich", "sentences", "words"}
)
"""Modules of what views are made of."""

SHOWN = (Rendered, Attachment, Element)


def samples() -> Iterator[Sample]:
    return (sample for group in gallery().values() for sample in group)


def views_of_the_bot() -> Iterator[str]:
    """Every public function of a view's module that makes something to be shown."""
    for module in pkgutil.iter_modules(views.__path__):
        if module.name in PIECES:
            continue
        for name, function in inspect.getmembers(import_module(f"bot.views.{module.name}"), inspect.isfunction):
            is_own = function.__module__ == f"bot.views.{module.name}" and not name.startswith("_")
            if is_own and get_type_hints(function)["return"] in SHOWN:
                yield name_of(function)


def test_the_views_are_found() -> None:
    """If they were named or typed otherwise, the next test would look at nothing."""
    assert {"digest.digest", "digest.digest_file", "ask.ask", "home.home", "notice.say"} <= {*views_of_the_bot()}
    assert "key.read_rotation_value" not in {*views_of_the_bot()}


@pytest.mark.parametrize("view", [*views_of_the_bot()])
def test_every_view_hangs_there(view: str) -> None:
    assert view in {sample.view for sample in samples()}


@pytest.mark.parametrize(
    "member",
    [
        member
        for kind in (
            Reason,
            Verdict,
            RequestState,
            ChangeState,
            RefusalReason,
            ObstacleReason,
            ChangeKind,
            ExemptionState,
            CoverageStatus,
            Act,
            Surface,
            Hindrance,
            GroupState,
        )
        for member in kind
    ],
    ids=str,
)
def test_every_state_and_reason_hangs_there(member: Enum) -> None:
    assert any(member in sample.covers or member is sample.surface for sample in samples())


def test_every_sample_has_words_about_it() -> None:
    assert [sample.name for sample in samples() if not sample.shows] == []


def test_every_view_that_shows_names_is_seen_with_names_of_every_kind() -> None:
    without = {
        "ask.asking",
        "help.overview",
        "help.about",
        "digest.digest_file",
        "scan.finished",
        "scan.failed",
        "routes.route_checking",
        "home.refused",
        "snooze.told",
        "rules.rules",
        "trouble.trouble",
        "trouble.over",
        "trouble.without_file",
        "settings.settings_differ",
    }
    for view in {*views_of_the_bot()} - without - {"ask.declined"}:
        names = " ".join(sample.name for sample in samples() if sample.view == view)
        assert all(kind in names for kind in ("very long", "right to left", "emoji", "hostile")), view
