"""How many processes are worth having on this machine."""

import os
from pathlib import Path

MOST = 4
"""Each takes some 110 MiB and a core; past these few, the database is what a scan waits for."""

CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")
"""`200000 100000`: so many microseconds of CPU in each so many. https://docs.kernel.org/admin-guide/cgroup-v2.html"""


def usual_processes(cgroup_limit: Path = CGROUP_LIMIT) -> int:
    """Return the number of cores that this process may use, a container's limit included, and no more than MOST."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, MOST, _cores_of_the_container(cgroup_limit)))


def _cores_of_the_container(limit: Path) -> int:
    try:
        quota, period = limit.read_text(encoding="ascii").split()
        return MOST if quota == "max" else int(quota) // int(period)
    except (OSError, ValueError):  # no such limit is known
        return MOST
