"""The program as it is started, in a pseudo-terminal, with a keyboard."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from studybuddy.domain.accounts import Outcome
from tests.e2e.student import (
    CTRL_Q,
    ENTER,
    PROMPT,
    WAIT,
    all_end,
    ask,
    engines,
    has_built_in,
    server,
    studybuddy,
)
from tests.support.usage_rows import under_way, usage_rows

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are for POSIX", allow_module_level=True)


def test_a_question_is_answered_and_the_terminal_is_left_clean(tmp_path: Path) -> None:
    with server() as base_url, studybuddy(tmp_path, base_url) as terminal:
        terminal.wait_for(PROMPT, WAIT)
        ask(terminal, "What is respiration?")
        terminal.wait_for("END-OF-ANSWER", WAIT)
        terminal.wait_for("Answered in", WAIT)
        terminal.send(CTRL_Q)
        assert terminal.wait(WAIT) == 0
        assert "Traceback" not in terminal.text()


def test_what_was_seen_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    with server(rate=40, chunks=2000) as base_url:
        with studybuddy(tmp_path, base_url) as terminal:
            terminal.wait_for(PROMPT, WAIT)
            ask(terminal, "What is respiration?")
            terminal.wait_for("A cell takes in glucose", WAIT)
            terminal.wait_for("2 ATP and 2 NADH", WAIT)  # 60 chunks later, more than a second
            before = under_way(tmp_path, WAIT)
            terminal.kill(signal.SIGKILL)
            terminal.wait(WAIT)
        (row,) = usage_rows(tmp_path)
        assert (row.id, row.outcome) == (before.id, Outcome.INTERRUPTED)
        assert (row.reported, row.duration) == (False, None)
        assert row.usage.prompt > 10
        assert row.usage.completion >= before.usage.completion > 0
        with studybuddy(tmp_path, base_url) as terminal:
            terminal.wait_for("interrupted", WAIT)
            assert "A cell takes in glucose" in terminal.text()
            terminal.send(CTRL_Q)
            assert terminal.wait(WAIT) == 0


def test_two_instances_share_one_folder(tmp_path: Path) -> None:
    with server() as base_url, studybuddy(tmp_path, base_url) as one:
        one.wait_for(PROMPT, WAIT)
        with studybuddy(tmp_path, base_url, (100, 30), "--new") as two:
            two.wait_for(PROMPT, WAIT)
            ask(one, "From the first?")
            ask(two, "From the second?")
            one.wait_for("Answered in", WAIT)
            two.wait_for("Answered in", WAIT)
            for terminal in (one, two):
                terminal.send(CTRL_Q)
                assert terminal.wait(WAIT) == 0
    with studybuddy(tmp_path, "http://127.0.0.1:9/v1", (140, 40)) as third:
        third.wait_for("From the first?", WAIT)
        third.wait_for("From the second?", WAIT)


def test_a_broken_settings_file_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    settings = tmp_path / "config" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('theme = "nord\nendpoint = 3')
    with studybuddy(tmp_path, "http://127.0.0.1:9/v1") as terminal:
        terminal.wait_for(PROMPT, WAIT)
        terminal.wait_for("settings", WAIT)
        terminal.send(CTRL_Q)
        assert terminal.wait(WAIT) == 0
    assert settings.read_text() == 'theme = "nord\nendpoint = 3'


def test_a_server_that_is_gone_is_a_sentence_and_the_question_comes_back(tmp_path: Path) -> None:
    with studybuddy(tmp_path, "http://127.0.0.1:9/v1") as terminal:
        terminal.wait_for(PROMPT, WAIT)
        ask(terminal, "Anybody there?")
        terminal.wait_for("Is the model server", WAIT)
        terminal.wait_for("│ Anybody there?", WAIT)
        terminal.send(CTRL_Q)
        assert terminal.wait(WAIT) == 0


def prompt_is_as_wide_as_the_terminal(screen: list[str]) -> bool:
    return any(line.endswith("╮") for line in screen[-6:])


def test_resizing_while_it_streams_keeps_the_app_whole(tmp_path: Path) -> None:
    with server(rate=100, chunks=300) as base_url, studybuddy(tmp_path, base_url) as terminal:
        terminal.wait_for(PROMPT, WAIT)
        ask(terminal, "What is respiration?")
        terminal.wait_for("Answering", WAIT)
        for columns, rows in ((80, 24), (140, 40), (60, 20), (100, 30)):
            terminal.resize(columns, rows)
            terminal.wait_for(prompt_is_as_wide_as_the_terminal, WAIT)
        terminal.wait_for("END-OF-ANSWER", WAIT)
        terminal.send(CTRL_Q)
        assert terminal.wait(WAIT) == 0


@has_built_in
def test_with_nothing_set_up_the_built_in_model_answers_and_ends_with_the_app(
    tmp_path: Path,
) -> None:
    with studybuddy(tmp_path) as terminal:
        terminal.wait_for("Welcome to Study Buddy", WAIT)
        terminal.send(ENTER)
        terminal.wait_for("very small", WAIT)
        ask(terminal, "Say hello.")
        terminal.wait_for("Answered in", WAIT)
        served = engines(tmp_path)
        assert served
        terminal.send(CTRL_Q)
        assert terminal.wait(WAIT) == 0
    assert all_end(served)
    assert not engines(tmp_path)


@has_built_in
def test_the_engine_does_not_outlive_an_app_that_was_killed(tmp_path: Path) -> None:
    with studybuddy(tmp_path) as terminal:
        terminal.wait_for("Welcome to Study Buddy", WAIT)
        terminal.send(ENTER)
        terminal.wait_for("very small", WAIT)
        ask(terminal, "Say hello.")
        terminal.wait_for("Answering", WAIT)
        served = engines(tmp_path)
        assert served
        os.kill(terminal.pid, signal.SIGKILL)
        assert all_end(served)
        assert not engines(tmp_path)
