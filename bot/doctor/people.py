"""Those whom the settings name: approvers, who may see hidden accounts, owners."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.doctor.examination import Step
from bot.doctor.lines import Check, Line, Status, of_problem, ok
from bot.models.owners import Owner
from bot.owning import DISABLED, HAS_LEFT, NOBODY, NOT_A_PERSON, STRANGER
from bot.remarks import Remark, Weight

_STATUSES = {
    Weight.REFUSED: Status.FAILED,
    Weight.GRAVE: Status.FAILED,
    Weight.WARNING: Status.WARNING,
    Weight.UNREAD: Status.UNKNOWN,
    Weight.NOTE: Status.NOT_TESTED,
}
_WELL = {
    Check.APPROVERS: "All whom the rules name can act, and enough can approve.",
    Check.VISIBILITY: "All who may see hidden accounts are there.",
}
_SURE = frozenset({DISABLED, HAS_LEFT, NOBODY, NOT_A_PERSON, STRANGER})


@dataclass(frozen=True, slots=True)
class PeopleChecks:
    """Who is looked up. `remarks` looks at everybody whom the rules name, `unfound_owners` at the owners."""

    remarks: Callable[[], Sequence[Remark]]
    unfound_owners: Callable[[], Iterable[Owner]]
    owners_place: str

    def steps(self) -> list[Step]:
        return [
            Step(Check.APPROVERS, "approval.rule", self._rules),
            Step(Check.OWNERS, "owners.people", self._owners),
        ]

    def _rules(self) -> Iterator[Line]:
        remarks: dict[Check, list[Remark]] = {check: [] for check in _WELL}
        for each in self.remarks():
            is_of_sight = "visibility.rule" in each.problem.place
            remarks[Check.VISIBILITY if is_of_sight else Check.APPROVERS].append(each)
        for check, well in _WELL.items():
            yield from (of_problem(check, each.problem, _STATUSES[each.weight]) for each in remarks[check])
            if all(each.weight is Weight.NOTE for each in remarks[check]):
                yield ok(check, "the rules", well)

    def _owners(self) -> Iterator[Line]:
        unfound = list(self.unfound_owners())
        for owner in unfound:
            seen = f"Nobody is told of the keys of “{owner.text}”: {owner.why_not}."
            status = Status.WARNING if owner.why_not in _SURE else Status.UNKNOWN
            yield Line(Check.OWNERS, self.owners_place, status, seen, "Correct the id, or take the entry out.")
        if not unfound:
            yield ok(Check.OWNERS, self.owners_place, "Everybody who is named there is in Slack.")
