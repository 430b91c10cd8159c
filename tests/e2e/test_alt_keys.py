"""Keys with Alt held down, in a real terminal: one screen opens, and nothing is typed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.e2e.student import CTRL_Q, PROMPT, WAIT, server, studybuddy
from tests.support.terminal import Terminal

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are for POSIX", allow_module_level=True)

ESCAPE, ALT_P, ALT_S, DOWN = "\x1b", "\x1bp", "\x1bs", "\x1b[B"


def leave(terminal: Terminal, dialog: str) -> None:
    terminal.send(ESCAPE)
    terminal.wait_for(lambda lines: not any(dialog in line for line in lines), WAIT)
    terminal.wait_for(PROMPT, WAIT)  # shown where the prompt is empty


def test_a_key_with_alt_held_down_opens_one_screen_and_types_nothing(tmp_path: Path) -> None:
    with (
        server() as base_url,
        studybuddy(tmp_path, base_url, (100, 30), "--model", "gpt-4o") as terminal,
    ):
        terminal.wait_for(PROMPT, WAIT)
        terminal.send(ALT_S + DOWN)
        terminal.wait_for("Settings", WAIT)
        leave(terminal, "searches")
        terminal.send(ALT_P * 30)
        terminal.wait_for("Who answers in", WAIT)
        leave(terminal, "searches")
        terminal.send(CTRL_Q)
        assert terminal.wait(WAIT) == 0
        assert "Traceback" not in terminal.text()
