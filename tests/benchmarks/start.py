"""From start to the first typed key."""

from __future__ import annotations

from collections.abc import Sequence

from tests.benchmarks.figures import Figure, Report
from tests.benchmarks.programs import BARE, OURS, READY, Program
from tests.support.terminal import TerminalTimeout

_GLYPH = "ж"  # a letter that nothing else on the screen has
_LONGEST = 15.0


def key_after_prompt(program: Program) -> float:
    """Seconds until a key is echoed that was typed as soon as the prompt was seen."""
    with program.start() as terminal:
        terminal.wait_for(READY, _LONGEST)
        sent = terminal.send(_GLYPH)
        return terminal.wait_for_bytes(_GLYPH.encode(), sent.offset, _LONGEST) - terminal.started


def key_at_once(program: Program) -> float:
    """Seconds until a key is echoed that was typed at the moment of starting.

    The terminal's own echo is off, so that it is the program's which is seen.
    """
    with program.start(echo=False) as terminal:
        terminal.send(_GLYPH)
        return terminal.wait_for_bytes(_GLYPH.encode(), 0, _LONGEST) - terminal.started


def measure_start(report: Report, programs: Sequence[Program], runs: int) -> None:
    """Start the programs in turn, and after one start each that does not count."""
    samples: dict[str, dict[str, list[float]]] = {}
    working = [
        (measure, program) for program in programs for measure in (key_after_prompt, key_at_once)
    ]
    for run in range(runs + 1):
        for measure, program in list(working):
            try:
                seconds = measure(program)
            except TerminalTimeout as error:
                report.notes.append(f"{program.name}, {measure.__name__}: {error}")
                working.remove((measure, program))
                continue
            if run:
                of_program = samples.setdefault(measure.__name__, {})
                of_program.setdefault(program.name, []).append(seconds)
    waited, at_once = (samples.get(m.__name__, {}) for m in (key_after_prompt, key_at_once))
    against = (OURS, BARE)
    report.add(
        Figure(
            "start to first typed key, typed when the prompt is seen (s)",
            waited,
            ratio=against,
            wanted="ratio ≤ 1.25",
        ),
        Figure("the same, typed at once (s)", at_once, ratio=against),
    )
