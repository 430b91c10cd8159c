"""The ranking finds what students ask for, and beats plain BM25 at it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from studybuddy.engine.search.ranking import CHOSEN
from tests.engine.search.labelled import (
    HELD_OUT,
    NOTES,
    TUNED,
    base,
    fill,
    measured,
    ours,
    questions,
)


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("notes") / "search.sqlite3"
    asyncio.run(fill(database))
    return database


@pytest.mark.parametrize("name", [TUNED, HELD_OUT])
def test_every_phrase_that_is_looked_for_is_in_its_file(name: str) -> None:
    for question in questions(name):
        text = " ".join((NOTES / question.file).read_text(encoding="utf-8").split())
        assert question.phrase in text, question


@pytest.mark.parametrize(("name", "third"), [(TUNED, 0.88), (HELD_OUT, 0.94)])
def test_the_chosen_ranking_beats_plain_bm25(notes: Path, name: str, third: float) -> None:
    asked = questions(name)
    before, after = measured(base(notes), asked), measured(ours(notes, CHOSEN), asked)
    assert after.third >= max(before.third, third)
    assert after.reciprocal > before.reciprocal
    assert after.first >= before.first
