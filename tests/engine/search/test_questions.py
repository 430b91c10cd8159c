"""Questions find passages however either is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studybuddy.engine.search.index import SearchIndex
from studybuddy.engine.search.ranking import CHOSEN
from studybuddy.engine.search.schema import open_reader
from studybuddy.engine.search.searching import search

PASSAGES = (
    "Photosynthesis happens in the chloroplasts of green leaves.",
    "A café in Genève sells naïve paintings.",
    "The so-called state-of-the-art co-operation began.",
    "Calvin's cycle needs photo-\nphosphorylation before it.",
    "Call parseConfigFile with max_retry_count to read it.",
    "C++ has destructors and no collector of garbage.",
    "C has pointers.",
    "東京は日本の首都です。人口は多い。",
    "서울은 대한민국의 수도이다.",
    "ประเทศไทยมีเมืองหลวงชื่อกรุงเทพ",
    "Столица России называется Москва.",
    "Pi is about 3.14159 and e is 2.71828.",
    "The First World War ended in 1918.",
    "Children learned the analysis of colours in the laboratory.",
)
Find = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def find(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Find]:
    folder = tmp_path_factory.mktemp("questions")
    asyncio.run(fill(folder))
    connection = open_reader(folder / "search.sqlite3")
    yield lambda question: [
        passage.text for passage in search(connection, ["vs_1"], [question], 5, None, 0, CHOSEN)
    ]
    connection.close()


async def fill(folder: Path) -> None:
    index = SearchIndex(folder / "search.sqlite3")
    for number, passage in enumerate(PASSAGES):
        note = folder / f"{number}"
        await asyncio.to_thread(note.write_text, passage, encoding="utf-8")
        await index.add("vs_1", note.name, note, note.name)
    await index.close()


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("where does PHOTOSYNTHESIS happen?", "Photosynthesis"),
        ("photosynthetic chloroplast", "Photosynthesis"),
        ("photosintesis", "Photosynthesis"),
        ("cafe in geneve", "café"),
        ("cooperation", "co-operation"),
        ("co-operation", "co-operation"),
        ("state of the art", "state-of-the-art"),
        ("photophosphorylation", "photo-"),
        ("config file", "parseConfigFile"),
        ("parseConfigFile()", "parseConfigFile"),
        ("max_retry_count", "max_retry_count"),
        ("what is C++ good at", "C++"),
        ("pointers in C", "C has pointers"),
        ("日本の首都はどこですか", "東京"),
        ("首都", "東京"),
        ("口", "人口"),
        ("대한민국 수도", "서울"),
        ("เมืองหลวง", "ประเทศไทย"),
        ("столица россии", "Москва"),
        ("3.14159", "Pi is"),
        ("when did ww1 end", "First World War"),
        ("kids color lab", "colours"),
        ("analyses", "analysis"),
    ],
)
def test_a_question_finds_its_passage_first(find: Find, question: str, answer: str) -> None:
    assert answer in find(question)[0]


@pytest.mark.parametrize("question", ["", "?", "zzzzqqqq", "𝄞", "\0", "\ud800"])
def test_what_asks_for_nothing_finds_nothing(find: Find, question: str) -> None:
    assert find(question) == []
