"""The prompt in an editor of the student's own, while an answer goes on."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.student import CTRL_Q, PROMPT, WAIT, ask, server, studybuddy
from tests.support.usage_rows import usage_rows

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are for POSIX", allow_module_level=True)

EDITOR = """
import pathlib, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)  # as editors do, which read Ctrl+C as a key
print("EDITING", flush=True)
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.02)
file = pathlib.Path(sys.argv[2])
file.write_text(file.read_text() + " from outside\\n")
"""
ALT_O = "\x1bo"


def test_an_answer_goes_on_while_the_prompt_is_in_an_editor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, go = tmp_path / "editor.py", tmp_path / "go"
    script.write_text(EDITOR)
    monkeypatch.setenv("VISUAL", shlex.join([sys.executable, str(script), str(go)]))
    home = tmp_path / "home"
    with server(rate=100) as base_url, studybuddy(home, base_url) as terminal:
        terminal.wait_for(PROMPT, WAIT)
        ask(terminal, "What is respiration?")
        terminal.wait_for("A cell takes in glucose", WAIT)
        terminal.send("Words")
        terminal.wait_for("Words", WAIT)
        edits = terminal.send(ALT_O)
        terminal.wait_for_bytes(b"EDITING", edits.offset, WAIT)
        until = time.monotonic() + WAIT
        while not [row for row in usage_rows(home) if row.duration is not None]:
            assert time.monotonic() < until, "the answer did not come to its end"
            time.sleep(0.05)
        assert "Answered in" not in terminal.text()  # nothing was drawn over the editor
        terminal.send("\x03")  # of no concern to the app
        go.touch()
        terminal.wait_for("Words from outside", WAIT)
        terminal.wait_for("END-OF-ANSWER", WAIT)
        terminal.wait_for("Answered in", WAIT)
        terminal.send(" and more")
        terminal.wait_for("Words from outside and more", WAIT)
        terminal.send(CTRL_Q)
        assert terminal.wait(WAIT) == 0
        assert "Traceback" not in terminal.text()
