"""A companion engine lives as long as an app does, and a little longer."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from studybuddy.engine.lifetime import GRACE, any_app_alive, until_no_app_lives, watch_stdin
from tests.engine.engines import ENOUGH


class Clock:
    """Time that passes by a step at each look."""

    def __init__(self, step: float) -> None:
        self.now = 0.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@pytest.fixture
def app(tmp_path: Path) -> Iterator[FileLock]:
    """An app that runs; `release` ends it."""
    lock = FileLock(tmp_path / "app.lock", thread_local=False)
    lock.acquire()
    yield lock
    lock.release()


def test_an_app_is_alive_while_it_holds_its_lock(app: FileLock, tmp_path: Path) -> None:
    assert any_app_alive(tmp_path)
    app.release()
    assert not any_app_alive(tmp_path)
    assert Path(app.lock_file).exists()  # whose removal is left to the apps


def test_no_folder_means_no_app(tmp_path: Path) -> None:
    assert not any_app_alive(tmp_path / "nothing")


async def ended(tmp_path: Path, clock: Clock, **options: object) -> None:
    watching = until_no_app_lives(
        tmp_path,
        asyncio.Event(),
        check_every=0.001,
        clock=clock,
        **options,  # type: ignore[arg-type]
    )
    await asyncio.wait_for(watching, ENOUGH)


async def test_it_waits_for_an_app_to_come_before_it_ends(tmp_path: Path) -> None:
    clock = Clock(GRACE / 10)
    await ended(tmp_path, clock)
    assert clock.now >= GRACE


async def test_it_lives_while_any_app_does(app: FileLock, tmp_path: Path) -> None:
    clock = Clock(GRACE)  # each look would be the last, were it not for the app
    watching = asyncio.create_task(ended(tmp_path, clock))
    async with asyncio.timeout(ENOUGH):
        while True:
            if clock.now > 20 * GRACE:
                break
            await asyncio.sleep(0.001)
    assert not watching.done()
    app.release()
    await watching


async def test_work_under_way_keeps_it_alive(tmp_path: Path) -> None:
    clock = Clock(GRACE / 3)
    await ended(tmp_path, clock, busy=lambda: clock.now < 10 * GRACE)
    assert clock.now >= 11 * GRACE - clock.step


async def test_it_looks_at_once_when_its_starter_lets_go(tmp_path: Path, app: FileLock) -> None:
    gone, clock = asyncio.Event(), Clock(GRACE / 2)
    watching = asyncio.create_task(
        until_no_app_lives(tmp_path, gone, check_every=3600, clock=clock)
    )
    async with asyncio.timeout(ENOUGH):
        while True:
            if clock.now >= GRACE:  # it has looked, and seen the app
                break
            await asyncio.sleep(0.001)
    app.release()
    gone.set()
    await asyncio.wait_for(watching, ENOUGH)


async def test_the_closing_of_standard_input_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = iter([b"ignored", b""])
    monkeypatch.setattr(os, "read", lambda *_: next(ends))
    gone = asyncio.Event()
    watch_stdin(gone)
    await asyncio.wait_for(gone.wait(), ENOUGH)
