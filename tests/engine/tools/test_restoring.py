"""The variables of a thread had again, after the engine was started anew."""

from __future__ import annotations

import asyncio
import threading

import pytest

from studybuddy.engine.tools import interpreter as module
from studybuddy.engine.tools.sandbox import SandboxLimits
from tests.engine.tools.test_interpreter import QUICK, interpreters


async def test_earlier_code_is_run_again_to_restore_a_thread() -> None:
    async with interpreters() as running:
        await running.restore("t", ["x = 1\nprint('quiet')", "x += 1", "1 / 0", "y = x"])
        assert (await running.run("t", "x, y")).logs == "(2, 2)\n"
        await running.restore("t", ["x = 100"])  # they are there: nothing is done
        assert (await running.run("t", "x")).logs == "2\n"


async def test_a_thread_whose_code_left_nothing_is_known_all_the_same() -> None:
    async with interpreters(QUICK) as running:
        await running.run("a", "while True: pass")
        assert running.knows("a")
        assert not running.knows("b")
        await running.restore("b", ["while True: pass"])
        assert running.knows("b")
        await running.restore("b", ["x = 1"])  # nothing is run a second time
        assert "NameError" in (await running.run("b", "x")).error


async def test_restoring_ends_when_its_time_is_over_and_what_was_reached_is_kept() -> None:
    async with interpreters(SandboxLimits(seconds=60)) as running:
        await running.restore("t", ["x = 1", "while True: pass", "x = 2"], seconds=0.5)
        result = await running.run("t", "x")
        assert result.logs.startswith("[Not all variables and functions of earlier runs could")
        assert result.logs.endswith("]\n1\n")
        assert (await running.run("t", "x")).logs == "1\n"


async def test_restoring_that_is_cancelled_keeps_what_was_reached(
    printed: threading.Event,
) -> None:
    async with interpreters(SandboxLimits(seconds=60)) as running:
        codes = ["x = 1", "print('on')\nwhile True: pass"]
        restoring = asyncio.create_task(running.restore("t", codes))
        assert await asyncio.to_thread(printed.wait, 10)
        restoring.cancel()
        with pytest.raises(asyncio.CancelledError):
            await restoring
        assert running.knows("t")
        assert (await running.run("t", "x")).logs.endswith("]\n1\n")


async def test_what_was_too_large_to_be_kept_is_not_kept_by_restoring_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LARGEST_STATE", 100_000)
    async with interpreters() as running:
        await running.restore("t", ["x = 1", "x = 2\nbig = list(range(100_000))"])
        assert (await running.run("t", "x")).logs == "1\n"
