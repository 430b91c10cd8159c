"""The one argument that sessions get: its parts are made late, and once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from studybuddy.chat.limits import Keepers, Limits
from studybuddy.chat.unlimited import unlimited

SOON = 10
"""Seconds after which a test that hangs fails."""


def test_a_thread_and_the_loop_that_ask_at_once_get_the_same_parts() -> None:
    begun, go_on = Event(), Event()
    made: list[Keepers] = []

    def make() -> Keepers:
        begun.set()
        assert go_on.wait(SOON)
        made.append(unlimited())
        return made[-1]

    limits = Limits(make)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(lambda: limits.accounts)
        assert begun.wait(SOON)
        begun.clear()
        second = threads.submit(lambda: limits.accounts)
        again = begun.wait(0.1)  # the second one would begin to make them, too
        go_on.set()
        assert first.result(SOON) is second.result(SOON)
    assert not again
    assert len(made) == 1


async def test_limits_that_nobody_asked_for_are_not_made_on_leaving() -> None:
    def make() -> Keepers:
        raise AssertionError("nobody asked for them")

    await Limits(make).close()
