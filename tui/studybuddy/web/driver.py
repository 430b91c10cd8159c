"""What the app draws on and hears by, where a browser page shows it."""

from __future__ import annotations

import contextlib
import os
from functools import partial
from typing import Any

from textual import messages
from textual.app import App
from textual.drivers.web_driver import WebDriver


class BrowserDriver(WebDriver):
    """Textual's own, that writes whole packets and ends the app when the server is gone."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        """Take what Textual gives its drivers."""
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._write = partial(self._write_all)

    def _write_all(self, data: bytes, /) -> int:
        """Write all of it: a signal may cut a write short, and a torn packet ends the page."""
        left = memoryview(data)
        with contextlib.suppress(BrokenPipeError):  # nobody looks any more; the input ends, too
            while left:
                left = left[os.write(self.fileno, left) :]
        return len(data)

    def run_input_thread(self) -> None:
        """Hear the page until the server closes the pipe; no app outlives the server."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._app.post_message(messages.ExitApp())
