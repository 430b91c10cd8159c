"""A screen that opens dialogs of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual import work
from textual.screen import ScreenResultType

from studybuddy.ui.screens.dialog import Dialog


class AskingScreen(Dialog[ScreenResultType]):
    """Asks one thing at a time: a held key opens one dialog, not many."""

    _asking = False

    @work(group="asking", exit_on_error=False)
    async def once(self, ask: Callable[[], Awaitable[None]]) -> None:
        """Do something that may wait for a dialog, unless that is being done."""
        if self._asking:
            return
        self._asking = True
        try:
            await ask()
        finally:
            self._asking = False
