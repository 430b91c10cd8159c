"""What holds for all tests."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.support.bytecode import keep_bytecode


def pytest_configure(config: pytest.Config) -> None:
    """Have the processes that tests start find compiled modules, and Hypothesis take its time."""
    if config.cache is not None:
        keep_bytecode(config.cache.mkdir("bytecode"))  # before the first large import

    from hypothesis import settings

    # A deadline for each example would be a test of the clock, and these machines are noisy.
    settings.register_profile("studybuddy", deadline=None)
    settings.load_profile("studybuddy")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are cores, for tests wait too: for processes and for frames."""
    named = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS", "")
    return int(named) if named.isdecimal() else (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let a worker that is done take over from others, unless another way was asked for."""
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)
