"""`make bench`: the benchmarks, as Markdown on standard output.

make bench                              all of them, about twenty minutes
make bench ARGS="account --no-peers"    one section, without other tools
"""

import argparse
import os
import platform
from collections.abc import Callable, Iterator

from tests.benchmarks import tables
from tests.benchmarks.bench import Bench
from tests.benchmarks.sections import (
    account,
    answers,
    clicking,
    digesting,
    large,
    organisations,
    reading,
    sharing,
    trouble,
)

SECTIONS: dict[str, Callable[[Bench], Iterator[str]]] = {
    "account": account.report,
    "organisation": organisations.organisation,
    "empty": organisations.mostly_empty,
    "trouble": trouble.report,
    "growth": large.growth,
    "large": large.large,
    "answers": answers.report,
    "reads": reading.report,
    "digest": digesting.report,
    "clicks": clicking.report,
    "workers": sharing.report,
}
GROUPS = {"scan": ("account", "organisation", "empty", "trouble", "growth", "large", "answers")}


def main() -> None:
    """Print each section as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measures the bot beside other ways and tools.")
    parser.add_argument(
        "sections", nargs="*", metavar="SECTION", help=f"{', '.join((*SECTIONS, *GROUPS))}; all of them unless named"
    )
    parser.add_argument("--no-peers", action="store_true", help="leave Cloud Custodian and Prowler out")
    asked = parser.parse_args()
    names = [name for section in asked.sections or SECTIONS for name in GROUPS.get(section, (section,))]
    if missing := [name for name in names if name not in SECTIONS]:
        parser.error(f"there is no section {', '.join(missing)}; there are {', '.join((*SECTIONS, *GROUPS))}")
    for part in _report(Bench(with_peers=not asked.no_peers), dict.fromkeys(names)):
        print(part, flush=True)  # noqa: T201 - the report


def _report(bench: Bench, names: dict[str, None]) -> Iterator[str]:
    yield f"# Benchmarks\n\nPython {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}\n"
    pace, cpu = bench.load_the_fake()
    yield (
        f"The fake AWS is a process of its own. Without latency it answers {pace:,.0f} calls a second to a raw load, "
        f"with {cpu * 1e6:.0f} µs of CPU for each.\n"
    )
    for name in names:
        yield from SECTIONS[name](bench)
    if bench.busiest_second:
        yield (
            f"The most that was asked of the fake AWS were {bench.busiest_second:,.0f} calls a second: it answers "
            f"{bench.answers_a_second / bench.busiest_second:.0f} times as many.\n"
        )
    if bench.wanted:
        yield "## Wanted\n"
        yield tables.table(
            ("figure", "wanted", "measured", "reached"),
            ((each.what, each.wanted, each.measured, "yes" if each.is_reached else "**no**") for each in bench.wanted),
        )


if __name__ == "__main__":
    main()
