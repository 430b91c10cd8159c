"""Measure, and print a Markdown table: `python -m tests.benchmarks [name …]`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.figures import Report
from tests.benchmarks.idle import measure_idle
from tests.benchmarks.indexing import measure_indexing
from tests.benchmarks.indexing_echo import measure_echo_beside_indexing
from tests.benchmarks.programs import BARE, NAIVE, OURS, Program, bare, naive, served, studybuddy
from tests.benchmarks.runs import measure_runs
from tests.benchmarks.scale import measure_scale
from tests.benchmarks.search import measure_search
from tests.benchmarks.start import measure_start
from tests.benchmarks.streaming import measure_streaming
from tests.benchmarks.tokens import measure_tokens
from tests.support.bytecode import keep_bytecode

NAMES = ("start", "stream", "storage", "idle", "indexing", "runs", "tokens", "search")


def main() -> int:
    """Run what the arguments name, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)}; or all")
    parser.add_argument("--runs", type=int, help="how often each is measured")
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep every sample there")
    parser.add_argument("--only-baselines", action="store_true", help="leave the app out")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    names = options.names or NAMES
    quick = options.quick

    report = Report([BARE, NAIVE, OURS])
    with tempfile.TemporaryDirectory(prefix="benchmarks") as name:
        folder = Path(name)
        keep_bytecode(folder / "bytecode")  # a student's Python compiles each module once

        def ours(base_url: str) -> Program:
            # A folder of its own each time: the app opens the last conversation at start.
            return studybuddy(base_url, Path(tempfile.mkdtemp(prefix="home", dir=folder)))

        with served(folder) as server:
            programs = [bare()] if options.only_baselines else [bare(), ours(server.base_url)]
            if "start" in names:
                _say("start")
                measure_start(report, programs, options.runs or (2 if quick else 7))
            if "idle" in names:
                _say("idle")
                measure_idle(report, programs, 4 if quick else 20)
        if "stream" in names:
            _say("stream")
            others = [(NAIVE, naive)] + ([] if options.only_baselines else [(OURS, ours)])
            runs = options.runs or (1 if quick else 2)
            measure_streaming(report, bare(), others, folder, runs, 400 if quick else 1500)
        if "storage" in names and not options.only_baselines:
            _say("storage")
            with served(folder) as server:
                base_url = server.base_url
                measure_scale(
                    report,
                    lambda home: studybuddy(base_url, home),
                    folder,
                    options.runs or (1 if quick else 3),
                    long=2_000 if quick else 10_000,
                    many=200 if quick else 2_000,
                )
        if "indexing" in names and not options.only_baselines:
            _say("indexing")
            pages = 100 if quick else 1000
            measure_indexing(report, folder / "notes", pages, 200)
            with served(folder) as server:
                measure_echo_beside_indexing(
                    report, ours(server.base_url), server.base_url, folder / "beside", pages
                )
        if "runs" in names and not options.only_baselines:
            _say("runs")
            samples = options.runs or (3 if quick else 20)
            measure_runs(report, folder, samples, 50 if quick else 1_000, 10 if quick else 50)
        if "tokens" in names and not options.only_baselines:
            _say("tokens")
            measure_tokens(report, 60 if quick else 400)
        if "search" in names and not options.only_baselines:
            _say("search")
            measure_search(report, folder / "search", 200 if quick else 2_000, 9 if quick else 41)
    print(report.table())
    if options.json:
        options.json.write_text(json.dumps(report.raw(), indent=1) + "\n")
    return 0


def _say(name: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} measuring {name} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
