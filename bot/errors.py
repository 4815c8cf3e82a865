"""Errors that a person can mend."""

from collections.abc import Iterable
from dataclasses import dataclass


class UserError(Exception):
    """Something that a person can mend. Its text is a sentence for them; the terminal prints it and exits with 2."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in the configuration: where it stands, what is wrong, what to do. All are sentences."""

    place: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what} {self.remedy}"


class ConfigurationError(UserError):
    """All that is wrong in the configuration, at once; its text has a line for each problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
class UnknownProblem(Problem):
    """One thing that could not be found out: it may be well."""


        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
