"""The measuring of searches works; the figures themselves are not judged here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("the other benchmarks are for pseudo-terminals", allow_module_level=True)

from tests.benchmarks.figures import Report
from tests.benchmarks.programs import OURS
from tests.benchmarks.search import measure_search


def test_searches_are_measured(tmp_path: Path) -> None:
    report = Report([OURS])
    measure_search(report, tmp_path, conversations=3, searches=2)
    figures = {figure.name: figure.samples[OURS] for figure in report.figures}
    assert len(figures["search, the commonest word (ms)"]) == 2
    assert all(figures.values())
