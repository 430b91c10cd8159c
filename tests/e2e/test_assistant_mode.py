"""Assistant mode as it is used, in a pseudo-terminal, with a keyboard."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from tests.e2e.student import (
    CTRL_Q,
    ENTER,
    PROMPT,
    WAIT,
    all_end,
    ask,
    engines,
    has_built_in,
    studybuddy,
    tutor,
)
from tests.support.pdf import make_pdf
from tests.support.terminal import Terminal

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are for POSIX", allow_module_level=True)

WIDE = (140, 40)
ESCAPE, CTRL_G, F2, F5, F6 = "\x1b", "\x07", "\x1bOQ", "\x1b[15~", "\x1b[17~"
NOTES = [
    "The cell\n\nA ribosome builds proteins from amino acids.",
    "Energy\n\nThe mitochondrion makes most of the energy that a cell uses.",
]


def go_to_assistants(terminal: Terminal) -> None:
    terminal.wait_for(PROMPT, WAIT)
    terminal.send(F2)
    terminal.wait_for("Math Tutor", WAIT)


def leave(terminal: Terminal) -> None:
    terminal.send(CTRL_Q)
    assert terminal.wait(WAIT) == 0
    assert "Traceback" not in terminal.text()


def add_notes(terminal: Terminal, folder: Path) -> None:
    path = folder / "cells.pdf"
    path.write_bytes(make_pdf(NOTES))
    terminal.send(F5)
    terminal.wait_for("Notes of Study Buddy", WAIT)
    terminal.send(str(path) + ENTER)
    terminal.wait_for("ready", WAIT)
    terminal.send(ESCAPE)
    terminal.wait_for(lambda screen: not any("Notes of Study Buddy" in line for line in screen))


def test_a_pdf_is_added_asked_about_and_opened_at_the_citation(tmp_path: Path) -> None:
    with tutor() as model, studybuddy(tmp_path, model.base_url, WIDE) as terminal:
        go_to_assistants(terminal)
        add_notes(terminal, tmp_path)
        ask(terminal, "Which part of the cell makes energy?")
        terminal.wait_for("cells.pdf, page 2", WAIT)
        terminal.send(F6)
        terminal.send("n")
        terminal.send(ENTER)
        terminal.wait_for("page 2 of 2", WAIT)
        terminal.send(ESCAPE)
        terminal.wait_for(PROMPT, WAIT)
        leave(terminal)


def test_code_is_run_and_a_quiz_is_taken_with_feedback(tmp_path: Path) -> None:
    with tutor() as model, studybuddy(tmp_path, model.base_url, WIDE) as terminal:
        go_to_assistants(terminal)
        ask(terminal, "Solve 3x + 11 = 14 for me.")
        terminal.wait_for("The solution is x = 1.0", WAIT)
        terminal.send(CTRL_G)
        terminal.wait_for("(14 - 11) / 3", WAIT)
        terminal.send(CTRL_G)
        ask(terminal, "Make a quiz on the cell.")
        terminal.wait_for("What does a ribosome do?", WAIT)
        terminal.send("It builds proteins." + ENTER)
        terminal.wait_for("Where is the DNA?", WAIT)
        terminal.send("a")
        terminal.send(ENTER)
        terminal.wait_for("Hand in", WAIT)
        terminal.send(ENTER)
        terminal.wait_for("well done", WAIT)
        leave(terminal)


def test_a_run_goes_on_without_the_app_and_its_answer_is_there_afterwards(tmp_path: Path) -> None:
    with tutor() as model:
        with studybuddy(tmp_path, model.base_url, WIDE) as terminal:
            go_to_assistants(terminal)
            ask(terminal, "Tell me slowly.")
            terminal.wait_for("word 3", WAIT)
            leave(terminal)
        model.go_on()
        with studybuddy(tmp_path, model.base_url, WIDE) as terminal:
            terminal.wait_for("END-OF-ANSWER", WAIT)
            terminal.wait_for("Answered.", WAIT)
            leave(terminal)
    assert all_end(engines(tmp_path))
    assert not engines(tmp_path)


def test_a_run_survives_the_kill_of_the_app(tmp_path: Path) -> None:
    with tutor() as model:
        with studybuddy(tmp_path, model.base_url, WIDE) as terminal:
            go_to_assistants(terminal)
            ask(terminal, "Tell me slowly.")
            terminal.wait_for("word 3", WAIT)
            terminal.kill(signal.SIGKILL)
            terminal.wait(WAIT)
        with studybuddy(tmp_path, model.base_url, WIDE) as terminal:
            terminal.wait_for("word 3", WAIT)
            model.go_on()
            terminal.wait_for("END-OF-ANSWER", WAIT)
            leave(terminal)


def test_an_engine_that_is_killed_under_a_run_is_a_sentence_and_a_retry(tmp_path: Path) -> None:
    with tutor() as model, studybuddy(tmp_path, model.base_url, WIDE) as terminal:
        go_to_assistants(terminal)
        ask(terminal, "Tell me slowly.")
        terminal.wait_for("word 3", WAIT)
        for process in engines(tmp_path):
            process.kill()
        terminal.wait_for("Ctrl+R", WAIT)
        terminal.send("\x12")
        model.go_on()
        terminal.wait_for("END-OF-ANSWER", WAIT)
        leave(terminal)


@has_built_in
def test_with_no_key_the_built_in_model_answers_from_the_notes(tmp_path: Path) -> None:
    with studybuddy(tmp_path, size=WIDE) as terminal:
        terminal.wait_for("Welcome to Study Buddy", WAIT)
        terminal.send(ENTER)
        terminal.wait_for("very small", WAIT)
        go_to_assistants(terminal)
        add_notes(terminal, tmp_path)
        ask(terminal, "Which part of the cell makes most of the energy?")
        terminal.wait_for("cells.pdf, page 2", WAIT)
        leave(terminal)
    assert all_end(engines(tmp_path))
    assert not engines(tmp_path)
