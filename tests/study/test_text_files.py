"""Reading texts: the same for the commands and the screens."""

from __future__ import annotations

import codecs
import os
import sys
from pathlib import Path

import pytest

from studybuddy.domain.problems import StudyBuddyError
from studybuddy.study.text_files import NoText, decoded, read_text, write_text

TEXT = "Grüße 日本 😀\r\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    ],
)
@pytest.mark.parametrize("size", [3, 4, 1000])
def test_utf_8_and_utf_16_are_read_in_blocks_of_any_size(data: bytes, size: int) -> None:
    blocks = (data[start : start + size] for start in range(0, len(data), size))
    assert "".join(decoded(blocks)) == TEXT


@pytest.mark.parametrize("data", [b"\xff\xfe\xff", b"\x89PNG\r\n", b"a\0b", b"abc\xc3"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(NoText):
        "".join(decoded([data]))


def test_nothing_is_an_empty_text() -> None:
    assert "".join(decoded([])) == ""


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "There is no file ~/x."),
        (lambda path: path.mkdir(), "~/x is a folder; give one of its files."),
        (lambda path: path.write_bytes(b"\0"), "~/x is no text in UTF-8 or UTF-16."),
        pytest.param(
            lambda path: os.mkfifo(path),
            "~/x is no file.",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="no pipes with names there"),
        ),
        (lambda path: path.write_text("a" * 11), "~/x has more than 0 MB."),
    ],
)
def test_what_can_not_be_read_is_named_as_it_was_typed(
    make: object, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "x"
    make(path)  # type: ignore[operator]
    with pytest.raises(StudyBuddyError) as caught:
        read_text(path, 10, "~/x")
    assert caught.value.problem.sentence == sentence


def test_a_file_that_came_while_another_was_written_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "notes.md"
    link = os.link

    def late(part: Path, place: Path) -> None:
        place.write_text("mine")
        link(part, place)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(FileExistsError):
        write_text(path, "ours")
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]
