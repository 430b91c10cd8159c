"""A minimal app around one screen, with the app's own stylesheet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

import studybuddy.ui
from tests.ui.shown import lines_of

OPEN = object()
"""Stands for the result of a dialog that is still open."""


class DialogHost(App[None]):
    """Shows one dialog, and keeps its result and what was copied and told."""

    CSS_PATH = [
        str(Path(studybuddy.ui.__file__).with_name(name)) for name in ("styles.tcss", "study.tcss")
    ]

    def __init__(self, dialog: Screen[Any]) -> None:
        super().__init__()
        self.dialog = dialog
        self.result: Any = OPEN
        self.pilot: Pilot[None]

    def on_mount(self) -> None:
        self.push_screen(self.dialog, self._keep_result)

    def _keep_result(self, result: Any) -> None:
        self.result = result

    @asynccontextmanager
    async def open(self, size: tuple[int, int] = (80, 24)) -> AsyncIterator[DialogHost]:
        """Run the app."""
        async with self.run_test(size=size) as pilot:
            self.animation_level = "none"
            self.pilot = pilot
            await self.press()
            yield self

    async def press(self, *keys: str) -> None:
        """Press keys, and let everything happen that follows by itself."""
        await self.pilot.press(*keys)
        await self.pilot.pause()
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so."""
        try:
            async with asyncio.timeout(10):
                while not condition():  # noqa: ASYNC110
                    await asyncio.sleep(0.01)  # what comes may come from anywhere
        except TimeoutError:
            raise AssertionError(f"it never was so; on the screen was:\n{self.shown()}") from None

    async def click_on(self, text: str) -> None:
        """Click on a text that is on the screen, once no button is down any more."""
        await self.until(lambda: not self.screen.query("Button.-active"))
        for y, line in enumerate(self.shown().split("\n")):
            if text in line:
                await self.pilot.click(offset=(line.index(text), y))
                await self.press()
                return
        raise AssertionError(f"{text!r} is not in:\n{self.shown()}")

    def shown(self) -> str:
        """The text on the screen, without spaces at the ends of lines."""
        return "\n".join(line.rstrip() for line in lines_of(self.screen))
