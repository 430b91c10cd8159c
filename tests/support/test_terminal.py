"""The pseudo-terminal that the end-to-end tests and the benchmarks stand on."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)

from tests.support.terminal import Terminal, TerminalTimeout

# A program that takes keys raw, as full-screen ones do, and answers each with "<key>".
ANSWERING = """
import os, signal, sys, tty
tty.setraw(0)
def size(*_): os.write(1, b"\\r\\nsize %d x %d\\r\\n" % os.get_terminal_size())
signal.signal(signal.SIGWINCH, size)
os.write(1, b"\\x1b[?1049h\\x1b[>1uready\\r\\n")
while (key := os.read(0, 100)) != b"q":
    os.write(1, b"<" + key + b">")
os.write(1, b"bye")
sys.exit(3)
"""
Start = Callable[..., Terminal]


@pytest.fixture
def start() -> Iterator[Start]:
    opened: list[Terminal] = []

    def start(code: str, **options: object) -> Terminal:
        opened.append(Terminal([sys.executable, "-c", code], **options))  # type: ignore[arg-type]
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def test_keys_are_answered_on_the_screen(start: Start) -> None:
    terminal = start(ANSWERING)
    terminal.wait_for("ready")
    sent = terminal.send("ж")
    shown = terminal.wait_for("<ж>")
    assert sent.at <= shown <= time.monotonic()
    assert terminal.screen()[1].rstrip() == "<ж>"
    assert terminal.text().startswith("ready\n<ж>")


def test_a_predicate_sees_all_lines(start: Start) -> None:
    terminal = start(ANSWERING, columns=30, rows=5)
    terminal.wait_for(lambda lines: len(lines) == 5 and lines[0] == "ready".ljust(30))


def test_bytes_are_found_from_where_keys_were_sent(start: Start) -> None:
    terminal = start(ANSWERING)
    terminal.wait_for("ready")
    first = terminal.send("a")
    at_first = terminal.wait_for_bytes(b"<a>", first.offset)
    second = terminal.send("a")
    at_second = terminal.wait_for_bytes(b"<a>", second.offset)
    assert first.at <= at_first <= second.at <= at_second
    assert terminal.recording.find(b"<a>") == at_first
    assert terminal.recording.find(b"<a>", second.offset) == at_second
    assert terminal.recording.find(b"<b>") is None


def test_the_screen_tells_the_time_of_the_read_not_of_the_look(start: Start) -> None:
    terminal = start(ANSWERING)
    terminal.wait_for("ready")
    terminal.send("a")
    written = terminal.wait_for_bytes(b"<a>")
    terminal.send("b")
    terminal.wait_for_bytes(b"<b>")
    assert terminal.wait_for("<a>") == written


def test_the_program_is_told_of_a_new_size(start: Start) -> None:
    terminal = start(ANSWERING, columns=80, rows=24)
    terminal.wait_for("ready")
    terminal.resize(100, 30)
    terminal.wait_for("size 100 x 30")
    assert {len(line) for line in terminal.screen()} == {100}
    assert len(terminal.screen()) == 30


def test_what_does_not_come_is_reported_with_the_screen(start: Start) -> None:
    terminal = start(ANSWERING)
    terminal.wait_for("ready")
    with pytest.raises(TerminalTimeout, match=r"(?s)'nothing': not in 0.05 s.*ready"):
        terminal.wait_for("nothing", timeout=0.05)
    with pytest.raises(TerminalTimeout, match="nothing"):
        terminal.wait_for_bytes(b"nothing", timeout=0.05)


def test_a_program_that_ended_is_not_waited_for(start: Start) -> None:
    terminal = start("print('last words')")
    with pytest.raises(TerminalTimeout, match=r"(?s)the program ended.*last words"):
        terminal.wait_for("more", timeout=60)


def test_the_exit_code_is_told(start: Start) -> None:
    terminal = start(ANSWERING)
    terminal.wait_for("ready")
    assert terminal.alive
    terminal.send("q")
    assert terminal.wait() == 3
    assert not terminal.alive
    terminal.wait_for("bye")


def test_a_signal_ends_it(start: Start) -> None:
    terminal = start(ANSWERING)
    terminal.wait_for("ready")
    terminal.kill(signal.SIGKILL)
    assert terminal.wait() == -signal.SIGKILL


def test_a_flood_is_drained_while_nobody_looks(start: Start) -> None:
    terminal = start("import os\nfor n in range(20_000): print(f'line {n:6}')\nos.write(1, b'end')")
    assert terminal.wait() == 0
    terminal.wait_for("end")
    assert terminal.screen()[-2].startswith("line  19999")
    assert terminal.recording.size > 200_000


def test_quiet_is_waited_for(start: Start) -> None:
    terminal = start(ANSWERING)
    shown = terminal.wait_for("ready")
    assert shown <= terminal.wait_until_quiet(0.1)


def test_the_environment_is_changed_as_asked(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONE", "here")
    code = "import os; print([os.environ.get(n) for n in ('GONE', 'NEW', 'TERM')])"
    terminal = start(code, env={"GONE": None, "NEW": "x"})
    terminal.wait_for("[None, 'x', 'xterm-256color']")


def test_closing_ends_the_program_and_what_it_started(start: Start) -> None:
    stubborn = "import signal, time; signal.signal(signal.SIGHUP, signal.SIG_IGN); time.sleep(60)"
    terminal = start(
        "import signal, subprocess, sys\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        f"child = subprocess.Popen([sys.executable, '-c', {stubborn!r}], start_new_session=True)\n"
        "print(f'child {child.pid}.', flush=True)\n"
        "child.wait()\n"
    )
    terminal.wait_for(".")
    child = int(terminal.text().split()[1].rstrip("."))
    terminal.close(grace=0.1)
    assert not psutil.pid_exists(child)
    with pytest.raises(ProcessLookupError):
        os.kill(terminal.pid, 0)
    terminal.close()  # again does nothing
