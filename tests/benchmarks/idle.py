"""What a program costs that does nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack

from tests.benchmarks.figures import Figure, Report
from tests.benchmarks.programs import READY, Program, cpu_seconds
from tests.support.terminal import Terminal, TerminalTimeout

_SETTLING = 3.0  # seconds after the prompt is there, for what is done after the first frame


def measure_idle(report: Report, programs: Sequence[Program], seconds: float) -> None:
    """Let the programs idle at the same time, so that the machine is as busy for each."""
    with ExitStack() as stack:
        started: dict[str, Terminal] = {}
        for program in programs:
            terminal = stack.enter_context(program.start())
            try:
                terminal.wait_for(READY, 30)
            except TerminalTimeout as error:
                report.notes.append(f"{program.name} could not be started: {error}")
                continue
            started[program.name] = terminal
        time.sleep(_SETTLING)
        before = {name: cpu_seconds(terminal.pid) for name, terminal in started.items()}
        begin = time.monotonic()
        time.sleep(seconds)
        passed = time.monotonic() - begin
        shares = {
            name: [100 * (cpu_seconds(terminal.pid) - before[name]) / passed]
            for name, terminal in started.items()
        }
    report.add(Figure(f"idle CPU over {seconds:g} s (%)", shares, wanted="≤ 1.5"))
