"""How far a scan is, drawn on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.models.scans import Phase
from bot.models.scans import Progress as Course
from bot.rules.progress import keys_so_far, time_left

_NAMES = {
    Phase.LOOKING: "Looking for accounts",
    Phase.ENTERING: "Entering accounts",
    Phase.READING: "Reading keys",
}


@contextmanager
def progress_bar() -> Iterator[Callable[[Course], None]]:
    """Draw a bar, if standard error is a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(_NAMES[Phase.LOOKING], total=None, told="")

        def show(course: Course) -> None:
            done, total, told = _measure(course)
            bar.update(task, description=_NAMES[course.phase], completed=done, total=total, told=told)

        yield show


def _measure(course: Course) -> tuple[int, int | None, str]:
    match course.phase:
        case Phase.LOOKING:
            return 0, None, ""
        case Phase.ENTERING:
            return course.accounts_entered, course.accounts_found, "accounts"
        case Phase.READING:
            told = f"targets, {keys_so_far(course)}, {time_left(course.seconds_left)}"
            told += f", {course.remark}" if course.remark else ""
            return course.targets_done, course.targets_total, told
