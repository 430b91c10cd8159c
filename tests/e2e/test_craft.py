"""Versions, search and goodbye, by key, over a restart, in a real terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.e2e.student import CTRL_Q, ENTER, PROMPT, WAIT, server, studybuddy

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are for POSIX", allow_module_level=True)

ALT_R, ALT_LEFT, ALT_Z, CTRL_F, F6 = "\x1br", "\x1b[1;3D", "\x1bz", "\x06", "\x1b[17~"


def test_a_second_version_is_made_walked_found_deleted_and_kept_over_a_restart(
    tmp_path: Path,
) -> None:
    with server(rate=500, chunks=6) as base_url:
        with studybuddy(tmp_path, base_url, (120, 40), "--model", "gpt-4o") as terminal:
            terminal.wait_for(PROMPT, WAIT)
            terminal.send("What is respiration?")
            terminal.send(ENTER)
            terminal.wait_for("Answered in", WAIT)
            terminal.send(ALT_R)
            terminal.wait_for("How shall it be answered?", WAIT)
            terminal.send("1")
            terminal.wait_for("2/2 · simpler", WAIT)
            terminal.wait_for("Answered in", WAIT)
            terminal.send(ALT_LEFT)
            terminal.wait_for("Study Buddy · 1/2", WAIT)
            terminal.send(CTRL_Q)
            assert terminal.wait(WAIT) == 0
            assert "Goodbye! This session: 2 requests" in terminal.text()
        with studybuddy(tmp_path, base_url, (120, 40), "--model", "gpt-4o") as terminal:
            terminal.wait_for("Study Buddy · 1/2", WAIT)
            terminal.send(CTRL_F)
            terminal.wait_for("Find in all conversations", WAIT)
            terminal.send("part zebra")
            terminal.wait_for("Nothing was found.", WAIT)
            terminal.send("\x7f" * 6)
            terminal.wait_for("2 hits", WAIT)
            terminal.send("\x1b")
            terminal.wait_for(PROMPT, WAIT)
            terminal.send(F6)
            terminal.send("\x1b[A")  # up, to the answer
            terminal.send("d")
            terminal.wait_for("brings it back", WAIT)
            terminal.send(ALT_Z)
            terminal.wait_for("What was deleted is back.", WAIT)
            terminal.wait_for("Study Buddy · 1/2", WAIT)
            terminal.send(CTRL_Q)
            assert terminal.wait(WAIT) == 0
            assert "Traceback" not in terminal.text()
