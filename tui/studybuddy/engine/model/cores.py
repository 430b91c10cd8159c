"""How many threads a computation should have on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from math import ceil
from pathlib import Path

_TOPOLOGY = "topology/thread_siblings_list"


def usable_cores() -> int:
    """Physical cores that this process may use, at least 1.

    A second thread on a core only gets in the way of matrix products, and a container's limit
    on processor time counts as so many cores: threads that wait for each other in a loop must
    all be running at once.
    """
    cores = _physical_cores() or os.cpu_count() or 1
    quota = _container_quota()
    return max(1, min(cores, ceil(quota)) if quota else cores)


def _physical_cores() -> int:
    if sys.platform == "darwin":
        return _mac_cores()
    if hasattr(os, "sched_getaffinity"):
        allowed = os.sched_getaffinity(0)
        return _distinct_cores(Path("/sys/devices/system/cpu"), allowed) or len(allowed)
    return max(1, (os.cpu_count() or 1) // 2)  # most have two threads a core


def _distinct_cores(root: Path, cpus: Iterable[int]) -> int:
    """Cores behind these processors, by what the kernel says of who shares one; 0 if unsaid."""
    try:
        return len({(root / f"cpu{cpu}" / _TOPOLOGY).read_text().strip() for cpu in cpus})
    except OSError:
        return 0


def _mac_cores() -> int:
    """Performance cores: work spread on the slow ones too would wait for them."""
    for name in ("hw.perflevel0.physicalcpu", "hw.physicalcpu"):
        try:
            said = subprocess.run(
                ["/usr/sbin/sysctl", "-n", name], capture_output=True, timeout=2, check=True
            )
            return int(said.stdout)
        except (OSError, subprocess.SubprocessError, ValueError):
            continue
    return 0


def _container_quota(file: Path = Path("/sys/fs/cgroup/cpu.max")) -> float:
    """Processors that the control group allows, such as 1.5; 0 where it does not limit them."""
    try:
        quota, period = file.read_text().split()
        return 0.0 if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return 0.0
