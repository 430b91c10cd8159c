"""The model's process is looked after: loaded, missed, started again, given up, ended."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from studybuddy.engine.errors import ApiError
from studybuddy.engine.model.process import CRASH_WINDOW, MAX_CRASHES, ModelPhase, ModelProcess
from tests.engine.built_in import until
from tests.engine.scripted_child import KEY

CHILD = str(Path(__file__).with_name("scripted_child.py"))
NO_WAIT = (0.0,)

Make = Callable[..., ModelProcess]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    """Makes processes that are ended with the test."""
    made: list[ModelProcess] = []

    def one(*arguments: str, **options: object) -> ModelProcess:
        command = [sys.executable, CHILD, *arguments]
        made.append(ModelProcess(command, **{"backoff": NO_WAIT, **options}))  # type: ignore[arg-type]
        return made[-1]

    yield one
    for process in made:
        await process.close()


async def test_it_is_started_by_the_first_who_asks_and_only_once(
    make: Make, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    process = make("--starts", str(starts), "serve", "4711")
    assert process.state.phase is ModelPhase.OFF
    first, second = await asyncio.gather(process.address(), process.address())
    assert first == second
    assert (first.port, first.key) == (4711, KEY)
    assert process.state.phase is ModelPhase.READY
    assert len(starts.read_text().splitlines()) == 1


async def test_the_key_is_in_no_text_about_the_address(make: Make) -> None:
    assert KEY not in repr(await make("serve", "1").address())


async def test_who_asks_while_it_loads_waits_for_it(make: Make, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    process = make("slow", str(gate), "4711")
    process.start()
    asking = asyncio.create_task(process.address())
    await until(lambda: process.pid is not None)
    assert process.state.phase is ModelPhase.LOADING
    gate.touch()
    assert (await asking).port == 4711


async def test_patience_ends_with_an_error_that_says_loading(make: Make, tmp_path: Path) -> None:
    process = make("slow", str(tmp_path / "never"), "4711")
    with pytest.raises(ApiError) as caught:
        await process.address(patience=0.05)
    assert (caught.value.status, caught.value.code) == (503, "model_loading")
    assert "Retry-After" in caught.value.headers


@pytest.mark.skipif(os.name != "posix", reason="signals")
async def test_a_killed_process_is_started_again(make: Make, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    process = make("--starts", str(starts), "serve", "4711")
    await process.address()
    killed = process.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    await until(lambda: process.pid not in (None, killed))
    assert (await process.address()).port == 4711
    assert len(starts.read_text().splitlines()) == 2


async def test_it_is_given_up_after_some_crashes_in_a_row(
    make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    starts = tmp_path / "starts"
    process = make("--starts", str(starts), "crash")
    with pytest.raises(ApiError, match=f"crashed {MAX_CRASHES} times") as caught:
        await process.address()
    assert (caught.value.status, caught.value.code) == (500, "model_failed")
    assert process.state.phase is ModelPhase.FAILED
    assert len(starts.read_text().splitlines()) == MAX_CRASHES
    assert "its last words" in caplog.text


async def test_crashes_that_are_far_apart_do_not_make_it_give_up(
    make: Make, tmp_path: Path
) -> None:
    starts, clock = tmp_path / "starts", Clock()

    def later() -> float:
        clock.now += CRASH_WINDOW
        return clock.now

    process = make("--starts", str(starts), "crash", clock=later)
    process.start()
    await until(lambda: starts.exists() and len(starts.read_text().splitlines()) > MAX_CRASHES + 1)
    assert process.state.phase is not ModelPhase.FAILED


async def test_after_giving_up_a_later_request_tries_again(make: Make, tmp_path: Path) -> None:
    starts, clock = tmp_path / "starts", Clock()
    process = make("--starts", str(starts), "crash", clock=clock, cooldown=10.0)
    with pytest.raises(ApiError):
        await process.address()
    with pytest.raises(ApiError):
        await process.address()
    assert len(starts.read_text().splitlines()) == MAX_CRASHES
    clock.now += 10
    with pytest.raises(ApiError):
        await process.address()
    assert len(starts.read_text().splitlines()) == 2 * MAX_CRASHES


async def test_a_child_that_declares_itself_unable_is_not_tried_again(
    make: Make, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    process = make("--starts", str(starts), "declare", "This is no model.")
    with pytest.raises(ApiError, match=r"This is no model\.") as caught:
        await process.address()
    assert caught.value.status == 500
    assert len(starts.read_text().splitlines()) == 1


async def test_a_program_that_is_not_there_is_told() -> None:
    process = ModelProcess(["/there/is/no/such/program"])
    with pytest.raises(ApiError, match="can't be started"):
        await process.address()
    await process.close()


async def test_closing_ends_the_child_also_while_it_loads(make: Make, tmp_path: Path) -> None:
    for arguments in (("serve", "1"), ("slow", str(tmp_path / "never"), "1")):
        process = make(*arguments)
        process.start()
        await until(lambda process=process: process.pid is not None)  # type: ignore[misc]
        assert process.pid is not None
        child = psutil.Process(process.pid)
        await process.close()
        assert not child.is_running()
        assert process.state.phase is ModelPhase.OFF
