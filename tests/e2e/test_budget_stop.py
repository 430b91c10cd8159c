"""A budget that ends while the answer comes, from a server that minds no limit."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from studybuddy.domain.accounts import Outcome
from tests.e2e.student import CTRL_Q, ENTER, PROMPT, WAIT, server, studybuddy
from tests.support.usage_rows import usage_rows

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are for POSIX", allow_module_level=True)

SETTINGS = """\
[budgets]
request = "400 tokens"
"""


def test_the_answer_is_stopped_at_the_end_of_its_budget_and_what_came_is_kept(
    tmp_path: Path,
) -> None:
    settings = tmp_path / "config" / "settings.toml"
    settings.parent.mkdir()
    settings.write_text(SETTINGS)
    with (
        server(rate=500, chunks=2000) as base_url,
        studybuddy(tmp_path, base_url, (140, 40), "--model", "gpt-4o") as terminal,
    ):
        terminal.wait_for(PROMPT, WAIT)
        terminal.send("Why?")
        terminal.send(ENTER)
        terminal.wait_for("% of the request's budget of 400 tokens", WAIT)
        # The sentence goes on once the question is given back: the first of them may never be drawn.
        terminal.wait_for("Stopped: the request's budget of 400 tokens is used up", WAIT)
        terminal.send(CTRL_Q)
        assert terminal.wait(WAIT) == 0
        assert "Traceback" not in terminal.text()
    [row] = usage_rows(tmp_path)
    assert row.outcome is Outcome.STOPPED
    assert 400 <= row.usage.total <= 410
