"""Tokens and money, from the keyboard to the command line's sums."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.student import CTRL_Q, ENTER, PROMPT, WAIT, ask, server, studybuddy
from tests.support.usage_rows import usage_rows

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are for POSIX", allow_module_level=True)

CTRL_T, CHOOSES = "\x14", "Ctrl+T chooses"
MODEL = "scripted-model"
SETTINGS = f"""\
titles = "question"

[prices.{MODEL}]
input = 2.0
output = 10.0
context_window = 4000
max_output = 1000
[budgets]
conversation = "$0.0004"
"""


def told(home: Path, *arguments: str) -> str:
    """What the program prints for these arguments."""
    argv = [sys.executable, "-m", "studybuddy", *arguments]
    environ = {**os.environ, "STUDYBUDDY_HOME": str(home)}
    run = subprocess.run(argv, capture_output=True, text=True, env=environ, timeout=WAIT)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_what_is_told_while_typing_is_held_and_adds_up_afterwards(tmp_path: Path) -> None:
    settings = tmp_path / "config" / "settings.toml"
    settings.parent.mkdir()
    settings.write_text(SETTINGS)
    with (
        server(rate=500, chunks=6) as base_url,
        studybuddy(tmp_path, base_url, (140, 40), "--model", MODEL) as terminal,
    ):
        terminal.wait_for(PROMPT, WAIT)
        terminal.send("What is respiration?")
        terminal.wait_for("draft", WAIT)  # counted before anything was sent
        terminal.wait_for("of 4,000", WAIT)
        terminal.wait_for("$0.00", WAIT)
        terminal.send(ENTER)
        terminal.wait_for("conversation 9", WAIT)  # percent of the budget
        ask(terminal, "And why?")
        terminal.wait_for("budget", WAIT)
        assert len(usage_rows(tmp_path)) == 1  # nothing was sent
        terminal.wait_for(lambda screen: any("Lift" in line or CHOOSES in line for line in screen))
        if CHOOSES in terminal.text():
            terminal.send(CTRL_T)
        terminal.wait_for("Lift", WAIT)
        terminal.wait_until_quiet(0.5)
        terminal.send("l")
        terminal.wait_for("And why?", WAIT)
        terminal.wait_for("Answered in", WAIT)
        terminal.send(CTRL_Q)
        assert terminal.wait(WAIT) == 0
        assert "Traceback" not in terminal.text()
    rows = usage_rows(tmp_path)
    assert len(rows) == 2
    total = sum(row.cost or 0 for row in rows)
    assert total == sum(r.usage.prompt * 2000 + r.usage.completion * 10_000 for r in rows)
    sums = json.loads(told(tmp_path, "usage", "--by", "model", "--json"))
    (group,) = sums["groups"]
    assert group["model"] == MODEL
    assert group["prompt_tokens"] == sum(row.usage.prompt for row in rows)
    assert Decimal(group["cost_dollars"]) == Decimal(total) / 10**9
    assert sums["total"]["cost_dollars"] == group["cost_dollars"]
