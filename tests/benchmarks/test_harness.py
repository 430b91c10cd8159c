"""The benchmarks' own machinery works; what it measures is not judged here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)

from tests.benchmarks.answer import FIRST_WORD, LAST_WORD, answer_pieces
from tests.benchmarks.figures import Figure, Report, quantiles
from tests.benchmarks.programs import BARE, NAIVE, OURS, Program, bare, naive
from tests.benchmarks.start import measure_start
from tests.benchmarks.streaming import echo_idle, stream_into

ROOT = Path(__file__).parents[2]


def test_the_answer_is_the_same_each_time_and_its_ends_can_be_told() -> None:
    pieces = answer_pieces(100)
    assert pieces == answer_pieces(100)
    assert len(pieces) == 100
    text = "".join(pieces)
    assert text.isascii()  # what is typed is not
    assert (text.count(FIRST_WORD), text.count(LAST_WORD)) == (1, 1)
    assert pieces[0].startswith(FIRST_WORD)
    assert LAST_WORD in pieces[-1]


def test_the_bare_program_starts_and_echoes() -> None:
    report = Report([BARE, OURS])
    broken = Program(OURS, (sys.executable, "-c", "print('no such app')"))
    measure_start(report, [bare(), broken], runs=1)
    assert [len(figure.samples[BARE]) for figure in report.figures] == [1, 1]
    assert all(figure.samples[BARE][0] > 0 for figure in report.figures)
    assert "no such app" in report.notes[0]
    assert len(echo_idle(bare(), keys=3)) == 3


def test_an_answer_is_followed_to_its_last_word(tmp_path: Path) -> None:
    seen = stream_into(naive, tmp_path, chunks=60, idle_keys=2)
    assert seen.cpu > 0
    assert seen.late > 0
    assert all(echo > 0 for echo in seen.idle + seen.typing)


def test_the_table_sets_programs_side_by_side() -> None:
    report = Report([BARE, NAIVE, OURS])
    report.add(
        Figure(
            "start (s)", {BARE: [0.5, 0.4, 0.6], OURS: [0.75]}, ratio=(OURS, BARE), wanted="≤ 2"
        ),
        Figure("echo (ms)", {NAIVE: [*range(1, 101)]}, quantiles),
    )
    report.notes.append("nothing else")
    assert report.table().splitlines() == [
        "| figure | bare Textual | naive stream | studybuddy | ratio | to reach |",
        "| --- | --- | --- | --- | --- | --- |",
        "| start (s) | 0.5 (0.4–0.6) |  | 0.75 | 1.50 | ≤ 2 |",
        "| echo (ms) |  | 50.5 / 96 / 100 |  |  |  |",
        "",
        "- nothing else",
    ]
    assert report.raw()["start (s)"] == {BARE: [0.5, 0.4, 0.6], OURS: [0.75]}


def test_the_command_refuses_what_it_does_not_know() -> None:
    argv = [sys.executable, "-m", "tests.benchmarks", "nonsense"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no such measurement: nonsense" in done.stderr
