"""Passages of the notes where no question asks for any."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from studybuddy.engine.search.chunks import Chunking
from studybuddy.engine.search.index import SearchIndex

SMALL = Chunking(30, 0)
COUNTS = {"file-a": 40, "file-b": 12, "file-c": 1}
"""How many paragraphs the files have."""


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[SearchIndex]:
    opened = SearchIndex(None)
    for name, count in COUNTS.items():
        path = tmp_path / name
        path.write_text(
            "\n\n".join(f"Fact {n} of {name} is worth to be known by all." for n in range(count))
        )
        await opened.add("vs_1", name, path, f"{name}.txt", chunking=SMALL)
    yield opened
    await opened.close()


async def test_each_file_has_its_share(index: SearchIndex) -> None:
    found = await index.sample(["vs_1"], 9)
    assert Counter(p.file_id for p in found) == {"file-a": 3, "file-b": 3, "file-c": 1}
    assert len({(p.file_id, p.start) for p in found}) == len(found)


async def test_a_file_is_sampled_from_its_beginning_to_its_end(index: SearchIndex) -> None:
    await index.remove("vs_1", "file-b")
    await index.remove("vs_1", "file-c")
    text = "".join(await index.text("vs_1", "file-a") or [])
    found = await index.sample(["vs_1"], 4)
    for quarter, passage in enumerate(found):
        assert quarter - 0.2 < 4 * passage.start / len(text) < quarter + 1.2
    assert all(text[p.start : p.end] == p.text for p in found)


async def test_of_more_files_than_are_wanted_some_are_chosen(index: SearchIndex) -> None:
    seen = {p.file_id for seed in range(20) for p in await index.sample(["vs_1"], 2, Random(seed))}
    assert seen == set(COUNTS)
    assert len(await index.sample(["vs_1"], 2)) == 2


async def test_another_choice_is_made_each_time(index: SearchIndex) -> None:
    choices = {
        tuple(p.text for p in await index.sample(["vs_1"], 9, Random(seed))) for seed in range(5)
    }
    assert len(choices) > 1


async def test_of_what_is_empty_there_is_no_sample(index: SearchIndex) -> None:
    assert await index.sample([], 5) == []
    assert await index.sample(["vs_other"], 5) == []
    assert await index.sample(["vs_1"], 0) == []
