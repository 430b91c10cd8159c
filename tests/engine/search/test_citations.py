"""Marks in an answer become annotations whose quotes and places are right."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studybuddy.engine.search.citations import Cited, cite, passages_for_model
from studybuddy.engine.search.passages import Passage

CELLS = (
    "Every living thing is made of cells. Mitochondria release energy from sugar in the cell. "
    "The nucleus keeps the DNA behind a double membrane.\nRibosomes build proteins."
)
PLANETS = "Mercury is the planet closest to the sun. Neptune is the farthest of all planets."
PASSAGES = (
    Passage("file-1", "cells.pdf", CELLS, 100, 100 + len(CELLS), 3, 12, 0.8, {}),
    Passage("file-2", "planets.md", PLANETS, 0, len(PLANETS), None, 1, 0.5, {}),
)


def check(cited: Cited, passages: tuple[Passage, ...] = PASSAGES) -> None:
    """What holds for each and every result."""
    by_file = {passage.file_id: passage for passage in passages}
    last = 0
    for annotation in cited.annotations:
        start, end = annotation["start_index"], annotation["end_index"]
        assert last <= start < end
        assert cited.text[start:end] == annotation["text"]
        last = end
        citation = annotation["file_citation"]
        passage = by_file[citation["file_id"]]
        here = slice(citation["start"] - passage.start, citation["end"] - passage.start)
        assert citation["quote"] == passage.text[here]
        assert citation["quote"]


@pytest.mark.parametrize(
    "mark",
    ["【1】", "【1:0†source】", "【1†cells.pdf】", "【 1 】", "【Source 1】", "[1]", "[^1]",
     "[source 1]", "[Passage 1]", "(1)", "(source 1)", "[1†source]"],
)  # fmt: skip
def test_every_variant_of_a_mark_cites(mark: str) -> None:
    cited = cite(f"The powerhouse releases energy {mark}. More.", PASSAGES)
    assert cited.text == "The powerhouse releases energy 【1】. More."
    check(cited)
    (annotation,) = cited.annotations
    assert annotation["type"] == "file_citation"
    assert annotation["file_citation"] == {
        "file_id": "file-1",
        "quote": "Mitochondria release energy from sugar in the cell.",
        "file_name": "cells.pdf",
        "page": 3,
        "line": 12,
        "start": 137,
        "end": 188,
    }


def test_the_quote_is_the_sentence_that_bears_the_claim() -> None:
    cited = cite("DNA lies in the nucleus.【1】 Proteins are built by ribosomes.【1】", PASSAGES)
    check(cited)
    quotes = [a["file_citation"]["quote"] for a in cited.annotations]
    assert quotes == [
        "The nucleus keeps the DNA behind a double membrane.",
        "Ribosomes build proteins.",
    ]
    assert [a["file_citation"]["line"] for a in cited.annotations] == [12, 13]


def test_a_title_is_quoted_with_what_stands_below_it() -> None:
    text = "# Ribosomes\n\nThey build all proteins. They are small."
    passage = Passage("file-1", "a.md", text, 0, len(text), None, 1, 1.0, {})
    (annotation,) = cite("Ribosomes do it 【1】.", (passage,)).annotations
    assert annotation["file_citation"]["quote"] == "# Ribosomes\n\nThey build all proteins."


def test_a_quote_on_a_further_page_tells_that_page() -> None:
    passage = replace(PASSAGES[0], page_breaks=(100 + CELLS.index("Ribosomes"),))
    cited = cite("Ribosomes build proteins 【1】.", (passage,))
    assert cited.annotations[0]["file_citation"]["page"] == 4


def test_a_mark_of_several_numbers_becomes_one_for_each() -> None:
    cited = cite("Cells and planets exist [1, 2].", PASSAGES)
    assert cited.text == "Cells and planets exist 【1】【2】."
    check(cited)
    assert [a["file_citation"]["file_id"] for a in cited.annotations] == ["file-1", "file-2"]


@pytest.mark.parametrize("mark", ["【9】", "【0】", "【9:1†source】"])
def test_marks_that_point_nowhere_are_removed(mark: str) -> None:
    assert cite(f"A claim {mark}. Another 【2】.", PASSAGES).text == "A claim. Another 【2】."


@pytest.mark.parametrize(
    "text",
    [
        "See [1](https://example.org) about it",
        "See [this][1] about it\n\n[1]: https://example.org",
        "Use `numbers[1]` here",
        "```python\nprint(numbers[1])\n```",
        "![1](picture.png)",
        "Look at [9] there",
        "It has (1) a start and (2) an end",
        "By equation (1).",
        r"The formula \[1\] stands",
        "f(1) is zero",
    ],
)
def test_what_only_looks_like_a_mark_stays(text: str) -> None:
    assert cite(text, PASSAGES) == Cited(text, [])


def test_without_marks_a_sentence_that_clearly_rests_on_a_passage_gets_one() -> None:
    answer = "Mitochondria release the energy that is in sugar. I hope this helps you!"
    cited = cite(answer, PASSAGES)
    assert cited.text == answer.replace("sugar.", "sugar.【1】")
    check(cited)


def test_marks_of_the_model_keep_others_from_being_added() -> None:
    answer = "Neptune is the farthest planet 【2】. The nucleus keeps the DNA in a membrane."
    assert len(cite(answer, PASSAGES).annotations) == 1


def test_without_passages_nothing_is_cited() -> None:
    assert cite("A claim 【1】 and [1].", ()) == Cited("A claim and [1].", [])


def test_citing_twice_changes_nothing() -> None:
    once = cite("Mitochondria release energy from sugar [1]. Also Neptune 【2:3†x】.", PASSAGES)
    assert cite(once.text, PASSAGES) == once


def test_the_model_is_given_numbers_names_and_places() -> None:
    told = passages_for_model(PASSAGES)
    assert "【1】 cells.pdf, page 3\nEvery living thing" in told
    assert "【2】 planets.md, line 1\nMercury" in told
    assert "【3】 cells.pdf" in passages_for_model(PASSAGES, first=3)
    assert "No passage" in passages_for_model([])


PIECES = st.sampled_from(
    ["【1】", "【2†s】", "【9】", "[1]", "[2, 1]", "(1)", "`[1]`", "```\n[1]\n```\n", "[1](x)",
     "\n\n", ". ", " ",
     "Mitochondria release energy from sugar", "Neptune is the farthest", "é𝄞", "。",
     "# ", "- ", "[", "】", "【"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=8), max_size=25).map("".join))
def test_annotations_are_right_for_any_answer(answer: str) -> None:
    cited = cite(answer, PASSAGES)
    check(cited)
    unmarked = cited.text
    for annotation in reversed(cited.annotations):
        unmarked = unmarked[: annotation["start_index"]] + unmarked[annotation["end_index"] :]
    rest = iter(answer)
    assert all(char in rest for char in unmarked)  # nothing but marks was put in


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_passage_can_be_cited(text: str, claim: str) -> None:
    passages = (Passage("file-1", "a.md", text, 7, 7 + len(text), None, 1, 1.0, {}),)
    for annotation in cite(f"{claim} 【1】", passages).annotations:
        citation = annotation["file_citation"]
        assert text[citation["start"] - 7 : citation["end"] - 7] == citation["quote"]


def test_of_very_many_passages_the_best_are_compared() -> None:
    def filler(number: int) -> Passage:
        text = f"Passage {number} tells of nothing in particular."
        return Passage(f"file-{number}", "filler.md", text, 0, len(text), None, 1, 0.3, {})

    many = [filler(number) for number in range(300)]
    best, worst = replace(PASSAGES[0], score=0.9), replace(PASSAGES[1], score=0.1)
    cells, planets = "Mitochondria release energy from sugar.", "Neptune is the farthest planet."
    cited = cite(f"{cells} {planets}", [*many, best, worst])
    assert [a["file_citation"]["file_id"] for a in cited.annotations] == ["file-1"]
