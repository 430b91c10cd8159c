"""What much that is stored costs: long conversations, and many of them."""

from __future__ import annotations

import asyncio
import statistics
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.answer import LAST_WORD
from tests.benchmarks.figures import Figure, Report, quantiles
from tests.benchmarks.programs import OURS, Program, memory
from tests.benchmarks.start import key_after_prompt
from tests.support.terminal import Terminal, TerminalTimeout

_PAGE_UP = "\x1b[5~"
_LONGEST = 60.0
_GAP = 0.06  # seconds without output after which a repaint is over
_PAGES = 20
_SHORT = 50  # messages


def _repaint(terminal: Terminal) -> float:
    """Milliseconds from Page Up to the end of what it made the program draw."""
    reads = terminal.recording.reads
    sent = terminal.send(_PAGE_UP)
    terminal.recording.wait(reads, sent.at + 2)
    terminal.wait_until_quiet(2 * _GAP)
    ended = sent.at
    for at in terminal.recording.times(sent.at):
        if ended > sent.at and at - ended > _GAP:
            break
        ended = at
    return 1000 * (ended - sent.at)


def _open(program: Program) -> tuple[float, list[float], float]:
    """Seconds to the last message, milliseconds of each Page Up after it, and MB after these."""
    with program.start() as terminal:
        opened = terminal.wait_for(LAST_WORD, _LONGEST) - terminal.started
        terminal.wait_until_quiet(0.3, _LONGEST)
        pages = [_repaint(terminal) for _ in range(_PAGES)]
        return opened, pages, memory(terminal.pid)


def measure_scale(
    report: Report,
    program_for: Callable[[Path], Program],
    folder: Path,
    runs: int,
    long: int,
    many: int,
) -> None:
    """Open a short conversation and one of `long` messages; start with none and `many` stored."""
    from tests.benchmarks.stored import fill  # the app's parts; the baselines do without

    homes = {name: folder / name for name in ("none", "short", "long", "many")}
    contents = {"short": (1, _SHORT), "long": (1, long), "many": (many, _SHORT)}
    for name, (conversations, messages) in contents.items():
        asyncio.run(fill(homes[name], conversations, messages))
    opened: dict[str, list[float]] = defaultdict(list)
    used: dict[str, list[float]] = defaultdict(list)
    typed: dict[str, list[float]] = defaultdict(list)
    pages: list[float] = []
    try:
        for home in homes.values():
            key_after_prompt(program_for(home))  # a first start that does not count
        for _ in range(runs):
            for name in ("short", "long"):
                seconds, repaints, megabytes = _open(program_for(homes[name]))
                opened[name].append(seconds)
                used[name].append(megabytes)
                pages += repaints if name == "long" else []
            for name in ("none", "short", "many"):
                typed[name].append(key_after_prompt(program_for(homes[name])))
    except TerminalTimeout as error:
        report.notes.append(f"{OURS} was not measured with much stored: {error}")
        return

    def more(samples: dict[str, list[float]], name: str, than: str) -> dict[str, list[float]]:
        return {OURS: [statistics.median(samples[name]) - statistics.median(samples[than])]}

    report.add(
        Figure(f"start to the last of {_SHORT} messages (s)", {OURS: opened["short"]}),
        Figure(f"start to the last of {long:,} messages (s)", {OURS: opened["long"]}),
        Figure("the difference (s)", more(opened, "long", "short"), wanted="≤ 0.3"),
        Figure(f"memory with {_SHORT} messages open (MB)", {OURS: used["short"]}),
        Figure(f"memory with {long:,} more (MB)", more(used, "long", "short"), wanted="≤ 60"),
        Figure("Page Up to repainted, median / p95 / max (ms)", {OURS: pages}, quantiles),
        Figure("start to typed key, nothing stored (s)", {OURS: typed["none"]}),
        Figure("start to typed key, 1 conversation stored (s)", {OURS: typed["short"]}),
        Figure(f"start to typed key, {many:,} stored (s)", {OURS: typed["many"]}),
        Figure("the difference (s)", more(typed, "many", "short"), wanted="≈ 0"),
    )
