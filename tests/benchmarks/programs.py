"""The programs that are measured, and the server they talk to."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.support.terminal import Terminal

COLUMNS, ROWS = 140, 40
READY = "Ask Study Buddy"
"""How the prompt's placeholder begins, in all of them."""
ENGINE_TOKEN = "token-of-the-benchmark"
BARE, NAIVE, OURS = "bare Textual", "naive stream", "studybuddy"
_ROOT = Path(__file__).parents[2]
_BASELINES = Path(__file__).parent / "baselines"


@dataclass(frozen=True, slots=True)
class Program:
    """Something with a prompt that runs in a terminal."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str | None] = field(default_factory=dict)

    def start(self, *, echo: bool = True) -> Terminal:
        """Start it in a terminal of the size that all figures are for."""
        env = {"NO_COLOR": None, "TEXTUAL": None, **self.env}
        return Terminal(self.argv, env, COLUMNS, ROWS, echo=echo)


def bare() -> Program:
    """A Textual app with nothing but an editor."""
    return Program(BARE, (sys.executable, str(_BASELINES / "bare.py")))


def naive(base_url: str) -> Program:
    """A Textual app that streams in the obvious way."""
    return Program(NAIVE, (sys.executable, str(_BASELINES / "naive.py"), base_url))


def studybuddy(base_url: str, home: Path) -> Program:
    """The app itself, with its files below `home` and an endpoint that needs no first screen."""
    env = {"STUDYBUDDY_HOME": str(home), "OPENAI_API_KEY": "none", "OPENAI_BASE_URL": base_url}
    return Program(OURS, (sys.executable, "-m", "studybuddy"), env)


@dataclass(frozen=True, slots=True)
class Served:
    """A server that streams."""

    base_url: str
    end_file: Path

    def times(self) -> tuple[float, float]:
        """When the first and the last piece of the first stream were written.

        Raises:
            RuntimeError: where no stream has ended.
        """
        lines = self.end_file.read_text().splitlines() if self.end_file.exists() else []
        if not lines:
            raise RuntimeError("The server has not come to the end of its answer.")
        times = json.loads(lines[0])
        return times["first"], times["last"]


@contextmanager
def served(folder: Path, chunks: int = 1500, rate: float = 150) -> Iterator[Served]:
    """Run a streaming server, in a process of its own, for as long as the block runs."""
    end_file = folder / "stream-end"
    end_file.unlink(missing_ok=True)
    options = {"--chunks": chunks, "--rate": rate, "--end-file": end_file}
    argv = [sys.executable, "-m", "tests.benchmarks.stream_server"]
    argv += [str(part) for option in options.items() for part in option]
    with subprocess.Popen(argv, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield Served(server.stdout.readline().strip(), end_file)
        finally:
            server.kill()


@contextmanager
def engine_at(upstream: str, data_dir: Path) -> Iterator[str]:
    """The base URL of an engine that is a process of its own, and takes `ENGINE_TOKEN`."""
    arguments = ("--port", "0", "--upstream", upstream, "--data-dir", str(data_dir))
    process = subprocess.Popen(
        (sys.executable, "-m", "studybuddy", "serve", *arguments),
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "STUDYBUDDY_TOKEN": ENGINE_TOKEN},
        text=True,
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        found = re.search(r"at (http://\S+)", line)
        if found is None:
            raise RuntimeError(line + process.stderr.read())
        yield found[1]
    finally:
        process.terminate()
        process.communicate()


def family(pid: int) -> list[psutil.Process]:
    """Return a program's process and those it started, but for the engine and what is below it."""
    try:
        process = psutil.Process(pid)
        if "serve" in process.cmdline():
            return []
        return [process, *(p for child in process.children() for p in family(child.pid))]
    except psutil.NoSuchProcess:
        return []


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a program has taken, its ended children's included."""
    return sum(sum(process.cpu_times()[:4]) for process in family(pid))


def memory(pid: int) -> float:
    """Return a program's resident memory, in MB."""
    return sum(process.memory_info().rss for process in family(pid)) / 1e6
