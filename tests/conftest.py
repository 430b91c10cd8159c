"""What holds for all tests."""

from __future__ import annotations

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
