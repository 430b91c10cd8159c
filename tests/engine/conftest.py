"""What holds for all tests of the engine."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def one_thread_beside_other_tests() -> Iterator[None]:
    """Let the built-in model read with one thread where tests run beside each other.

    Its threads wait for each other in a loop, which takes ten times as long where they do not
    all have a core.
    """
    with pytest.MonkeyPatch.context() as patch:
        if "PYTEST_XDIST_WORKER" in os.environ:
            patch.setattr("studybuddy.engine.assembly.usable_cores", lambda: 1)
        yield
