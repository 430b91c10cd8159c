"""The contents of uploaded files on the disk."""

from __future__ import annotations

import os
from pathlib import Path

from studybuddy.engine.objects import new_object_id
from studybuddy.engine.store.files import FileBox


async def test_a_content_is_in_place_only_once_it_is_kept(tmp_path: Path) -> None:
    box = FileBox(tmp_path / "files")
    await box.open()
    box.unfinished("file-1").write_bytes(b"content")
    assert not box.path("file-1").exists()
    box.keep("file-1")
    assert box.path("file-1").read_bytes() == b"content"
    assert not box.unfinished("file-1").exists()
    box.drop("file-1")
    box.drop("file-1")  # which is gone already
    assert list(box.folder.iterdir()) == []


async def test_only_what_is_known_stays_when_it_is_swept(tmp_path: Path) -> None:
    box = FileBox(tmp_path / "files")
    await box.open()
    known, unknown, cut_off = (new_object_id("file") for _ in range(3))
    for path in (box.path(known), box.path(unknown), box.unfinished(cut_off)):
        path.write_bytes(b"")
    box.sweep({known, cut_off})
    assert [path.name for path in box.folder.iterdir()] == [known]


async def test_what_someone_else_put_there_is_never_swept(tmp_path: Path) -> None:
    box = FileBox(tmp_path)
    await box.open()
    for name in ("thesis.docx", "file-1", "file-of-mine.part"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / new_object_id("file")).mkdir()
    box.sweep(set())
    assert len(os.listdir(tmp_path)) == 4


async def test_without_a_folder_nothing_stays_behind() -> None:
    box = FileBox(None)
    await box.open()
    folder = box.folder
    box.path("file-1").write_bytes(b"")
    await box.close()
    assert not folder.exists()
