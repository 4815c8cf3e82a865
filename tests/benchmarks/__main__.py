"""`make bench`: the benchmarks, as Markdown on standard output."""

import os
import platform
import sys

from tests.benchmarks import clicking, scanning

REPORTS = (scanning.report, clicking.report)


def main() -> None:
    """Print each section as soon as it is measured."""
    print(f"# Benchmarks\n\nPython {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}\n")  # noqa: T201 - the report
    for report in REPORTS:
        for section in report():
            print(section)  # noqa: T201 - the report
            sys.stdout.flush()


if __name__ == "__main__":
    main()
