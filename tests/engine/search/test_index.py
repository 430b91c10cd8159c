"""Files in, passages out."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from studybuddy.engine.search.chunks import Chunking
from studybuddy.engine.search.index import BadFilter, SearchIndex, Unreadable

CELLS = """# Cells

Every living thing is made of cells.

## Mitochondria

Mitochondria release energy from sugar. They are called the powerhouse of the cell.

## Nucleus

The nucleus keeps the DNA of the cell behind a double membrane.
"""
PLANETS = "Mercury is the planet closest to the sun.\n\nNeptune is the one farthest away.\n"
SMALL = Chunking(30, 0)


@pytest.fixture
async def index() -> AsyncIterator[SearchIndex]:
    opened = SearchIndex(None)
    yield opened
    await opened.close()


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    path = tmp_path / "file-1"
    path.write_text(CELLS, encoding="utf-8")
    return path


@pytest.fixture
def planets(tmp_path: Path) -> Path:
    path = tmp_path / "file-2"
    path.write_text(PLANETS, encoding="utf-8")
    return path


async def test_a_question_finds_the_passage_that_answers_it(
    index: SearchIndex, cells: Path, planets: Path
) -> None:
    await index.add("vs_1", "file-1", cells, "cells.md", chunking=SMALL)
    await index.add("vs_1", "file-2", planets, "planets.txt", chunking=SMALL)
    best = (await index.search(["vs_1"], "Where does the cell keep its DNA?"))[0]
    assert (best.file_id, best.file_name, best.line, best.page) == ("file-1", "cells.md", 9, None)
    assert "double membrane" in best.text
    assert 0 < best.score <= 1


async def test_a_passage_is_an_exact_slice_of_the_extracted_text(
    index: SearchIndex, cells: Path
) -> None:
    await index.add("vs_1", "file-1", cells, "cells.md", chunking=SMALL)
    text = "".join(await index.text("vs_1", "file-1") or [])
    assert text == CELLS
    found = await index.search(["vs_1"], "cells mitochondria nucleus")
    assert len(found) == 3
    assert all(text[passage.start : passage.end] == passage.text for passage in found)


async def test_only_the_stores_that_are_asked_are_searched(
    index: SearchIndex, cells: Path, planets: Path
) -> None:
    await index.add("vs_1", "file-1", cells, "cells.md")
    await index.add("vs_2", "file-2", planets, "planets.txt")
    assert not await index.search(["vs_1"], "Neptune")
    assert not await index.search([], "Neptune")
    assert [p.file_id for p in await index.search(["vs_1", "vs_2"], "Neptune")] == ["file-2"]


async def test_a_file_of_several_stores_is_found_once_and_read_once(
    index: SearchIndex, cells: Path
) -> None:
    await index.add("vs_1", "file-1", cells, "cells.md")
    gone = cells.with_name("gone")
    await index.add("vs_2", "file-1", gone, "cells.md")
    await index.add("vs_3", "file-1", gone, "cells.md", chunking=SMALL)
    assert len(await index.search(["vs_1", "vs_2"], "nucleus")) == 1
    assert len(await index.search(["vs_3"], "cells nucleus mitochondria")) == 3


async def test_many_adds_of_one_file_at_once_agree(index: SearchIndex, cells: Path) -> None:
    stores = [f"vs_{number}" for number in range(5)]
    sizes = await asyncio.gather(
        *(index.add(store, "file-1", cells, "cells.md") for store in stores)
    )
    assert len(set(sizes)) == 1
    assert sizes[0].characters == len(CELLS)


async def test_a_removed_file_is_found_no_more_where_it_was_removed(
    index: SearchIndex, cells: Path
) -> None:
    await index.add("vs_1", "file-1", cells, "cells.md")
    await index.add("vs_2", "file-1", cells, "cells.md")
    await index.remove("vs_1", "file-1")
    assert not await index.search(["vs_1"], "nucleus")
    assert await index.text("vs_1", "file-1") is None
    assert await index.search(["vs_2"], "nucleus")
    await index.remove_store("vs_2")
    assert not await index.search(["vs_2"], "nucleus")
    assert await index.members() == set()


async def test_members_are_what_can_be_found(index: SearchIndex, cells: Path) -> None:
    for store in ("vs_1", "vs_2"):
        await index.add(store, "file-1", cells, "cells.md")
    assert await index.members() == {("vs_1", "file-1"), ("vs_2", "file-1")}
    await index.remove("vs_1", "file-1")
    assert await index.members() == {("vs_2", "file-1")}


async def test_nothing_of_what_is_in_no_store_is_kept(tmp_path: Path, cells: Path) -> None:
    database = tmp_path / "search.sqlite3"
    index = SearchIndex(database)
    await index.add("vs_1", "file-1", cells, "cells.md")
    await index.add("vs_1", "file-1", cells, "cells.md", chunking=SMALL)
    await index.remove_store("vs_1")
    await index.close()
    connection = sqlite3.connect(database)
    for table in ("documents", "cuts", "chunks", "members", "words"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    connection.close()


async def test_a_file_cut_anew_is_found_in_its_new_chunks_only(
    index: SearchIndex, cells: Path
) -> None:
    whole = await index.add("vs_1", "file-1", cells, "cells.md")
    parts = await index.add("vs_1", "file-1", cells, "cells.md", chunking=SMALL)
    assert parts.chunks > whole.chunks
    assert len(await index.search(["vs_1"], "cells nucleus mitochondria")) == parts.chunks


async def test_filters_look_at_the_attributes_of_the_store(index: SearchIndex, cells: Path) -> None:
    await index.add("vs_1", "file-1", cells, "cells.md", attributes={"year": 2024, "by": "Ann"})
    old = {"type": "lt", "key": "year", "value": 2024}
    ann = {"type": "eq", "key": "by", "value": "Ann"}
    either = {"type": "or", "filters": [old, ann]}
    assert not await index.search(["vs_1"], "nucleus", filters=old)
    assert (await index.search(["vs_1"], "nucleus", filters=either))[0].attributes["by"] == "Ann"
    await index.set_attributes("vs_1", "file-1", {"by": "Bob"})
    assert not await index.search(["vs_1"], "nucleus", filters=either)
    with pytest.raises(BadFilter, match="must be one of"):
        await index.search(["vs_1"], "nucleus", filters={"type": "like"})


async def test_the_threshold_and_the_limit_hold(index: SearchIndex, cells: Path) -> None:
    await index.add("vs_1", "file-1", cells, "cells.md", chunking=SMALL)
    found = await index.search(["vs_1"], "nucleus of the cell")
    assert len(found) > 1
    assert found == sorted(found, key=lambda passage: -passage.score)
    threshold = found[0].score
    assert await index.search(["vs_1"], "nucleus of the cell", score_threshold=threshold)
    assert not await index.search(["vs_1"], "nucleus of the cell", score_threshold=0.999)
    assert len(await index.search(["vs_1"], "nucleus of the cell", limit=1)) == 1


async def test_of_several_questions_each_finds_its_passage(index: SearchIndex, cells: Path) -> None:
    await index.add("vs_1", "file-1", cells, "cells.md", chunking=SMALL)
    found = await index.search(["vs_1"], ["powerhouse energy", "double membrane"])
    assert {passage.line for passage in found[:2]} == {5, 9}


NONSENSE = ("", "   ", "?!", '"', 'a" OR *', "NEAR(", "heading:nucleus", "NOT nucleus AND (")


@pytest.mark.parametrize("query", [*NONSENSE, "x" * 10_000])
async def test_no_question_breaks_the_search(index: SearchIndex, cells: Path, query: str) -> None:
    await index.add("vs_1", "file-1", cells, "cells.md")
    await index.search(["vs_1"], query)


async def test_a_question_of_stop_words_only_is_searched_as_it_is(
    index: SearchIndex, cells: Path
) -> None:
    await index.add("vs_1", "file-1", cells, "cells.md", chunking=SMALL)
    assert await index.search(["vs_1"], "what is it of the")


async def test_what_was_added_is_there_after_the_next_start(tmp_path: Path, cells: Path) -> None:
    first = SearchIndex(tmp_path / "search.sqlite3")
    size = await first.add("vs_1", "file-1", cells, "cells.md")
    await first.close()
    second = SearchIndex(tmp_path / "search.sqlite3")
    assert await second.add("vs_1", "file-1", cells.with_name("gone"), "cells.md") == size
    assert await second.search(["vs_1"], "nucleus")
    await second.close()


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    path = tmp_path / "file-3"
    path.touch()
    return path


async def test_a_file_that_cannot_be_read_leaves_nothing(index: SearchIndex, empty: Path) -> None:
    with pytest.raises(Unreadable, match="empty") as refusal:
        await index.add("vs_1", "file-3", empty, "empty.txt")
    assert refusal.value.code == "invalid_file"
    assert await index.members() == set()


async def test_a_missing_file_is_told_of(index: SearchIndex, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="can't be opened") as refusal:
        await index.add("vs_1", "file-1", tmp_path / "gone", "gone.txt")
    assert refusal.value.code == "server_error"


async def test_a_file_removed_while_it_is_read_does_not_come_back(
    index: SearchIndex, cells: Path
) -> None:
    adding = asyncio.create_task(index.add("vs_1", "file-1", cells, "cells.md"))
    await asyncio.sleep(0)
    await index.remove("vs_1", "file-1")
    with pytest.raises(Unreadable, match="removed"):
        await adding
    assert not await index.search(["vs_1"], "nucleus")


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    path = tmp_path / "search.sqlite3"
    path.write_bytes(b"This is no database at all." * 1000)
    return path


async def test_a_damaged_index_is_set_aside_and_begun_anew(damaged: Path, cells: Path) -> None:
    index = SearchIndex(damaged)
    assert await index.members() == set()
    await index.add("vs_1", "file-1", cells, "cells.md")
    assert await index.search(["vs_1"], "nucleus")
    await index.close()
    assert damaged.with_suffix(".damaged").exists()


@pytest.mark.skipif(os.name != "posix", reason="POSIX modes")
async def test_the_index_is_for_its_owner_s_eyes_only(tmp_path: Path, cells: Path) -> None:
    database = tmp_path / "search.sqlite3"
    before = os.umask(0o022)
    try:
        for _ in range(2):  # new, and then as an earlier version left it
            index = SearchIndex(database)
            await index.add("vs_1", "file-1", cells, "cells.md")
            files = await asyncio.to_thread(lambda: list(tmp_path.glob("search.sqlite3*")))
            assert len(files) == 3
            assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
            await index.close()
            database.chmod(0o644)
    finally:
        os.umask(before)


async def test_what_is_added_after_the_end_is_refused(cells: Path) -> None:
    index = SearchIndex(None)
    adding = asyncio.create_task(index.add("vs_1", "file-1", cells, "cells.md"))
    await asyncio.sleep(0)
    await index.close()
    with pytest.raises(Unreadable, match="stopped"):
        await adding
