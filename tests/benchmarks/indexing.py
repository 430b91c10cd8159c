"""How long it takes to make a thousand pages of notes searchable, and then to search them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import docx

from studybuddy.engine.search.index import SearchIndex
from tests.benchmarks.figures import Figure, Report, quantiles
from tests.benchmarks.programs import OURS
from tests.benchmarks.zipf import drawn, vocabulary
from tests.support.pdf import make_pdf

_STORE = "vs_1"
_PAGES_A_FILE = 50
_WORDS_A_PAGE = 500
_STOP_WORDS = 100  # most frequent ones, which the search would leave out of a question
_TICK = 0.01  # seconds


def measure_indexing(report: Report, folder: Path, pages: int, searches: int) -> None:
    """Index `pages` pages in files of all formats, and search them.

    Args:
        report: gets the figures.
        folder: for the files and the index.
        pages: of some 500 words each.
        searches: questions of two to seven words.
    """
    chance = random.Random(7)
    words = vocabulary(chance)
    files = make_notes(folder, pages)
    telling = words[_STOP_WORDS:]
    questions = [" ".join(drawn(chance, telling, chance.randint(2, 7))) for _ in range(searches)]
    asyncio.run(_measure(report, folder / "search.sqlite3", files, questions, pages))


def make_notes(folder: Path, pages: int) -> list[Path]:
    """Write files of fifty pages each, the same ones each time."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(7)
    return list(_files(chance, vocabulary(chance), folder, pages))


async def _measure(
    report: Report, database: Path, files: Sequence[Path], questions: Sequence[str], pages: int
) -> None:
    index = SearchIndex(database)
    late: list[float] = []
    ticking = asyncio.create_task(_tick(late))
    begin = time.perf_counter()
    await asyncio.gather(*(index.add(_STORE, path.name, path, path.name) for path in files))
    indexing = time.perf_counter() - begin
    ticking.cancel()
    times: list[float] = []
    for question in questions:
        begin = time.perf_counter()
        await index.search([_STORE], question)
        times.append(1000 * (time.perf_counter() - begin))
    await index.close()
    report.add(
        Figure(f"index {pages:,} pages (s)", {OURS: [indexing]}, wanted="≤ 20"),
        Figure(
            "engine's event loop late meanwhile (ms): median / p95 / max", {OURS: late}, quantiles
        ),
        Figure(f"search {pages:,} pages (ms): median / p95 / max", {OURS: times}, quantiles),
    )


async def _tick(late: list[float]) -> None:
    while True:
        due = time.perf_counter() + _TICK
        await asyncio.sleep(_TICK)
        late.append(1000 * (time.perf_counter() - due))


def _files(chance: random.Random, words: Sequence[str], folder: Path, pages: int) -> Iterator[Path]:
    """Files of fifty pages each, in Markdown, PDF, text, HTML and DOCX by turns."""
    for number, first in enumerate(range(0, pages, _PAGES_A_FILE)):
        texts = [_page(chance, words) for _ in range(min(_PAGES_A_FILE, pages - first))]
        kind = ("md", "pdf", "txt", "html", "docx")[number % 5]
        path = folder / f"notes-{number}.{kind}"
        _write(path, kind, texts)
        yield path


def _page(chance: random.Random, words: Sequence[str]) -> list[str]:
    """Paragraphs."""
    paragraphs: list[str] = []
    left = _WORDS_A_PAGE
    while left > 0:
        sentences: list[str] = []
        for _ in range(chance.randint(3, 7)):
            count = chance.randint(6, 24)
            left -= count
            sentences.append(" ".join(drawn(chance, words, count)).capitalize() + ".")
        paragraphs.append(" ".join(sentences))
    return paragraphs


def _write(path: Path, kind: str, pages: Sequence[Sequence[str]]) -> None:
    if kind == "pdf":
        path.write_bytes(make_pdf([_lines(page) for page in pages]))
    elif kind == "docx":
        document = docx.Document()
        for page in pages:
            document.add_heading(page[0][:30])
            for paragraph in page:
                document.add_paragraph(paragraph)
        document.save(str(path))
    elif kind == "html":
        body = "".join(
            f"<h2>{page[0][:30]}</h2>" + "".join(f"<p>{text}</p>" for text in page)
            for page in pages
        )
        path.write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    elif kind == "md":
        parts = (f"## {page[0][:30]}\n\n" + "\n\n".join(page) for page in pages)
        path.write_text("\n\n".join(parts), encoding="utf-8")
    else:
        path.write_text("\f".join("\n\n".join(page) for page in pages), encoding="utf-8")


def _lines(page: Sequence[str]) -> str:
    """A page of lines of at most fifteen words."""
    words = " ".join(page).split()
    return "\n".join(" ".join(words[at : at + 15]) for at in range(0, len(words), 15))
