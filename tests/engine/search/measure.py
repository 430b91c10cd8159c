"""What the parts of the ranking and chunk sizes are worth: `python -m tests.engine.search.measure`.

On the labelled set of this folder, with the default chunks where nothing else is said.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

from studybuddy.engine.search.chunks import Chunking
from studybuddy.engine.search.ranking import CHOSEN, PLAIN
from tests.engine.search.labelled import (
    HELD_OUT,
    TUNED,
    Search,
    base,
    fill,
    measured,
    ours,
    questions,
)

RANKINGS = {
    "plain BM25": PLAIN,
    "+ headings": replace(PLAIN, heading=CHOSEN.heading),
    "+ kin": replace(PLAIN, kin=CHOSEN.kin),
    "+ synonyms": replace(PLAIN, synonyms=CHOSEN.synonyms),
    "+ nearness": replace(PLAIN, nearness=CHOSEN.nearness),
    "chosen": CHOSEN,
    "chosen - headings": replace(CHOSEN, heading=0.0),
    "chosen - kin": replace(CHOSEN, kin=0.0),
    "chosen - synonyms": replace(CHOSEN, synonyms=0.0),
    "chosen - nearness": replace(CHOSEN, nearness=0.0),
}
CHUNKINGS = (
    Chunking(800, 400),
    Chunking(400, 100),
    Chunking(300, 0),
    Chunking(225, 40),
    Chunking(150, 30),
    Chunking(100, 0),
)


def main() -> None:
    """Print a line for each."""
    with tempfile.TemporaryDirectory() as name:
        default = Path(name) / "default.sqlite3"
        asyncio.run(fill(default))
        _line("FTS5's bm25()", base(default))
        for label, ranking in RANKINGS.items():
            _line(label, ours(default, ranking))
        for chunking in CHUNKINGS:
            label = f"{chunking.max_tokens}/{chunking.overlap_tokens}"
            database = Path(name) / f"{label.replace('/', '-')}.sqlite3"
            asyncio.run(fill(database, chunking))
            _line(f"{label} FTS5", base(database))
            _line(f"{label} chosen", ours(database, CHOSEN))


def _line(label: str, find: Search) -> None:
    tuned, held_out = (measured(find, questions(name)) for name in (TUNED, HELD_OUT))
    print(f"{label:20} tuned: {tuned} | held out: {held_out}")


if __name__ == "__main__":
    main()
