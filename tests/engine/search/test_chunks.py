"""Texts are cut where they may be cut, and nothing of them is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.engine.search.chunks import Chunk, Chunking, chunked
from studybuddy.engine.search.documents import Document, Kind

PIECES = st.sampled_from(
    ["# Heading\n", "## Other\n", "Title\n=====\n", "```python\n", "```\n", "~~~\n", "\n", "\n\n",
     "A sentence that ends. ", "Another one? ", "e.g. this, Dr. Who. ", "- item\n", "1. item\n",
     "| a | b |\n", "word ", "x" * 90, "  ", "\t", "\r", "\f", "。", "漢字。", "é", "𝄞"]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=10), max_size=60).map("".join)
CHUNKINGS = st.tuples(st.integers(1, 40), st.integers(0, 20)).map(
    lambda pair: Chunking(pair[0], min(pair[1], pair[0] // 2))
)


def document(text: str, kind: Kind = Kind.MARKDOWN) -> Document:
    return Document(kind, (text,), has_pages=False)


def texts(text: str, chunking: Chunking, kind: Kind = Kind.MARKDOWN) -> list[str]:
    return [text[chunk.start : chunk.end] for chunk in chunked(document(text, kind), chunking)]


@given(st.lists(TEXTS, min_size=1, max_size=4), CHUNKINGS, st.sampled_from(Kind), st.booleans())
def test_any_text_is_covered_by_chunks_of_the_right_size_and_place(
    pages: list[str], chunking: Chunking, kind: Kind, has_pages: bool
) -> None:
    text = "".join(pages)
    starts = [sum(map(len, pages[:number])) for number in range(len(pages))]
    covered = [False] * len(text)
    last = Chunk(-1, 0, None, 0, "")
    for chunk in chunked(Document(kind, tuple(pages), has_pages), chunking):
        part = text[chunk.start : chunk.end]
        assert part
        assert part == part.strip()
        assert len(part) <= chunking.max_tokens * 4
        assert chunk.start > last.start
        assert chunk.end > last.end
        assert last.end - chunk.start <= chunking.overlap_tokens * 4
        assert chunk.line == text.count("\n", 0, chunk.start) + 1
        page = sum(start <= chunk.start for start in starts) if has_pages else None
        assert chunk.page == page
        covered[chunk.start : chunk.end] = [True] * len(part)
        last = chunk
    assert all(mark or char.isspace() for mark, char in zip(covered, text, strict=True))


def test_a_heading_begins_a_chunk_and_is_told_with_it() -> None:
    text = "# Cells\n\nAll life.\n\n## Nucleus\n\nIt keeps the DNA.\n\n# Plants\n\nThey are green."
    found = chunked(document(text), Chunking(10, 0))
    assert [(text[c.start : c.end], c.headings) for c in found] == [
        ("# Cells\n\nAll life.", "Cells"),
        ("## Nucleus\n\nIt keeps the DNA.", "Cells > Nucleus"),
        ("# Plants\n\nThey are green.", "Plants"),
    ]


def test_headings_underlined_are_headings_too() -> None:
    text = "Cells\n=====\n\nAll life is made of these.\n\nPlants\n------\n\nThey are green."
    found = chunked(document(text), Chunking(12, 0))
    assert [chunk.headings for chunk in found] == ["Cells", "Cells > Plants"]


def test_what_looks_like_a_heading_in_code_is_none() -> None:
    code = "# not a heading\nx = 1\n"
    (chunk,) = chunked(document(code, Kind.CODE), Chunking())
    assert chunk.headings == ""
    fenced = f"# Real\n\n```python\n{code}```\n"
    assert {chunk.headings for chunk in chunked(document(fenced), Chunking())} == {"Real"}


def test_a_fence_that_fits_is_not_cut() -> None:
    fence = "```python\nfirst = 1\n\nsecond = 2\n```"
    text = f"Some words of introduction stand here.\n\n{fence}\n\nAnd some words after it."
    assert fence in texts(text, Chunking(12, 0))


def test_cuts_are_made_between_paragraphs_rather_than_sentences() -> None:
    text = "One one one. Two two two.\n\nThree three three. Four four four."
    assert texts(text, Chunking(12, 0)) == text.split("\n\n")


def test_cuts_are_made_between_sentences_rather_than_words() -> None:
    text = "Dr. Smith weighed 3.5 kg of it. Then he went home, e.g. by bus. It rained."
    assert texts(text, Chunking(8, 0)) == [
        "Dr. Smith weighed 3.5 kg of it.",
        "Then he went home, e.g. by bus.",
        "It rained.",
    ]


def test_chunks_overlap_by_whole_sentences() -> None:
    text = "The first one. The second one. The third one. The fourth one."
    assert texts(text, Chunking(8, 4)) == [
        "The first one. The second one.",
        "The second one. The third one.",
        "The third one. The fourth one.",
    ]


def test_a_slide_is_a_chunk_of_its_own() -> None:
    slides = Document(Kind.SLIDES, ("# One\n\nShort.\n\n", "# Two\n\nAlso short."), has_pages=True)
    assert [(chunk.page, chunk.headings) for chunk in chunked(slides, Chunking())] == [
        (1, "One"),
        (2, "Two"),
    ]


def test_a_chunk_that_goes_over_a_pages_end_tells_the_page_it_begins_on() -> None:
    pages = ("First page. It goes on\n", "to the second.\n\nNew paragraph here.")
    found = chunked(Document(Kind.TEXT, pages, has_pages=True), Chunking(11, 0))
    assert [chunk.page for chunk in found] == [1, 2]


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (100, 51), (100, -1)])
def test_impossible_sizes_are_refused(size: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="overlap"):
        Chunking(size, overlap)
