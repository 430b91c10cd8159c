"""What the tests with the real model share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psutil
import pytest

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.engine.weights import check_runtime, find_weights
from tests.engine.engines import ENOUGH


def built_in_model_is_missing() -> str:
    """Why the built-in model can't run here; empty where it can."""
    try:
        check_runtime()
        find_weights()
    except StudyBuddyError as error:
        return str(error)
    return ""


needs_model = pytest.mark.skipif(
    bool(built_in_model_is_missing()), reason=built_in_model_is_missing()
)


async def until(condition: Callable[[], bool] | Callable[[], Awaitable[bool]]) -> None:
    """Wait for what must come true in the end."""
    async with asyncio.timeout(ENOUGH):
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.02)


def native_child(pid: int) -> psutil.Process | None:
    """The process with the model, below an engine's."""
    for child in psutil.Process(pid).children():
        try:
            if "studybuddy.engine.model.native" in child.cmdline():
                return child
        except psutil.Error:
            continue
    return None


def is_gone(process: psutil.Process) -> bool:
    """Whether it has ended; one that no one has waited for yet counts as ended."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
