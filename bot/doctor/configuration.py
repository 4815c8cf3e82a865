"""The configuration: all that is wrong with it, as at a start."""

from collections.abc import Iterable

from bot.doctor.lines import Check, Line, of_problem, ok
from bot.errors import Problem


def configuration_lines(problems: Iterable[Problem]) -> list[Line]:
    found = [of_problem(Check.CONFIGURATION, problem) for problem in problems]
    return found or [ok(Check.CONFIGURATION, "environment and file", "Everything that a start needs is set and sound.")]


def signing_secret_line(*, is_set: bool) -> list[Line]:
    """Say that it is there. Where it is not, that is an error of the configuration already."""
    seen = "It is set. Whether it is this app's only shows in a request of Slack's."
    return [ok(Check.SIGNING_SECRET, "SLACK_SIGNING_SECRET", seen)] if is_set else []
