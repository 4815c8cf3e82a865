"""Errors that a person can mend."""

from collections.abc import Iterable
from dataclasses import dataclass


class UserError(Exception):
    """Something that a person can mend. Its text is a sentence for them; the terminal prints it and exits with 2."""


class DatabaseAwayError(UserError):
    """The database cannot be used just now. What was to be done in that transaction was not done."""


class ScanEndedError(UserError):
    """A scan was ended by somebody else, and nothing more is written down for it."""

    def __init__(self) -> None:
        super().__init__(
            "Another process of the bot took this scan for lost and ended it. What was read is kept; scan again."
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in the configuration: where it stands, what is wrong, what to do. All are sentences."""

    place: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what} {self.remedy}"


class UnknownProblem(Problem):
    """One thing that could not be found out: it may be well."""


class ConfigurationError(UserError):
    """All that is wrong in the configuration, at once; its text has a line for each problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
