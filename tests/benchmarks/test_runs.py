"""The measuring of runs works; the figures themselves are not judged here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("the other benchmarks are for pseudo-terminals", allow_module_level=True)

from tests.benchmarks.figures import Report
from tests.benchmarks.programs import OURS
from tests.benchmarks.runs import measure_runs


def test_runs_are_measured(tmp_path: Path) -> None:
    report = Report([OURS])
    measure_runs(report, tmp_path, samples=1, threads=2, at_once=3)
    figures = {figure.name: figure.samples[OURS] for figure in report.figures}
    assert all(figures.values())
    assert figures["3 runs at once, not completed"] == [0]
