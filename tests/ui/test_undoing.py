"""Deeds are undone last first, one at a time."""

from __future__ import annotations

import asyncio

import pytest

from studybuddy.domain.problems import Problem, ProblemKind, StudyBuddyError
from studybuddy.ui.undoing import Deed, Undoing


def slowly(name: str, undone: list[str]) -> Deed:
    """A deed whose undoing takes its time."""

    async def undo() -> None:
        await asyncio.sleep(0)
        undone.append(name)

    return Deed(f"{name} is back.", undo)


async def test_two_quick_undos_undo_two_deeds() -> None:
    undoing, undone = Undoing(), []
    for name in ("x", "y", "z"):
        undoing.done(slowly(name, undone))
    told = await asyncio.gather(undoing.undo(), undoing.undo())
    assert undone == ["z", "y"]
    assert told == ["z is back.", "y is back."]


async def test_what_can_not_be_undone_now_is_undone_later() -> None:
    undoing, tries = Undoing(), iter([True, False])

    async def undo() -> None:
        if next(tries):
            raise StudyBuddyError(Problem(ProblemKind.BAD_REQUEST, "Not now."))

    undoing.done(Deed("It is back.", undo))
    with pytest.raises(StudyBuddyError):
        await undoing.undo()
    assert await undoing.undo() == "It is back."
    assert await undoing.undo() is None


async def test_what_can_be_undone_no_more_says_so_and_is_forgotten() -> None:
    undoing = Undoing()

    async def undo() -> str:
        return "It is gone."

    undoing.done(Deed("It is back.", undo))
    assert await undoing.undo() == "It is gone."
    assert await undoing.undo() is None
