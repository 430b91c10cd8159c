"""A companion engine lives as long as an app does, and a little longer."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from studybuddy.engine.lifetime import (
    FINISHING,
    GRACE,
    any_app_alive,
    until_no_app_lives,
    watch_stdin,
)
from tests.engine.engines import ENOUGH


class Clock:
    """Time that passes by a step at each look."""

    def __init__(self, step: float) -> None:
        self.now = 0.0
        self.step = step
        self._looked = asyncio.Condition()
        self._telling: set[asyncio.Task[None]] = set()

    def __call__(self) -> float:
        self.now += self.step
        telling = asyncio.create_task(self._tell())
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
        return self.now

    async def reaches(self, time: float) -> None:
        """Wait until it is that late."""
        async with asyncio.timeout(ENOUGH), self._looked:
            await self._looked.wait_for(lambda: self.now >= time)

    async def _tell(self) -> None:
        async with self._looked:
            self._looked.notify_all()


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
    await clock.reaches(20 * GRACE)
    assert not watching.done()
    app.release()
    await watching


async def test_work_under_way_keeps_it_alive(tmp_path: Path) -> None:
    clock = Clock(GRACE / 3)
    await ended(tmp_path, clock, busy=lambda: clock.now < 10 * GRACE)
    assert clock.now >= 11 * GRACE - clock.step


async def test_what_can_wait_keeps_it_alive_until_it_is_done(tmp_path: Path) -> None:
    clock = Clock(GRACE / 3)
    await ended(tmp_path, clock, finishing=lambda: clock.now < 10 * GRACE)
    assert 11 * GRACE - clock.step <= clock.now < 12 * GRACE


async def test_what_can_wait_keeps_it_alive_for_some_minutes_only(
    app: FileLock, tmp_path: Path
) -> None:
    clock = Clock(GRACE)
    watching = asyncio.create_task(ended(tmp_path, clock, finishing=lambda: True))
    await clock.reaches(2 * FINISHING)  # as long as there is an app, no time is up
    app.release()
    released = clock.now
    await watching
    assert FINISHING <= clock.now - released <= FINISHING + 4 * GRACE


async def test_it_looks_at_once_when_its_starter_lets_go(tmp_path: Path, app: FileLock) -> None:
    gone, clock = asyncio.Event(), Clock(GRACE / 2)
    watching = asyncio.create_task(
        until_no_app_lives(tmp_path, gone, check_every=3600, clock=clock)
    )
    await clock.reaches(GRACE)  # it has looked, and seen the app
    app.release()
    gone.set()
    await asyncio.wait_for(watching, ENOUGH)


async def test_the_closing_of_standard_input_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = iter([b"ignored", b""])
    monkeypatch.setattr(os, "read", lambda *_: next(ends))
    gone = asyncio.Event()
    watch_stdin(gone)
    await asyncio.wait_for(gone.wait(), ENOUGH)
