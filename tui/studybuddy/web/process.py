"""One app, running for one page."""

from __future__ import annotations

import asyncio
import contextlib
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence

from aiohttp import WSCloseCode, web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

PATIENCE = 5.0
"""Seconds that an app is given to end when it is asked to, and again when it is told to."""
FAILED = 4000
"""Code that closes a page's socket where the app did not end well."""
_DRIVER = "studybuddy.web.driver:BrowserDriver"
_STARTED = b"__GANGLION__\n"
_NOT_STARTED = "Study Buddy could not start. The terminal of “studybuddy web” says why."
_FAILED = "Study Buddy ended unexpectedly. Everything that came is kept."
_TERMINALS = ("KITTY_", "WEZTERM_", "ITERM_", "ALACRITTY_", "GHOSTTY_", "VTE_", "WT_", "KONSOLE_")
"""Variables of the terminal in which the server runs; the page is none of these."""


class AppProcess(AppService):
    """Runs the app, and closes the page's socket when it has ended.

    What the app says on its standard error goes to the server's.
    """

    def __init__(
        self, argv: Sequence[str], websocket: web.WebSocketResponse, downloads: DownloadManager
    ) -> None:
        """Take what is run, the socket of its page, and what hands files to pages."""
        super().__init__(
            argv[0],
            write_bytes=websocket.send_bytes,
            write_str=websocket.send_str,
            close=self._closed_at_its_end,
            download_manager=downloads,
        )
        self._argv = argv
        self._websocket = websocket

    async def _closed_at_its_end(self) -> None:
        """Leave the socket open: it is closed when the process is over, and with the reason."""

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        environment = {
            name: value
            for name, value in super()._build_environment(width, height).items()
            if not name.startswith(_TERMINALS)
        }
        return environment | {"TEXTUAL_DRIVER": _DRIVER}

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """Start it in a session of its own: Ctrl+C is for the server, which ends it in order."""
        self._process = await asyncio.create_subprocess_exec(
            *self._argv,
            stdin=PIPE,
            stdout=PIPE,
            env=self._build_environment(width, height),
            start_new_session=os.name != "nt",
        )
        self._stdin = self._process.stdin
        return self._process

    async def run(self) -> None:
        """Pass on what the app writes until it has ended, then close the socket."""
        process = self._process
        assert process is not None
        assert process.stdout is not None
        started = await _prelude(process.stdout)
        with contextlib.suppress(asyncio.IncompleteReadError):
            while started:
                kind = await process.stdout.readexactly(1)
                size = int.from_bytes(await process.stdout.readexactly(4), "big")
                packet = await process.stdout.readexactly(size)
                # Without a page it is still read: the app would wait for room in the pipe forever.
                with contextlib.suppress(ConnectionError):
                    await self._pass_on(kind, packet)
        code = await process.wait()
        if not started and code:
            await self._close(FAILED, _NOT_STARTED)
        elif code:
            await self._close(FAILED, _FAILED)
        else:
            await self._close(WSCloseCode.OK, "")

    async def _pass_on(self, kind: bytes, packet: bytes) -> None:
        if kind == b"D":
            await self.on_data(packet)
        elif kind == b"M":
            await self.on_meta(packet)
        elif kind == b"P":
            await self.on_packed(packet)

    async def _close(self, code: int, reason: str) -> None:
        await self._websocket.close(code=code, message=reason.encode())

    async def stop(self) -> None:
        """Ask the app to end and wait until it has; where it does not, end it."""
        process, task = self._process, self._task
        if process is None or task is None:
            return
        await self._download_manager.cancel_app_downloads(app_service_id=self.app_service_id)
        await self.send_meta({"type": "quit"})
        for end in (process.terminate, process.kill, None):
            try:
                async with asyncio.timeout(PATIENCE):
                    await asyncio.shield(task)
                break
            except TimeoutError:
                if end is not None:
                    with contextlib.suppress(ProcessLookupError):
                        end()


async def _prelude(stdout: asyncio.StreamReader) -> bool:
    """Read up to where the app begins to draw; whether it came that far."""
    while line := await stdout.readline():
        if line == _STARTED:
            return True
    return False
