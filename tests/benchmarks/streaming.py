"""How a program feels while an answer streams into it, and what that costs."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.answer import FIRST_WORD, LAST_WORD
from tests.benchmarks.figures import Figure, Report, quantiles
from tests.benchmarks.programs import BARE, NAIVE, OURS, READY, Program, cpu_seconds, served
from tests.support.terminal import Sent, Terminal, TerminalTimeout

# Letters that the answer has not, each typed once: the first time that one is written after it
# was sent is its echo, whatever else is drawn meanwhile.
_LETTERS = [chr(code) for a, b in ((0x410, 0x44F), (0x531, 0x556), (0x561, 0x586), (0x3B1, 0x3C9))
            for code in range(a, b + 1)]  # fmt: skip
_LONGEST = 30.0
_IDLE_KEYS = 25


@dataclass(frozen=True, slots=True)
class Streamed:
    """What was seen of one program and one answer."""

    idle: list[float]
    """Milliseconds from a key to its echo, before anything streams."""
    typing: list[float]
    """The same while the answer streams."""
    cpu: float
    """Seconds of processor time, from the answer's first word to quiet after its last."""
    late: float
    """Milliseconds from the last piece leaving the server to the last word on the screen."""


class _Typist:
    """Types a letter now and then, and finds the echoes afterwards."""

    def __init__(self, terminal: Terminal, seed: int) -> None:
        self._terminal = terminal
        self._random = random.Random(seed)
        self._letters: Iterator[str] = iter(_LETTERS)

    def type_while(self, more: Callable[[int], bool]) -> list[tuple[str, Sent]]:
        """Type while `more`, asked with the number typed so far, says so."""
        typed: list[tuple[str, Sent]] = []
        while more(len(typed)) and (letter := next(self._letters, "")):
            typed.append((letter, self._terminal.send(letter)))
            time.sleep(self._random.uniform(0.12, 0.2))
        return typed

    def echoes(self, typed: Sequence[tuple[str, Sent]]) -> list[float]:
        """Milliseconds from each key to its echo; waits for those that are not there yet."""
        return [
            1000 * (self._terminal.wait_for_bytes(letter.encode(), sent.offset) - sent.at)
            for letter, sent in typed
        ]


def echo_idle(program: Program, keys: int = _IDLE_KEYS, seed: int = 1) -> list[float]:
    """Milliseconds from keys to their echoes in a program that does nothing else."""
    with program.start() as terminal:
        return _echo_idle(terminal, _Typist(terminal, seed), keys)


def echo_beside(
    program: Program, begin: Callable[[], Callable[[], bool]], keys: int = _IDLE_KEYS, seed: int = 1
) -> tuple[list[float], list[float]]:
    """Milliseconds from keys to their echoes: idle, and while something else is at work.

    Args:
        program: what is typed into.
        begin: starts that something, and returns what tells whether it is still at work.
        keys: how many are typed while idle.
        seed: of the pauses between keys.
    """
    with program.start() as terminal:
        typist = _Typist(terminal, seed)
        idle = _echo_idle(terminal, typist, keys)
        at_work = begin()
        return idle, typist.echoes(typist.type_while(lambda _: at_work()))


def _echo_idle(terminal: Terminal, typist: _Typist, keys: int) -> list[float]:
    terminal.wait_for(READY, _LONGEST)
    time.sleep(1)  # what is done after the first frame is not idleness
    return typist.echoes(typist.type_while(lambda typed: typed < keys))


def stream_into(
    program_for: Callable[[str], Program],
    folder: Path,
    chunks: int,
    seed: int = 1,
    idle_keys: int = _IDLE_KEYS,
) -> Streamed:
    """Ask a program, given the server's base URL, one question, and type while it answers.

    The program must show nothing of an earlier answer.

    Raises:
        TerminalTimeout: where the program does not start, echo or show the answer's end.
    """
    with (
        served(folder, chunks) as server,
        program_for(server.base_url).start() as terminal,
    ):
        typist = _Typist(terminal, seed)
        idle = _echo_idle(terminal, typist, idle_keys)
        asked = terminal.send("\r")
        terminal.wait_for_bytes(FIRST_WORD.encode(), asked.offset, _LONGEST)
        before = cpu_seconds(terminal.pid)
        typed = typist.type_while(lambda _: not server.end_file.exists())
        # In the bytes first: the screen's model would take processor time from the program.
        with suppress(TerminalTimeout):  # it can be cut in two there
            terminal.wait_for_bytes(LAST_WORD.encode(), asked.offset, _LONGEST / 2)
        terminal.wait_until_quiet(0.3, _LONGEST)
        cpu = cpu_seconds(terminal.pid) - before
        shown = terminal.wait_for(LAST_WORD, _LONGEST)
        _, last = server.times()
        echoes = typist.echoes([(letter, sent) for letter, sent in typed if sent.at < last])
        return Streamed(idle, echoes, cpu, 1000 * (shown - last))


def measure_streaming(
    report: Report,
    bare: Program,
    others: Sequence[tuple[str, Callable[[str], Program]]],
    folder: Path,
    runs: int,
    chunks: int,
) -> None:
    """Stream the same answer into the programs in turn."""
    idle: dict[str, list[float]] = defaultdict(list)
    typing: dict[str, list[float]] = defaultdict(list)
    cpu: dict[str, list[float]] = defaultdict(list)
    late: dict[str, list[float]] = defaultdict(list)
    for run in range(runs):
        idle[BARE] += echo_idle(bare, seed=run)
        for name, program_for in others:
            try:
                seen = stream_into(program_for, folder, chunks, seed=run)
            except (TerminalTimeout, RuntimeError) as error:
                report.notes.append(f"{name} did not stream: {error}")
                continue
            idle[name] += seen.idle
            typing[name] += seen.typing
            cpu[name].append(seen.cpu)
            late[name].append(seen.late)
    report.add(
        Figure("key echo idle, median / p95 / max (ms)", idle, quantiles, (OURS, BARE)),
        Figure(
            "key echo while streaming, median / p95 / max (ms)",
            typing,
            quantiles,
            (OURS, NAIVE),
            "p95 ≤ 40",
        ),
        Figure("CPU for the stream (s)", cpu, ratio=(OURS, NAIVE), wanted="ratio ≤ 0.4"),
        Figure("end of the answer shown late by (ms)", late, wanted="≤ 100"),
    )
