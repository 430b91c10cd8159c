"""A full-screen program in a real pseudo-terminal, with the screen it draws and precise times.

A thread does nothing but read and note when each read came. The screen is modelled by pyte, which
is slow, and only as far as somebody asks: so drawing is timed by the reads however late the model
looks at them, and the model takes no processor time from a program that is being measured.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import psutil
from ptyprocess import PtyProcess

from tests.support.recording import Recording
from tests.support.screen_model import ScreenModel


class TerminalTimeout(AssertionError):
    """What was waited for did not come; the message shows the screen."""


@dataclass(frozen=True, slots=True)
class Sent:
    """When keys were sent."""

    at: float
    """`time.monotonic()`, just before they were written."""
    offset: int
    """How many bytes the program had written by then."""


class Terminal:
    """A program running in a pseudo-terminal of its own; a context manager that ends it.

    Times are `time.monotonic()`, in seconds, which on Linux and macOS other processes share.
    """

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str | None] | None = None,
        columns: int = 80,
        rows: int = 24,
        *,
        cwd: Path | None = None,
        echo: bool = True,
    ) -> None:
        """Start `argv`.

        Args:
            argv: the program and its arguments.
            env: changes to this process's environment; `None` takes a variable out.
            columns: the terminal's width in cells.
            rows: the terminal's height in cells.
            cwd: the folder to start in.
            echo: whether the terminal itself echoes until the program turns that off.
        """
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        for name, value in (env or {}).items():
            if value is None:
                environment.pop(name, None)
            else:
                environment[name] = value
        self.recording = Recording()
        self._model = ScreenModel(columns, rows)
        self._fed = 0  # reads that the model has seen
        self._exit: int | None = None

        self.started = time.monotonic()
        self._fed_at = self.started  # time of the last read that the model has seen
        self._process = PtyProcess.spawn(
            list(argv),
            cwd=str(cwd) if cwd else None,
            env=environment,
            echo=echo,
            dimensions=(rows, columns),
        )
        self._process.delayafterclose = self._process.delayafterterminate = 0
        self.pid: int = self._process.pid
        self._wake_reader, self._wake = os.pipe()
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # The program

    @property
    def alive(self) -> bool:
        """Whether the program still runs."""
        return self._exit_status() is None

    def wait(self, timeout: float = 10) -> int:
        """Wait until the program ends, and return its exit code, or minus the signal's number."""
        deadline = time.monotonic() + timeout
        while (status := self._exit_status()) is None:
            if time.monotonic() > deadline:
                raise TerminalTimeout(self._failure("the program to end", timeout))
            time.sleep(0.01)
        return status

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send the program a signal."""
        os.kill(self.pid, number)

    def close(self, grace: float = 2) -> None:
        """End the program, and what it started, as closing a terminal's window does.

        What has not ended after `grace` seconds is killed.
        """
        if self._process.closed:
            return
        family: list[psutil.Process] = []
        if self.alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                family = psutil.Process(self.pid).children(recursive=True)
            for number in (signal.SIGHUP, signal.SIGKILL):
                try:
                    self.kill(number)
                    self.wait(grace)
                    break
                except (TerminalTimeout, ProcessLookupError):
                    continue
        os.write(self._wake, b"x")
        self._reader.join(timeout=5)
        self._process.close()
        os.close(self._wake)
        os.close(self._wake_reader)
        _, left = psutil.wait_procs(family, grace)
        for process in left:
            process.kill()
        psutil.wait_procs(left, 2)

    # Keys

    def send(self, keys: str | bytes) -> Sent:
        """Write keys as a terminal would ("\\r" is Enter), and say when that was."""
        data = keys.encode() if isinstance(keys, str) else keys
        sent = Sent(time.monotonic(), self.recording.size)
        while data:
            data = data[os.write(self._process.fd, data) :]
        return sent

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal, of which the program is told by a signal."""
        self._feed_all()
        self._model.resize(columns, rows)
        self._process.setwinsize(rows, columns)

    # What it draws

    def screen(self) -> list[str]:
        """Return the lines on the screen now, each as wide as the terminal."""
        self._feed_all()
        return list(self._model.lines)

    def text(self) -> str:
        """Return the screen's lines without the blanks at their ends, as one text."""
        return "\n".join(line.rstrip() for line in self.screen())

    @property
    def cursor(self) -> tuple[int, int] | None:
        """Column and row of the cursor by what was looked at so far; `None` where it is hidden."""
        return self._model.cursor if self._model.cursor_shown else None

    def wait_for(self, what: str | Callable[[list[str]], bool], timeout: float = 10) -> float:
        """Wait until a text, or lines that satisfy a predicate, are on the screen.

        Returns:
            The time of the read that brought it, or of the last one seen before, where it was
            on the screen already.

        Raises:
            TerminalTimeout: where it does not come in `timeout` seconds, or the program ends.
        """
        if isinstance(what, str):
            name, shown = repr(what), lambda lines: any(what in line for line in lines)
        else:
            name, shown = getattr(what, "__name__", "the screen to change"), what
        deadline = time.monotonic() + timeout
        while not shown(self._model.lines):
            if self._fed_at > deadline:
                raise TerminalTimeout(self._failure(name, timeout))
            if not self._feed_next() and not self.recording.wait(self._fed, deadline):
                raise TerminalTimeout(self._failure(name, timeout))
        return self._fed_at

    def wait_for_bytes(self, needle: bytes, since: int = 0, timeout: float = 10) -> float:
        """Wait until the program has written these bytes after the offset `since`.

        Leaves the screen's model alone.

        Returns:
            The time of the read that completed them.

        Raises:
            TerminalTimeout: where they do not come in `timeout` seconds, or the program ends.
        """
        deadline = time.monotonic() + timeout
        while True:
            seen = self.recording.reads
            found = self.recording.find(needle, since)
            if found is not None:
                return found
            if not self.recording.wait(seen, deadline):
                raise TerminalTimeout(self._failure(repr(needle), timeout))

    def wait_until_quiet(self, seconds: float, timeout: float = 10) -> float:
        """Wait until nothing was written for `seconds`, and return when the last read came."""
        deadline = time.monotonic() + timeout
        while True:
            seen = self.recording.reads
            last = self.recording.read(seen - 1) if seen else None
            at = last[1] if last else self.started
            if not self.recording.wait(seen, at + seconds):
                return at
            if time.monotonic() > deadline:
                raise TerminalTimeout(self._failure("quiet", timeout))

    # Inside

    def _read(self) -> None:
        fd = self._process.fd
        while True:
            ready, _, _ = select.select([fd, self._wake_reader], [], [])
            data = b""
            if fd in ready:
                try:
                    data = os.read(fd, 65536)
                except OSError:  # how Linux says that the other side is closed
                    data = b""
            if not data:
                self.recording.end()
                return
            self.recording.add(data, time.monotonic())

    def _feed_next(self) -> bool:
        """Let the model see one read more; `False` if it has seen them all."""
        read = self.recording.read(self._fed)
        if read is None:
            return False
        data, self._fed_at = read
        self._fed += 1
        self._model.feed(data)
        return True

    def _feed_all(self) -> None:
        while self._feed_next():
            pass

    def _exit_status(self) -> int | None:
        if self._exit is None and not self._process.isalive():
            number = self._process.signalstatus
            self._exit = self._process.exitstatus if number is None else -number
        return self._exit

    def _failure(self, name: str, timeout: float) -> str:
        state = "the program ended" if self.recording.ended else f"not in {timeout:g} s"
        return f"waited for {name}: {state}; the screen shows:\n{self.text()}"
