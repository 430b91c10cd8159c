"""The screen-reader mode in a real terminal: its own cursor is shown, and goes with the focus."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.e2e.student import CTRL_Q, PROMPT, WAIT, ask, server, studybuddy

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are for POSIX", allow_module_level=True)

F6, F12, DOWN = "\x1b[17~", "\x1b[24~", "\x1b[B"


def test_the_cursor_of_the_terminal_is_at_the_focus(tmp_path: Path) -> None:
    settings = tmp_path / "config" / "settings.toml"
    settings.parent.mkdir()
    settings.write_text('titles = "question"\nscreen_reader = true\n')
    with server() as base_url, studybuddy(tmp_path, base_url) as terminal:
        terminal.wait_for(PROMPT, WAIT)
        terminal.wait_for(lambda lines: on(lines, terminal.cursor, PROMPT), WAIT)
        ask(terminal, "What is respiration?")
        terminal.wait_for("Answered in", WAIT)
        assert "You:" in terminal.text()
        terminal.send(F12)
        terminal.wait_for(lambda lines: on(lines, terminal.cursor, "1. Built-in"), WAIT)
        terminal.send(DOWN)
        terminal.wait_for(lambda lines: on(lines, terminal.cursor, "2. "), WAIT)
        terminal.send("\x1b")
        terminal.wait_for(lambda lines: on(lines, terminal.cursor, PROMPT), WAIT)
        terminal.send(CTRL_Q)
        assert terminal.wait(WAIT) == 0


def on(lines: list[str], cursor: tuple[int, int] | None, text: str) -> bool:
    """Whether the cursor is shown, in the line that has the text."""
    return cursor is not None and text in lines[cursor[1]]
