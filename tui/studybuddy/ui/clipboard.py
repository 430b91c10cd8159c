"""Copying to the clipboard, by the terminal and by the platform's own tool, and saying how."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from studybuddy.ui.token_words import many
from studybuddy.ui.workers import start

if TYPE_CHECKING:
    from textual.app import App

_TOOLS = {
    "copy_wl": "wl-copy",
    "copy_xclip": "xclip",
    "copy_xsel": "xsel",
    "copy_klipper": "Klipper",
    "copy_osx_pbcopy": "pbcopy",
    "copy_osx_pyobjc": "macOS",
    "copy_windows": "Windows",
    "copy_wsl": "Windows",
    "copy_dev_clipboard_cygwin": "Windows",
}


def copy(app: App[None], text: str, what: str) -> None:
    """Copy a text, and tell what was copied and by what.

    Of a terminal nobody can know whether it took the text: OSC 52 has no answer. So the platform's
    tool is used as well, but not over SSH, where it would be that of the other machine.
    """
    app.copy_to_clipboard(text)
    start(app.screen, partial(_finish, app, text, what), "clipboard")


async def _finish(app: App[None], text: str, what: str) -> None:
    if app.is_web:  # the page has it, or offers it at a click; the tool is the server's
        how = "to the browser's clipboard"
    else:
        tool = "" if app.is_headless else await asyncio.to_thread(by_tool, text, os.environ)
        how = f"by {tool} and the terminal" if tool else "by the terminal (OSC 52)"
    size = many(len(text), "character")
    app.notify(f"Copied the {what}: {size}, {how}.", timeout=4, markup=False)


def by_tool(text: str, environ: Mapping[str, str]) -> str:
    """Copy by the platform's tool, which may take a moment; its name, empty where none did it."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return ""
    import pyperclip

    put, _ = pyperclip.determine_clipboard()
    name = _TOOLS.get(getattr(put, "__name__", ""), "")
    if not name:
        return ""
    try:
        put(text)
    except (pyperclip.PyperclipException, OSError):
        return ""
    return name
